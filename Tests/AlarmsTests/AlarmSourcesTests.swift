import Model
import Synchronization
import Testing

@testable import Alarms

@Suite("Several sources of one environment") struct AlarmSourcesTests {
    private let moment = Timestamp(milliseconds: 1_700_000_000_000)

    private func status(_ name: String, _ state: AlarmState) -> AlarmStatus {
        AlarmStatus(
            name: name, instance: nil, kind: "query", severity: .high, state: state, since: moment, value: nil,
            threshold: Quantity(1, .count), comparison: .above, evidence: "0 of 3")
    }

    @Test("they are settled once all of them are, and each brings what only it knows")
    func together() {
        var readings = AlarmReadings(
            alarms: [status("b", .ok)], requests: ["1.0": 5], isSettled: true, judgedSince: ["b": moment])
        readings.add(
            AlarmReadings(
                alarms: [status("a", .insufficientData)], requests: ["1.0": 2, "1.1": 1], isSettled: false,
                failures: ["a": "away"]))
        #expect(readings.alarms.map(\.name) == ["a", "b"])
        #expect(!readings.isSettled && readings.failures == ["a": "away"])
        #expect(readings.judgedSince == ["b": moment])
        #expect(readings.requests == ["1.0": 7, "1.1": 1])
    }

    @Test("what the alarms show is told as one, whichever source has news")
    func board() {
        let told = Mutex<[AlarmReading]>([])
        let board = ReadingBoard { _, readings in told.withLock { $0 = readings } }
        let address = EnvironmentAddress(application: "shop", environment: "prod")
        func reading(_ name: String) -> AlarmReading { AlarmReading(status: status(name, .ok), time: moment) }
        func shown() -> [String] { told.withLock { $0.map(\.status.name) } }
        board.put([reading("b")], of: address, from: "")
        board.put([reading("a")], of: address, from: "prometheus")
        #expect(shown() == ["a", "b"])
        board.put([reading("c")], of: address, from: "")
        #expect(shown() == ["a", "c"])
        board.remove(address, from: "prometheus")
        board.put([reading("c")], of: address, from: "")
        #expect(shown() == ["c"])
    }
}
