import Foundation
import Ledger
import Model

/// How long it takes to go back to any moment of a long ledger.
///
/// `LASTGOOD_BENCHMARK_EVENTS` is how many events it has; 1,000,000 where it is not set.
struct PastBenchmark {
    let folder: String
    private static let environments = 1_000
    private static let moments = 40
    /// How many deployments are written at once.
    private static let together = 67
    /// In milliseconds.
    private static let limit = 200.0

    func run() throws {
        let count = ProcessInfo.processInfo.environment["LASTGOOD_BENCHMARK_EVENTS"].flatMap { Int($0) } ?? 1_000_000
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/ledger.sqlite"
        let building = try Benchmarks.time { try build(path, events: count) }
        sync()
        let ledger = try SQLiteLedger(path: path)
        let last = try ledger.lastSequence()
        Benchmarks.row(
            "past: events written, with what going back needs", "\(Int(Double(last) / building)) a second")
        var times: [Double] = []
        for number in 1...Self.moments {
            let sequence = last * Int64(number) / Int64(Self.moments)
            var query = EventQuery()
            query.after = sequence - 1
            query.limit = 1
            guard let moment = try ledger.events(query).first?.time else { continue }
            var found: FleetState?
            times.append(
                try Benchmarks.time {
                    // As the screen does it: the ledger is opened anew.
                    found = try SQLiteLedger(path: path).fleet(at: moment)
                } * 1000)
            guard let found, (sequence...sequence + Int64(Self.together * 5)).contains(found.sequence) else {
                throw BenchmarkError("the state after #\(sequence) was asked for, and another one came")
            }
        }
        times.sort()
        let name = "past: back to any moment of \(last) events"
        Benchmarks.row("\(name), median", times[times.count / 2], "ms", below: Self.limit)
        Benchmarks.row("\(name), worst", times.last ?? 0, "ms", below: Self.limit)
    }

    /// Deployments to one environment after the other, some at the same time.
    private func build(_ path: String, events: Int) throws {
        let ledger = try SQLiteLedger(path: path)
        let holder = LeaseHolder(name: "benchmarks", host: "none", process: ProcessIdentity(pid: 1, startTime: 1))
        var now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) - .seconds(events)
        let token = try ledger.acquireLease(holder, at: now, lasting: .seconds(1_000_000_000)) { _ in true }.token
        let fleet = BenchmarkFleet(folder: folder, environments: Self.environments, releases: 0)
        let declared = (0..<Self.environments).map { index in
            Entry(.environment(fleet.address(index)), .environmentDeclared(stage: "prod", position: index))
        }
        var sequence = try ledger.append(declared, actor: "pipeline", at: now, token: token).last?.sequence ?? 0
        var number = 0
        while sequence < events {
            var entries: [Entry] = []
            for _ in 0..<Self.together {
                let subject = Subject.environment(fleet.address(number % Self.environments))
                let id = sequence + Int64(entries.count) + 1
                let release = number / Self.environments + 1
                entries += fleet.deployment(release, id: id, at: now).map { Entry(subject, $0) }
                number += 1
            }
            now = now + .seconds(entries.count)
            sequence = try ledger.append(entries, actor: "pipeline", at: now, token: token).last?.sequence ?? sequence
        }
    }
}
