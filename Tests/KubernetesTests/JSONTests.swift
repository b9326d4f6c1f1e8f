import TestSupport
import Testing

@testable import Kubernetes

@Suite struct JSONTests {
    private static let items = (0..<6).map { ServerSamples.pod("pod-\($0)", version: $0, padding: $0 * 7) }

    /// Cuts a list that comes in the given pieces.
    private static func cut(_ pieces: [ArraySlice<UInt8>]) throws(JSONFault) -> (
        items: [[UInt8]], envelope: ListEnvelope
    ) {
        var cutter = ListCutter()
        var items: [[UInt8]] = []
        for piece in pieces {
            try APIClient.withBytes(Array(piece)) { bytes throws(JSONFault) in
                try cutter.take(bytes) { reader throws(JSONFault) in
                    // Read as a pod first, so that what is no object in its parts fails alike in every cut.
                    var pod = reader
                    _ = try Pod(&pod)
                    items.append(Array(try reader.raw()))
                }
            }
        }
        try cutter.finish()
        return (items, try JSONReader.read(cutter.envelope) { reader throws(JSONFault) in try ListEnvelope(&reader) })
    }

    private static func pieces(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...Int.random(in: 1...400, using: &generator), using: &generator)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    @Test func anyCutOfAListGivesTheSameItems() throws {
        var generator = SeededGenerator(seed: testSeed())
        let bytes = Array(ServerSamples.list(Self.items, version: 77, next: "to\\\"ken").utf8)
        for _ in 0..<300 {
            let (items, envelope) = try Self.cut(Self.pieces(bytes, &generator))
            try #require(items.map { String(decoding: $0, as: UTF8.self) } == Self.items)
            try #require(envelope.resourceVersion == "77" && envelope.next == "to\"ken")
        }
        let single = try Self.cut(bytes.indices.map { bytes[$0...$0] })
        #expect(single.items.count == Self.items.count)
    }

    @Test(arguments: [
        #"{"items":[],"metadata":{"resourceVersion":"5"}}"#, #"{"items":null,"metadata":{"resourceVersion":"5"}}"#,
        #" { "items" : [ ] , "metadata":{"resourceVersion":"5","x":{"items":[1]}} } "#,
        #"{"a":"items","metadata":{"resourceVersion":"5"},"items":[]}"#,
    ]) func listsWithoutItems(text: String) throws {
        let (items, envelope) = try Self.cut([Array(text.utf8)[...]])
        #expect(items.isEmpty)
        #expect(envelope.resourceVersion == "5")
    }

    @Test(arguments: [
        "", "[]", "{", #"{"items":["#, #"{"items":[{}"#, #"{"items":[{}{}]}"#, #"{"items":[,{}]}"#, #"{"items":[{},]}"#,
        #"{"items":[1]}"#, #"{"items":[]} x"#, #"{"items":[{"a":"}]}"#,
    ]) func whatIsNoWholeListIsTold(text: String) {
        #expect(throws: JSONFault.self) { try Self.cut([Array(text.utf8)[...]]) }
    }

    @Test func anyBytesNeverCrashAndAnyCutOfThemFailsAlike() {
        let seed = testSeed()
        var (mutator, generator) = (Mutator(seed: seed), SeededGenerator(seed: seed))
        let bytes = Array(ServerSamples.list(Self.items, version: 77).utf8)
        for _ in 0..<fuzzCount() {
            let damaged = mutator.mutate(bytes)
            let whole = try? Self.cut([damaged[...]])
            let cut = try? Self.cut(Self.pieces(damaged, &generator))
            guard whole?.items == cut?.items else {
                Issue.record("a cut gives something else")
                return
            }
            for item in whole?.items ?? [] {
                _ = try? JSONReader.read(item) { reader throws(JSONFault) in try Pod(&reader) }
                _ = try? JSONReader.read(item) { reader throws(JSONFault) in try Workload(&reader) }
                _ = try? JSONReader.read(item) { reader throws(JSONFault) in try ReplicaSet(&reader) }
                _ = try? CanonicalJSON.bytes(of: item)
                _ = ServerStatus(code: 500, body: item)
            }
        }
    }

    @Test func damagedWatchesNeverCrashAndAnyCutGivesTheSame() {
        let seed = testSeed()
        var (mutator, generator) = (Mutator(seed: seed), SeededGenerator(seed: seed))
        func cut(_ pieces: [ArraySlice<UInt8>]) -> ([[UInt8]], Bool) {
            var cutter = ObjectCutter()
            var objects: [[UInt8]] = []
            do {
                for piece in pieces {
                    try APIClient.withBytes(Array(piece)) { bytes throws(JSONFault) in
                        try cutter.take(bytes) { object throws(JSONFault) in objects.append(Array(object)) }
                    }
                }
            } catch { return (objects, true) }
            return (objects, cutter.isCut)
        }
        let bytes = Array(
            (Self.items.map { ServerSamples.event("ADDED", $0) } + [ServerSamples.bookmark(9)]).joined().utf8)
        #expect(cut([bytes[...]]).0.count == 7)
        for _ in 0..<fuzzCount() {
            let damaged = mutator.mutate(bytes)
            let (whole, pieces) = (cut([damaged[...]]), cut(Self.pieces(damaged, &generator)))
            guard whole == pieces else {
                Issue.record("a cut gives something else")
                return
            }
        }
    }

    @Test func fieldsOfAPodAreReadAndAllElseIsPassedOver() throws {
        let pod = try JSONReader.read(Array(Self.items[3].utf8)) { reader throws(JSONFault) in try Pod(&reader) }
        #expect(pod.meta.name == "pod-3")
        #expect(pod.meta.labels["quote"] == "a\"b{[\\")
        #expect(pod.meta.annotations == ["note": "café 😀"])
        #expect(pod.meta.controller?.name == "checkout-5d4f7c")
        #expect(pod.meta.writers.map(\.name) == ["kubelet"])
        #expect(pod.isReady)
        #expect(pod.node == "node-1")
        #expect(pod.restarts == 3)
        #expect(pod.containers.first?.lastEnd?.reason == "OOMKilled")
        #expect(pod.containers.first?.imageID == "shop/app@sha256:abc")
        #expect(pod.trouble == nil)
    }

    @Test func nestingHasAnEnd() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONFault.self) { try CanonicalJSON.bytes(of: Array(deep.utf8)) }
        let closed = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(throws: JSONFault.self) { try CanonicalJSON.bytes(of: Array(closed.utf8)) }
        #expect(throws: JSONFault.self) { try Self.cut([Array((#"{"items":[{"a":"# + deep).utf8)[...]]) }
    }

    @Test func theOrderOfMembersDoesNotCount() throws {
        let left = try CanonicalJSON.bytes(of: Array(#"{"b": [1, {"d":"\u0041","c":null}], "a": {}}"#.utf8))
        let right = try CanonicalJSON.bytes(of: Array(#"{"a":{},"b":[1,{"c":null,"d":"A"}]}"#.utf8))
        #expect(String(decoding: left, as: UTF8.self) == #"{"a":{},"b":[1,{"c":null,"d":"A"}]}"#)
        #expect(left == right)
    }
}
