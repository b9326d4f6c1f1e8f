import Model
import TestSupport
import Testing

/// What stands in a ledger's file comes from outside: whatever was done to it, reading goes on.
@Suite struct StoredFuzzTests {
    @Test func noDamageToAnEventsJSONTrapsOrHangs() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        for number in 0..<fuzzCount() {
            let index = number % EventGolden.all.count
            let damaged = String(decoding: mutator.mutate(Array(EventGolden.all[index].utf8)), as: UTF8.self)
            let kind = EventSamples.all[index].kind
            let took = processorTime {
                let body = EventBody(kind: kind, stored: damaged)
                // What was read is written so that it reads again, and what was not is kept byte for byte.
                if case .unknown = body {
                    #expect(body.stored == damaged, "LASTGOOD_SEED=\(seed), input \(number)")
                } else {
                    #expect(
                        EventBody(kind: kind, stored: body.stored) == body, "LASTGOOD_SEED=\(seed), input \(number)")
                }
            }
            #expect(took < .seconds(1), "LASTGOOD_SEED=\(seed), input \(number)")
        }
    }

    @Test func noDamageToASnapshotTrapsOrHangs() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        let golden = [
            SnapshotGolden.baking, SnapshotGolden.rollingBack, SnapshotGolden.bakingOfVersion2,
            SnapshotGolden.rollingBackOfVersion2,
        ]
        for number in 0..<fuzzCount() {
            let damaged = mutator.mutate(golden[number % golden.count])
            let took = processorTime {
                let state = damaged.withUnsafeBytes { Snapshot.decode($0, address: SnapshotSamples.address) }
                // What was read at all is a state like any other.
                if let state { _ = Snapshot.encode(state) }
            }
            #expect(took < .seconds(1), "LASTGOOD_SEED=\(seed), input \(number)")
        }
    }
}
