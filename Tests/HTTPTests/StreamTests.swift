import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite struct StreamTests {
    init() async { await turnsComeSoon() }

    @Test func aBodyIsReadAsItComes() async throws {
        let latch = Latch()
        let server = try PlayedServer { connection in
            guard let request = connection.nextRequest() else { return }
            connection.beginChunks(headers: ["X-Path: \(request.path)"])
            connection.chunk("one")
            latch.wait()
            connection.chunk("two")
            connection.endChunks()
        }
        let answer = try await HTTPStreams.shared.open(StreamRequest(.get, "\(server.address)/a?b=c"))
        #expect(answer.status == 200)
        #expect(answer.headers["x-path"] == "/a?b=c")
        var iterator = answer.body.makeAsyncIterator()
        // However it is cut on its way, what is there is read before more is sent.
        var read: [UInt8] = []
        while read.count < 3, let piece = try await iterator.next() { read += piece }
        #expect(read == Array("one".utf8))
        latch.open()
        while let piece = try await iterator.next() { read += piece }
        #expect(read == Array("onetwo".utf8))
    }

    @Test func whatIsSentArrivesWithItsMethodAndHeaders() async throws {
        let seen = Mutex<[PlayedRequest]>([])
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                seen.withLock { $0.append(request) }
                connection.answer(201, "done")
            }
        }
        let answer = try await HTTPStreams.shared.open(
            StreamRequest(
                .patch, "\(server.address)/x", headers: [HTTPHeader("Authorization", "Bearer abc\r\nX-Evil: 1")],
                body: Array("{}".utf8)))
        #expect(answer.status == 201)
        #expect(try await answer.whole(limit: 10) == Array("done".utf8))
        let empty = try await HTTPStreams.shared.open(StreamRequest(.post, "\(server.address)/y", body: []))
        #expect(empty.status == 201)
        let requests = seen.withLock { $0 }
        #expect(requests.map(\.method) == ["PATCH", "POST"])
        #expect(requests.map(\.body) == ["{}", ""])
        #expect(requests.first?.headers["authorization"] == "Bearer abcX-Evil: 1")
        #expect(requests.first?.headers["x-evil"] == nil)
    }

    @Test func aSlowReaderSlowsTheSenderDown() async throws {
        let total = 64 << 20
        let sent = Mutex(0)
        let server = try PlayedServer { connection in
            guard connection.nextRequest() != nil else { return }
            connection.send("HTTP/1.1 200 Any\r\nContent-Length: \(total)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 1 << 20)
            for _ in 0..<(total / piece.count) {
                guard connection.send(piece) else { return }
                sent.withLock { $0 += piece.count }
            }
        }
        // A silence of the reader's is none of the server's, however long it is.
        let answer = try await HTTPStreams.shared.open(
            StreamRequest(.get, server.address, deadlines: HTTPDeadlines(silence: .seconds(20))))
        var received = 0
        for try await piece in answer.body {
            #expect(piece.count <= HTTPStreams.mostBuffered)
            received += piece.count
            // Between both are the buffers of two sockets, of curl, and ours.
            let ahead = sent.withLock { $0 } - received
            #expect(ahead < 24 << 20, "the sender is \(ahead >> 20) MiB ahead")
            await Task.yield()
        }
        #expect(received == total)
    }

    @Test func aSilentServerIsNoticed() async throws {
        let server = try PlayedServer { connection in
            guard connection.nextRequest() != nil else { return }
            connection.beginChunks()
            connection.chunk("x")
            connection.waitForEnd()
        }
        let answer = try await HTTPStreams.shared.open(
            StreamRequest(.get, server.address, deadlines: HTTPDeadlines(silence: .milliseconds(50))))
        await #expect(throws: HTTPFailure.late(.silence, .milliseconds(50))) {
            for try await _ in answer.body {}
        }
    }

    @Test func anAnswerThatNeverBeginsIsNoticed() async throws {
        let server = try PlayedServer { $0.waitForEnd() }
        await #expect(throws: HTTPFailure.late(.firstByte, .milliseconds(50))) {
            try await HTTPStreams.shared.open(
                StreamRequest(.get, server.address, deadlines: HTTPDeadlines(firstByte: .milliseconds(50))))
        }
    }

    @Test func aCutBodyIsNoEnd() async throws {
        for cut in ["chunks", "length", "reset"] {
            let server = try PlayedServer { connection in
                guard connection.nextRequest() != nil else { return }
                if cut == "length" {
                    connection.send("HTTP/1.1 200 Any\r\nContent-Length: 10\r\n\r\nabc")
                } else {
                    connection.beginChunks()
                    connection.chunk("abc")
                    if cut == "reset" { connection.reset() }
                }
            }
            await #expect(throws: HTTPFailure.self, "\(cut)") {
                let answer = try await HTTPStreams.shared.open(StreamRequest(.get, server.address))
                for try await _ in answer.body {}
            }
        }
    }

    @Test func aChangeIsNeverSentTwice() async throws {
        let changes = Mutex(0)
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                if request.method == "PATCH" {
                    changes.withLock { $0 += 1 }
                    return
                }
                connection.answer(200, "kept")
            }
        }
        for _ in 0..<3 {
            let kept = try await HTTPStreams.shared.open(StreamRequest(.get, server.address))
            #expect(try await kept.whole(limit: 10) == Array("kept".utf8))
            await #expect {
                try await HTTPStreams.shared.open(StreamRequest(.patch, server.address, body: [1]))
            } throws: { error in
                guard case HTTPFailure.cut = error else { return false }
                return (error as? HTTPFailure)?.isBeforeSending == false
            }
        }
        #expect(changes.withLock { $0 } == 3)
    }

    @Test func noServerIsToldAsSuch() async throws {
        let server = try PlayedServer { _ in }
        let address = server.address
        server.stop()
        await #expect {
            try await HTTPStreams.shared.open(StreamRequest(.get, address))
        } throws: { error in
            guard case HTTPFailure.cannotConnect(_, "connection refused") = error else { return false }
            return (error as? HTTPFailure)?.isBeforeSending == true
        }
        await #expect(throws: HTTPFailure.badAddress("ftp://x")) {
            try await HTTPStreams.shared.open(StreamRequest(.get, "ftp://x"))
        }
    }

    @Test func cancellingEndsTheConnection() async throws {
        let (begun, gone) = (Latch(), Latch())
        let server = try PlayedServer { connection in
            guard connection.nextRequest() != nil else { return }
            connection.beginChunks()
            connection.chunk("x")
            connection.waitForEnd()
            gone.open()
        }
        let address = server.address
        let task = Task {
            let answer = try await HTTPStreams.shared.open(StreamRequest(.get, address))
            for try await _ in answer.body { begun.open() }
        }
        await begun.opened()
        task.cancel()
        // Whether what is read ends or fails then is nobody's business: there is nothing more of it.
        _ = try? await task.value
        await gone.opened()
    }

    @Test func anAnswerThatNobodyReadsEnds() async throws {
        let gone = Latch()
        let server = try PlayedServer { connection in
            guard connection.nextRequest() != nil else { return }
            connection.beginChunks()
            connection.waitForEnd()
            gone.open()
        }
        _ = try await HTTPStreams.shared.open(StreamRequest(.get, server.address)).status
        await gone.opened()
    }

    @Test func nothingTooLargeIsTakenInWhole() async throws {
        let server = try PlayedServer { connection in
            while connection.nextRequest() != nil { connection.answer(200, String(repeating: "x", count: 5000)) }
        }
        await #expect(throws: HTTPFailure.tooLarge(limit: 4096)) {
            try await HTTPStreams.shared.open(StreamRequest(.get, server.address)).whole(limit: 4096)
        }
    }

    @Test func aSecretIsShownByNothing() {
        let request = StreamRequest(
            .get, "https://x", headers: [HTTPHeader("Authorization", "Bearer hunter2")],
            security: TLSSettings(identity: .init(certificate: [], key: Secret("hunter2"))),
            proxy: .through(Secret("http://u:hunter2@p")))
        var text = "\(request) \(String(reflecting: request))"
        dump(request, to: &text)
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("104, 117, 110"))
    }
}
