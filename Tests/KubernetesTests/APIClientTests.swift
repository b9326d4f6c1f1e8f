import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Kubernetes

@Suite struct APIClientTests {
    init() async { await turnsComeSoon() }

    private let hand = HandSurroundings()

    private func client(_ server: PlayedServer) throws -> APIClient {
        APIClient(try .played(at: server.address), surroundings: hand.surroundings)
    }

    /// What a list gives, as its names; a new beginning is `|`.
    private func list(_ client: APIClient) async throws -> (names: [String], version: String) {
        let names = Gathered<String>()
        let version = Gathered<String>()
        try await client.list(.pods, namespace: "shop", page: 2) { (piece: ListPiece<Pod>) in
            switch piece {
            case .begin: names.add("|")
            case .objects(let pods): names.add(pods.map(\.meta.name))
            case .end(let last): version.add(last)
            }
        }
        return (names.all, version.all.joined())
    }

    @Test func pagesAreReadToTheEnd() async throws {
        let paths = Gathered<String>()
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                paths.add(request.path)
                if request.path.contains("continue") {
                    connection.answer(200, ServerSamples.list([ServerSamples.pod("c")], version: 7))
                } else {
                    let items = ["a", "b"].map { ServerSamples.pod($0) }
                    connection.answer(200, ServerSamples.list(items, version: 7, next: "to/k=n"))
                }
            }
        }
        let (names, version) = try await list(try client(server))
        #expect(names == ["|", "a", "b", "c"])
        #expect(version == "7")
        #expect(
            paths.all == [
                "/api/v1/namespaces/shop/pods?limit=2", "/api/v1/namespaces/shop/pods?limit=2&continue=to%2Fk%3Dn",
            ])
    }

    @Test func aListThatWasForgottenBeginsAnewAndAtLastWithoutPages() async throws {
        let paths = Gathered<String>()
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                paths.add(request.path)
                if request.path.contains("continue") {
                    connection.answer(410, ServerSamples.status(410, "Expired", "too old"))
                } else {
                    let isPaged = request.path.contains("limit")
                    let items = (isPaged ? ["a"] : ["a", "b"]).map { ServerSamples.pod($0) }
                    connection.answer(200, ServerSamples.list(items, version: 7, next: isPaged ? "t" : ""))
                }
            }
        }
        #expect(try await list(try client(server)).names == ["|", "a", "|", "a", "|", "a", "b"])
        #expect(paths.all.last == "/api/v1/namespaces/shop/pods")
    }

    @Test func aListThatTricklesIsReadAndACutOneIsNoList() async throws {
        let text = ServerSamples.list(["a", "b"].map { ServerSamples.pod($0) }, version: 7)
        let whole = Array(text.utf8)
        let isCut = Mutex(false)
        let server = try PlayedServer { connection in
            while connection.nextRequest() != nil {
                connection.beginChunks()
                let end = isCut.withLock { $0 } ? whole.count - 3 : whole.count
                for start in stride(from: 0, to: end, by: 17) {
                    connection.chunk(String(decoding: whole[start..<min(end, start + 17)], as: UTF8.self))
                }
                connection.endChunks()
            }
        }
        let client = try client(server)
        #expect(try await list(client).names == ["|", "a", "b"])
        isCut.withLock { $0 = true }
        await #expect {
            try await list(client)
        } throws: { error in
            "\(error)".hasPrefix(
                "cannot list pods in namespace shop: what came cannot be read: the list ends too early")
        }
    }

    @Test func aBusyServerIsAskedAgainAfterTheTimeThatItNames() async throws {
        let answers = Mutex(0)
        let server = try PlayedServer { connection in
            while connection.nextRequest() != nil {
                let number = answers.withLock { answers in
                    answers += 1
                    return answers
                }
                if number == 1 {
                    connection.answer(429, headers: ["Retry-After: 7"], "too many")
                } else if number == 2 {
                    connection.answer(
                        429, ServerSamples.status(429, "TooManyRequests", details: "{\"retryAfterSeconds\":3}"))
                } else {
                    connection.answer(200, ServerSamples.pod("a"))
                }
            }
        }
        #expect(try await client(server).get(Pod.self, .pods, namespace: "shop", name: "a").meta.name == "a")
        #expect(hand.pauses == [.seconds(7), .seconds(3)])
    }

    @Test func aServerThatStaysBusyIsAnErrorWithItsWish() async throws {
        let server = try PlayedServer { connection in
            while connection.nextRequest() != nil { connection.answer(429, headers: ["Retry-After: 600"], "later") }
        }
        await #expect {
            try await client(server).get(Pod.self, .pods, namespace: "shop", name: "a")
        } throws: { error in
            (error as? APIError)?.status?.retryAfter == .seconds(600) && (error as? APIError)?.mayPass == true
                && "\(error)" == "context test is too busy to get pod a in namespace shop (later)"
        }
        #expect(hand.pauses.isEmpty)
    }

    @Test func whatIsRefusedNamesVerbResourceAndNamespace() async throws {
        let server = try PlayedServer { connection in
            while connection.nextRequest() != nil {
                connection.answer(403, ServerSamples.status(403, "Forbidden", "User viewer cannot list"))
            }
        }
        await #expect {
            try await client(server).list(.replicaSets, namespace: "shop") { (_: ListPiece<ReplicaSet>) in }
        } throws: { error in
            "\(error)" == "may not list replicasets in namespace shop (User viewer cannot list)"
        }
    }

    @Test func aPageForABrowserSaysNothing() async throws {
        let server = try PlayedServer { connection in
            while connection.nextRequest() != nil { connection.answer(502, "<html><body>Bad Gateway</body></html>") }
        }
        await #expect {
            try await client(server).get(Pod.self, .pods, namespace: "shop", name: "a")
        } throws: { error in
            "\(error)" == "cannot get pod a in namespace shop: status 502"
        }
    }

    @Test func aChangeIsMadeToWhatIsExpectedOrNotAtAll() async throws {
        let seen = Gathered<PlayedRequest>()
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                seen.add(request)
                if request.method == "PATCH" {
                    connection.answer(409, ServerSamples.status(409, "Conflict", "the object has been modified"))
                } else {
                    connection.answer(200, ServerSamples.pod("a"))
                }
            }
        }
        let client = try client(server)
        await #expect {
            try await client.patch(
                Workload.self, .deployments, namespace: "shop", name: "checkout", expecting: "41",
                [
                    .replace("/spec/template", json: "{\"a\":1}"),
                    .add(PatchOperation.pointer(["a", "b/c~d"]), json: "\"x\""),
                ])
        } throws: { error in
            guard case .conflict(let status) = (error as? APIError)?.cause else { return false }
            return status.message == "the object has been modified"
                && "\(error)"
                    == "the deployment checkout in namespace shop has been changed meanwhile; nothing was done (the object has been modified)"
        }
        #expect(seen.all[0].headers["content-type"] == "application/json-patch+json")
        #expect(
            seen.all[0].body
                == #"[{"op":"replace","path":"/metadata/resourceVersion","value":"41"},"#
                + #"{"op":"replace","path":"/spec/template","value":{"a":1}},{"op":"add","path":"/a/b~1c~0d","value":"x"}]"#
        )
        await #expect(throws: APIError.self) {
            try await client.replace(Pod.self, .pods, namespace: "shop", name: "a", by: Array("{\"metadata\":{}}".utf8))
        }
        #expect(seen.all.count == 1)
        _ = try await client.replace(
            Pod.self, .pods, namespace: "shop", name: "a", by: Array(ServerSamples.pod("a").utf8))
        try await client.delete(.pods, namespace: "shop", name: "a", uid: "u-1", expecting: "7")
        #expect(seen.all.map(\.method) == ["PATCH", "PUT", "DELETE"])
        #expect(seen.all[2].body.contains(#""preconditions":{"uid":"u-1","resourceVersion":"7"}"#))
    }

    @Test func whetherOneMayIsAsked() async throws {
        let seen = Gathered<PlayedRequest>()
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                seen.add(request)
                connection.answer(
                    201, #"{"kind":"SelfSubjectAccessReview","status":{"allowed":false,"reason":"no role"}}"#)
            }
        }
        let review = try await client(server).may(.patch, .deployments, namespace: "shop", name: "checkout")
        #expect(!review.isAllowed)
        #expect(review.reason == "no role")
        #expect(seen.all.first?.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        #expect(
            seen.all.first?.body.contains(
                #""resourceAttributes":{"namespace":"shop","verb":"patch","group":"apps","resource":"deployments","name":"checkout"}"#
            )
                == true)
    }

    @Test func aWatchIsReadAsItTricklesAndItsErrorsAreErrors() async throws {
        let paths = Gathered<String>()
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                paths.add(request.path)
                connection.beginChunks()
                let text =
                    ServerSamples.event("ADDED", ServerSamples.pod("a", version: 8))
                    + ServerSamples.bookmark(9) + ServerSamples.event("NEWS", "{}")
                    + ServerSamples.event("DELETED", ServerSamples.pod("a", version: 10))
                    + ServerSamples.event("ERROR", ServerSamples.status(410, "Expired", "too old resource version"))
                let bytes = Array(text.utf8)
                for start in stride(from: 0, to: bytes.count, by: 100) {
                    connection.chunk(String(decoding: bytes[start..<min(bytes.count, start + 100)], as: UTF8.self))
                }
                connection.endChunks()
            }
        }
        let seen = Gathered<String>()
        await #expect {
            try await client(server).watch(.pods, namespace: nil, from: "7") { (events: [WatchEvent<Pod>]) in
                for event in events {
                    switch event {
                    case .added(let pod): seen.add("added \(pod.meta.name)")
                    case .modified(let pod): seen.add("modified \(pod.meta.name)")
                    case .deleted(let pod): seen.add("deleted \(pod.meta.resourceVersion)")
                    case .bookmark(let version): seen.add("bookmark \(version)")
                    }
                }
            }
        } throws: { error in
            guard case .gone = (error as? APIError)?.cause else { return false }
            return true
        }
        #expect(seen.all == ["added a", "bookmark 9", "deleted 10"])
        #expect(
            paths.all == ["/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300"])
    }

    @Test func aSilentWatchIsGivenUp() async throws {
        let server = try PlayedServer { connection in
            guard connection.nextRequest() != nil else { return }
            connection.beginChunks()
            connection.chunk(ServerSamples.bookmark(8))
            connection.waitForEnd()
        }
        await #expect {
            try await client(server).watch(.pods, namespace: "shop", from: "7", silence: .milliseconds(50)) {
                (_: [WatchEvent<Pod>]) in
            }
        } throws: { error in
            (error as? APIError)?.cause == .unreachable(.late(.silence, .milliseconds(50)))
        }
    }

    @Test func aServerThatIsNotThereIsTold() async throws {
        let server = try PlayedServer { _ in }
        let client = try client(server)
        server.stop()
        await #expect {
            try await client.get(Pod.self, .pods, namespace: "shop", name: "a")
        } throws: { error in
            "\(error)".hasPrefix("cannot get pod a in namespace shop: cannot connect to 127.0.0.1:")
        }
    }
}
