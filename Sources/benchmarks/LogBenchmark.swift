import Foundation
import Ledger
import Model

/// How long the write-ahead log becomes under constant writes while one process acts and others read.
///
/// `LASTGOOD_BENCHMARK_LOG` is for how many seconds; 30 where it is not set.
struct LogBenchmark {
    let folder: String
    private var isDown = false
    private static let perSecond = 500
    /// The log is emptied once a second where it is longer than it may be.
    private static let limit = Double(2 * SQLiteLedger.longestLog) / 1_048_576

    init(folder: String) { self.folder = folder }

    mutating func run() throws {
        let length = ProcessInfo.processInfo.environment["LASTGOOD_BENCHMARK_LOG"].flatMap { Int($0) } ?? 30
        let fleet = BenchmarkFleet(folder: folder, environments: 4, releases: 5)
        try fleet.build()
        let command = [try Benchmarks.binary(), "--config", fleet.configurationPath]
        // The first acts, the others look on: a page of events is read anew with each that comes.
        let screens = try [command, command + ["--readonly"], command + ["--readonly"]].map {
            try PseudoTerminal($0, width: 200, height: 50)
        }
        for screen in screens { _ = screen.firstPaint() }
        screens[1].press("e")
        screens[2].press("t")
        let ledger = try SQLiteLedger(path: fleet.ledgerPath)
        let first = try ledger.lastSequence()
        var (longest, latencies) = (0, [Double]())
        let (start, end) = (ContinuousClock.now, ContinuousClock.now + .seconds(length))
        var round = 0
        while ContinuousClock.now < end {
            let due = start + .milliseconds(10 * round)
            if due > .now { Thread.sleep(forTimeInterval: Benchmarks.seconds(due - .now)) }
            let entries = (0..<Self.perSecond / 100).map { number in
                Entry(
                    .environment(fleet.address(number % fleet.environments)),
                    .holdPlaced(suspect: "1.1.0", order: 1, reason: "benchmark \(round)"))
            }
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            _ = try ledger.append(entries, actor: "benchmarks", at: now, token: nil)
            longest = max(longest, ledger.logLength())
            for screen in screens { _ = screen.read(within: .microseconds(1), silence: .microseconds(1)) }
            if round % 20 == 10 { latencies.append(key(screens[1])) }
            round += 1
        }
        let written = try ledger.lastSequence() - first
        let took = Benchmarks.seconds(ContinuousClock.now - start)
        Benchmarks.row(
            "log: events written in \(length) s with 3 dashboards open", "\(Int(Double(written) / took)) a second")
        Benchmarks.row("log: the longest it became", Double(longest) / 1_048_576, "MiB", below: Self.limit)
        latencies.sort()
        guard !latencies.isEmpty else { return }
        Benchmarks.row("log: key to answer meanwhile, median", latencies[latencies.count / 2], "ms", below: 10)
        Benchmarks.row("log: key to answer meanwhile, p99", latencies[latencies.count * 99 / 100], "ms", below: 30)
    }

    /// How long a key waits for its answer, in milliseconds.
    private mutating func key(_ screen: PseudoTerminal) -> Double {
        let pressed = ContinuousClock.now
        isDown.toggle()
        screen.press(isDown ? "\u{1B}OB" : "\u{1B}OA")
        let answer = screen.read(within: .milliseconds(500), silence: .milliseconds(5))
        return Benchmarks.seconds((answer.first ?? .now) - pressed) * 1000
    }
}
