import Archive
import Foundation
import Model
import TestSupport
import Testing

@testable import Compare

@Suite struct RegistryTests {
    private typealias Answer = PlayedRegistry.Answer

    private func reason(_ work: () throws -> Void) -> String {
        do { try work() } catch { return (error as? Problem)?.reason ?? "\(error)" }
        return "nothing"
    }

    // MARK: registration

    @Test func anImageIsRegisteredByTheDigestOfWhatItsTagNames() throws {
        let played = try PlayedRegistry()
        let digest = try played.image(tag: "1", [])
        let artifact = "oci://\(played.address)/shop/app:1"
        func ask(_ artifact: String, _ given: String?) throws -> String {
            try imageDigest(of: artifact, given: given, credentials: Credentials(files: []))
        }
        #expect(try ask(artifact, nil) == digest)
        #expect(try ask(artifact, digest.uppercased()) == digest)
        #expect(try ask("oci://r.example/a@\(digest.uppercased())", nil) == digest)
        let other = "sha256:" + String(repeating: "0", count: 64)
        #expect(reason { _ = try ask(artifact, other) }.contains("is \(digest), not \(other)"))
        #expect(reason { _ = try ask("oci://r.example/a@\(digest)", other) }.contains("not \(other)"))
        for nonsense in ["abc", "sha256:ab", "sha256:\(String(repeating: "g", count: 64))", "md5:ab", ""] {
            #expect(reason { _ = try ask(artifact, nonsense) }.contains("is no digest"))
        }
        #expect(reason { _ = try ask("oci://\(played.address)/shop/app:2", nil) }.contains("there is no image"))
        // Whoever built it knows what it is, even where this machine may not ask.
        #expect(try ask("oci://127.0.0.1:1/shop/app:1", digest) == digest)
        #expect(reason { _ = try ask("oci://127.0.0.1:1/shop/app:1", nil) }.contains("cannot learn"))
    }

    @Test(arguments: [
        "oci://nothing", "oci://r.example/a@sha256:ab", "oci://r.example/a:b c", "oci://r.example/Upper/a", "oci:///a",
        "oci://r.example/a:", "oci://r.example/a//b", "oci://r.example/../a", "oci://user@r.example/a",
    ])
    func aReferenceThatNamesNoImageIsRefused(text: String) {
        #expect(reason { _ = try ImageReference(checking: text) }.contains("names no image"))
    }

    @Test func aTagThatMovedIsADanger() throws {
        let played = try PlayedRegistry()
        let first = try played.image(tag: "1", [PlayedRegistry.layer(["app": "one"])])
        let second = try played.image(tag: "2", [PlayedRegistry.layer(["app": "two"])])
        #expect(try played.compare("1", "2", registered: (first, second)).dangers == [])
        let moved = try played.image(tag: "1", [PlayedRegistry.layer(["app": "three"])])
        let found = try played.compare("1", "2", registered: (first, second))
        #expect(found.dangers.count == 1)
        let danger = try #require(found.dangers.first)
        #expect(danger.contains("not what was registered") && danger.contains(moved) && danger.contains(first))
        // What was registered is compared, whatever the tag names.
        #expect(found.from.digest == first)
        // The index, or the one image in it that a pipeline built.
        _ = try played.index(tag: "3", [played.entry(second, platform: "linux/amd64")])
        #expect(try played.compare("3", "2", registered: (second, second)).dangers == [])
        try played.play("manifests/\(first)", Answer(404))
        #expect {
            try played.compare("1", "2", registered: (first, second))
        } throws: {
            let problem = $0 as? Problem
            return problem?.isDanger == true && problem?.reason.contains("which is gone") == true
        }
    }

    @Test func aTagThatMovedIsAmongTheFindings() throws {
        let played = try PlayedRegistry()
        let first = try played.image(tag: "1", [PlayedRegistry.layer(["app": "one"])])
        _ = try played.image(tag: "1", [PlayedRegistry.layer(["app": "two"])])
        func release(_ version: String) -> Release {
            Release(application: "app", version: version, artifact: "oci://\(played.address)/shop/app:1", digest: first)
        }
        let found = Comparison.run(
            CompareRequest(
                from: release("2"), to: release("1"), repository: nil, mirrors: "/tmp", now: .init(milliseconds: 0)))
        let dangers = found.safety?.filter { $0.level == .danger }.map(\.summary) ?? []
        #expect(dangers.count == 1 && dangers[0].contains("not what was registered"))
    }

    // MARK: digests

    @Test(arguments: ["manifest", "index", "config", "layer"])
    func nothingIsBelievedThatIsNotWhatItsDigestSays(what: String) throws {
        let played = try PlayedRegistry()
        let config = Array("{}".utf8)
        let described = try played.blob(config, type: "config")
        let layer = Array(try played.bench.shell(PlayedRegistry.layer(["a": "b"])))
        let layered = try played.blob(layer)
        let image = try played.manifest(#"{"schemaVersion": 2, "config": \#(described), "layers": [\#(layered)]}"#)
        let index = try played.index(tag: "1", [played.entry(image, platform: "linux/amd64")])
        #expect(try played.compare("1", "1").entries == [])
        // Good bytes of their kind, but others.
        let wrong = Answer(200, Array(#"{"schemaVersion": 2, "config": \#(described), "layers": []}"#.utf8))
        switch what {
        case "manifest": try played.play("manifests/\(image)", wrong)
        case "index":
            try played.play("manifests/1", Answer(200, Array("{}".utf8), headers: ["Docker-Content-Digest": index]))
        case "config": try played.play("blobs/\(Digest.text(of: config))", Answer(200, Array(#"{"a": 1}"#.utf8)))
        default: try played.play("blobs/\(Digest.text(of: layer))", Answer(200, layer + [0]))
        }
        #expect(reason { _ = try played.compare("1", "1") }.contains("is not what its digest says"))
    }

    // MARK: faults on the way

    @Test func aTokenThatEndsInTheMiddleIsRenewedAndNothingOfTheComplaintIsRead() throws {
        let played = try PlayedRegistry()
        let digest = try played.image(tag: "1", [PlayedRegistry.layer(["a": "b"])])
        // Without quotes, as some proxies write it.
        let challenge = ["WWW-Authenticate": "Bearer realm=http://\(played.address)/token,service=s"]
        func token(_ text: String) -> Answer { Answer(200, Array(#"{"token": "\#(text)"}"#.utf8)) }
        try played.play("/token", token("first"), token("second"))
        let registry = try played.registry()
        let bytes = try #require(try registry.manifest(digest)).bytes
        try played.play("manifests/1", Answer(200, bytes, headers: challenge, wants: "Bearer first"))
        let contents = try #require(try registry.contents("1"))
        guard case .manifest(let config, let layers, _)? = contents.candidates[0].document else {
            Issue.record("no manifest")
            return
        }
        let layer = Registry.Layer(digest: layers[0].digest, size: 0)
        for descriptor in [config, layers[0]] {
            let good = try registry.blob(descriptor, "it")
            try played.play("blobs/\(descriptor.digest)", Answer(200, good, headers: challenge, wants: "Bearer second"))
        }
        var limits = Archive.Limits()
        #expect(try registry.list(layer, spending: &limits).entries.map(\.path) == ["a"])
        #expect(try registry.image(contents.candidates[0]).layers.count == 1)
        let asked = try played.requests()
        #expect(asked.count { $0.hasPrefix("/token") } == 2)
    }

    @Test(arguments: [429, 503, 502])
    func aBusyRegistryIsAskedAgainWhenItSaysSo(status: Int) throws {
        let played = try PlayedRegistry()
        let digest = try played.image(tag: "1", [])
        let bytes = try #require(try played.registry().manifest(digest)).bytes
        let junk = Array("busy".utf8)
        try played.play(
            "manifests/1", Answer(status, junk, headers: ["Retry-After": "7"]), Answer(status, junk), Answer(200, bytes)
        )
        let time = PlayedTime()
        let found = try played.registry(time: time).manifest("1")
        #expect(found?.bytes == bytes)
        #expect(time.waits == [.seconds(7), .seconds(2)])
    }

    @Test func aWaitThatIsTooLongIsToldAtOnce() throws {
        let played = try PlayedRegistry()
        try played.play("manifests/1", Answer(429, headers: ["Retry-After": "3600"]))
        let time = PlayedTime()
        let found = reason { _ = try played.registry(time: time).manifest("1") }
        #expect(found.contains("asked too often") && found.contains("1 h"))
        #expect(time.waits.isEmpty)
        // Without an end, it is given up.
        try played.play("manifests/1", Answer(503))
        #expect(reason { _ = try played.registry(time: time).manifest("1") }.contains("503"))
        #expect(time.waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        // Nor is somebody believed without an end who says that it is only a moment.
        try played.play("manifests/1", Answer(503, headers: ["Retry-After": "0"]))
        let moment = PlayedTime()
        #expect(reason { _ = try played.registry(time: moment).manifest("1") }.contains("503"))
        #expect(moment.waits.count == 20)
    }

    @Test func aLayerThatWasCutOrStopsComingIsReadAgainWhole() throws {
        let played = try PlayedRegistry()
        let layer = Array(try played.bench.shell(PlayedRegistry.layer(["a": String(repeating: "x", count: 5000)])))
        let digest = Digest.text(of: layer)
        try played.play(
            "blobs/\(digest)", Answer(200, layer, isCut: true), Answer(503, layer), Answer(200, layer, isStuck: true),
            Answer(200, layer))
        var limits = Archive.Limits()
        let found = try played.registry(time: PlayedTime(stall: .seconds(1))).list(
            Registry.Layer(digest: digest, size: 0), spending: &limits)
        #expect(found.entries.map(\.size) == [5000])
    }

    // MARK: layers

    @Test func aLayerThatIsReadIsInNoFolder() throws {
        let played = try PlayedRegistry()
        let layer = Array(try played.bench.shell(PlayedRegistry.layer(["a": "b"])))
        let digest = Digest.text(of: layer)
        try played.play("blobs/\(digest)", Answer(200, layer))
        let folder = "\(played.bench.path)/kept"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let connection = RegistryConnection(
            try played.reference("1"), credentials: Credentials(files: []), time: PlayedTime().played)
        var limits = Archive.Limits()
        var seen: [[String]] = []
        let found = try Registry(connection, folder: folder).list(
            Registry.Layer(digest: digest, size: 0), spending: &limits,
            keep: { _ in
                seen.append((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? ["?"])
                return true
            })
        #expect(found.contents["a"] == Array("b".utf8) && !seen.isEmpty && seen.allSatisfy(\.isEmpty))
        #expect(reason { _ = try NamelessFile(in: "\(folder)/none") }.contains("cannot write to"))
    }

    @Test func theBoundsAreOfAllLayersOfAnImageTogether() throws {
        let played = try PlayedRegistry()
        let zeros = { (name: String) in "head -c 700000 /dev/zero > \(name); tar cf - \(name)" }
        _ = try played.image(tag: "1", [zeros("a"), zeros("b")])
        _ = try played.image(tag: "2", [zeros("a"), zeros("c")])
        func compare(_ bytes: Int64) throws {
            var limits = Archive.Limits()
            limits.bytes = bytes
            _ = try ArtifactComparison.between(
                images: try played.reference("1"), try played.reference("2"), paths: ("1", "2"),
                credentials: Credentials(files: []), here: ImagePlatform(system: "linux", architecture: "amd64"),
                limits: limits)
        }
        #expect(reason { try compare(1_000_000) }.contains("made to do harm"))
        // What one of the two takes is not taken from the other.
        #expect(reason { try compare(1_500_000) } == "nothing")
    }

    @Test func aTimeToComeAgainMayBeADate() throws {
        let now = Date(timeIntervalSince1970: 1_445_412_420)
        #expect(RegistryConnection.wait("Wed, 21 Oct 2015 07:28:00 GMT", now: now) == .seconds(60))
        #expect(RegistryConnection.wait("Wed, 21 Oct 2015 07:20:00 GMT", now: now) == .zero)
        #expect(RegistryConnection.wait("12", now: now) == .seconds(12))
        for nonsense in ["soon", "-1", "1e99", "99999999999999999999", ""] {
            #expect(RegistryConnection.wait(nonsense, now: now) == nil)
        }
    }
}
