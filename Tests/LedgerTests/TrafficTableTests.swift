import GRDB
import Ledger
import Model
import Testing

/// How much traffic there was, by the quarter of an hour.
@Suite struct TrafficTableTests {
    private let address = EnvironmentAddress(application: "shop", environment: "prod")
    private let start = Timestamp(milliseconds: 1_764_331_200_000)
    private let folder: TemporaryFolder
    private let path: String
    private let store: SampleStore

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/ledger.sqlite"
        store = try SampleStore(besideLedger: path)
    }

    private func add(_ seconds: Int, _ aSecond: Double, series: String = SampleSeries.requestRate) throws {
        try store.add([(address, series, Sample(time: start + .seconds(seconds), value: aSecond))])
    }

    private func traffic(_ from: Int = 0, _ until: Int = 1_000_000) throws -> [TrafficQuarter] {
        try store.traffic(of: address, since: start + .seconds(from), until: start + .seconds(until))
    }

    @Test func samplesOfAQuarterAreOneNumber() throws {
        try add(0, 1)
        try add(5, 3)
        try add(899, 5)
        try add(900, 2)
        try add(905, 99, series: SampleSeries.latency)
        let other = EnvironmentAddress(application: "shop", environment: "beta")
        try store.add([(other, SampleSeries.requestRate, Sample(time: start, value: 7))])
        #expect(
            try traffic() == [
                TrafficQuarter(start: start, perMinute: 180),
                TrafficQuarter(start: start + .seconds(900), perMinute: 120),
            ])
        #expect(try traffic(0, 899).count == 1 && traffic(900).count == 1)
    }

    @Test func itIsKeptForWeeksWhereSamplesAreKeptForHours() throws {
        try add(0, 2)
        let weeks = Int(SampleStore.trafficKept.inSeconds)
        try add(weeks - 900, 4)
        try store.prune(at: start + SampleStore.trafficKept)
        try store.pruneTraffic(at: start + SampleStore.trafficKept - .seconds(1))
        #expect(try traffic(0, weeks).map(\.perMinute) == [120, 240])
        #expect(try store.series(of: address, since: start).values.joined().count == 1)
        try store.pruneTraffic(at: start + SampleStore.trafficKept + .seconds(900))
        #expect(try traffic(0, weeks).map(\.perMinute) == [240])
    }

    @Test func aFaultyNumberIsAnErrorOfTheLedger() throws {
        try add(0, 2)
        let queue = try DatabaseQueue(path: path + "-samples")
        for value in ["'much'", "x'00'"] {
            try queue.write { try $0.execute(sql: "UPDATE traffic SET samples = \(value)") }
            #expect(throws: LedgerError.self) { try traffic() }
        }
    }

    @Test func troublesAreWhatFailedOrWasTakenBack() throws {
        let ledger = try SQLiteLedger(path: path)
        let queue = try DatabaseQueue(path: path)
        let rows: [(Int, String, String, Int?, Int?)] = [
            (1, "prod", "succeeded", 10, 20), (2, "prod", "failed", 30, 40), (3, "prod", "rolledBack", 50, 60),
            (4, "prod", "cancelled", nil, 70), (5, "prod", "failed", nil, 80), (6, "beta", "failed", 90, 99),
            (7, "prod", "failed", 100, nil), (8, "prod", "rolledBack", 120, 110),
        ]
        try queue.write { database in
            for (id, environment, phase, from, until) in rows {
                try database.execute(
                    sql: """
                        INSERT INTO deployments (id, application, environment, release, releaseOrder, kind, trigger,
                            actor, phase, requestedAt, startedAt, endedAt, alarms)
                        VALUES (?, 'shop', ?, '1.0', 1, 'forward', 'person', 'ana', ?, 0, ?, ?, '')
                        """, arguments: [id, environment, phase, from, until])
            }
        }
        func moment(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
        #expect(
            try ledger.troubles(in: address, since: moment(40)) == [
                moment(30)...moment(40), moment(50)...moment(60), moment(120)...moment(120),
            ])
        #expect(try ledger.troubles(in: address, since: moment(61)) == [moment(120)...moment(120)])
    }
}
