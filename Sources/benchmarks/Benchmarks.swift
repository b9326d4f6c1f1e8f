import CProcess
import Dashboard
import Foundation
import Ledger
import Model
import Terminal

/// Measures lastgood: its ledger, its pictures, and the whole program from outside, beside htop in the same run.
///
/// `benchmarks comparison` measures how well releases are told apart, and nothing else; `benchmarks kubernetes` how large
/// lists of an API server are taken in.
///
/// `LASTGOOD_BENCHMARK_ENVIRONMENTS` and `LASTGOOD_BENCHMARK_RELEASES` make the large fleet smaller than 10,000 × 100.
@main
enum Benchmarks {
    static func main() throws {
        if CommandLine.arguments.dropFirst().first == "comparison" { return try ComparisonBenchmark().run() }
        if CommandLine.arguments.dropFirst().first == "kubernetes" { return try KubernetesBenchmark().run() }
        let variables = ProcessInfo.processInfo.environment
        let environments = variables["LASTGOOD_BENCHMARK_ENVIRONMENTS"].flatMap { Int($0) } ?? 10_000
        let releases = variables["LASTGOOD_BENCHMARK_RELEASES"].flatMap { Int($0) } ?? 100
        let folder = NSTemporaryDirectory() + "lastgood-benchmarks-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        process_write_by_line()
        let small = BenchmarkFleet(folder: "\(folder)/small", environments: 4, releases: 100)
        let large = BenchmarkFleet(folder: "\(folder)/large", environments: environments, releases: releases)
        print("building a fleet of 4, and one of \(environments) × \(releases) releases …")
        try small.build()
        let building = try time { try large.build() }
        // What was written goes to the disk first, so that it disturbs nothing that follows.
        sync()
        let events = environments * (13 + releases * 5)
        row("ledger: events written in large batches", "\(Int(Double(events) / building)) a second")
        try measureLedger(large)
        try measureFrames(large)
        try measureProgram(small, large)
        try PastBenchmark(folder: "\(folder)/past").run()
        var log = LogBenchmark(folder: "\(folder)/log")
        try log.run()
        try CompareBenchmarks(folder: "\(folder)/compare").run()
        try KubernetesBenchmark().run()
    }

    static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        let parts = (ContinuousClock.now - start).components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }

    static func row(_ name: String, _ value: String, limit: String = "") {
        print(name.padding(toLength: 52, withPad: " ", startingAt: 0) + value + (limit.isEmpty ? "" : "   \(limit)"))
    }

    /// A value beside what it must stay below.
    static func row(_ name: String, _ value: Double, _ unit: String, below limit: Double) {
        let ratio = value / limit
        row(
            name, String(format: "%.1f %@", value, unit),
            limit: String(format: "%.2f of the limit of %g %@%@", ratio, limit, unit, ratio < 1 ? "" : "   ABOVE IT"))
    }

    // MARK: the ledger

    private static func measureLedger(_ fleet: BenchmarkFleet) throws {
        let ledger = try SQLiteLedger(path: fleet.ledgerPath)
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let holder = LeaseHolder(name: "benchmarks", host: "none", process: ProcessIdentity(pid: 1, startTime: 1))
        let token = try ledger.acquireLease(holder, at: now, lasting: .seconds(60)) { _ in true }.token
        let count = 200
        let appends = try time {
            for index in 0..<count {
                try ledger.append(
                    .problemNoted(reason: "benchmark \(index)"), to: .environment(fleet.address(0)),
                    actor: "benchmarks",
                    at: now, token: token)
            }
        }
        row("ledger: one event, durable", String(format: "%.2f ms", appends / Double(count) * 1000))
        row("ledger: state of all environments", String(format: "%.0f ms", try time { _ = try ledger.fleet() } * 1000))
        let page = try time { _ = try ledger.history(of: fleet.address(fleet.environments / 2)) }
        row("ledger: a page of history", String(format: "%.1f ms", page * 1000))
    }

    // MARK: pictures

    private static func measureFrames(_ fleet: BenchmarkFleet) throws {
        let state = try SQLiteLedger(path: fleet.ledgerPath).fleet()
        for (width, height) in [(80, 24), (200, 50)] {
            var view = ViewState(
                size: Size(width: width, height: height), user: "ana", isReadOnly: true)
            _ = view.update(.tick(Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), zone: 0))
            let loading = time { _ = view.update(.loaded(state)) }
            if width == 80 { row("screen: taking in the whole fleet", String(format: "%.0f ms", loading * 1000)) }
            let count = 200
            let total = time {
                for _ in 0..<count {
                    _ = view.update(.key(.down))
                    _ = render(view)
                }
            }
            row(
                "screen: a key and its picture, \(width)x\(height)",
                String(format: "%.2f ms", total / Double(count) * 1000))
        }
    }

    // MARK: the program

    struct Measurement {
        var firstPaint: Double
        var median: Double
        var p99: Double
        var idleBytes: Double
        var idleCPU: Double
        var memory: Double
    }

    private static func measure(_ command: [String], width: Int, height: Int) throws -> Measurement {
        // The first start reads the program from the disk; the best of some is what it takes.
        var paints: [Double] = []
        for _ in 0..<4 {
            paints.append(seconds(try PseudoTerminal(command, width: width, height: height).firstPaint()) * 1000)
        }
        let terminal = try PseudoTerminal(command, width: width, height: height)
        paints.append(seconds(terminal.firstPaint()) * 1000)
        _ = terminal.read(within: .seconds(2), silence: .seconds(2))
        let (before, span) = (terminal.processorTime, 60.0)
        let idle = terminal.read(within: .seconds(Int(span)), silence: .seconds(Int(span)))
        let used = terminal.processorTime - before
        var latencies: [Double] = []
        for index in 0..<100 {
            _ = terminal.read(within: .milliseconds(20), silence: .milliseconds(20))
            let pressed = ContinuousClock.now
            // Down and up again, in the keys that every program knows.
            terminal.press(index % 2 == 0 ? "\u{1B}OB" : "\u{1B}OA")
            let answer = terminal.read(within: .milliseconds(500), silence: .milliseconds(5))
            latencies.append(seconds((answer.first ?? .now) - pressed) * 1000)
        }
        latencies.sort()
        return Measurement(
            firstPaint: paints.sorted()[paints.count / 2], median: latencies[latencies.count / 2],
            p99: latencies[latencies.count * 99 / 100], idleBytes: Double(idle.bytes) / span * 60,
            idleCPU: used / span * 100, memory: terminal.memory)
    }

    /// How much of a core the program takes while nothing happens and nobody types.
    /// - Parameter keys: what opens the view that is shown meanwhile.
    private static func idleProcessor(_ command: [String], _ keys: String, width: Int, height: Int) throws -> Double {
        let terminal = try PseudoTerminal(command, width: width, height: height)
        _ = terminal.firstPaint()
        terminal.press(keys)
        _ = terminal.read(within: .seconds(3), silence: .seconds(3))
        let (before, span) = (terminal.processorTime, 10)
        _ = terminal.read(within: .seconds(span), silence: .seconds(span))
        return (terminal.processorTime - before) / Double(span) * 100
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// The program beside this one.
    static func binary() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let binary = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("lastgood").path
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw BenchmarkError("there is no \(binary); build it first: swift build -c release")
        }
        return binary
    }

    private static func measureProgram(_ small: BenchmarkFleet, _ large: BenchmarkFleet) throws {
        let binary = try binary()
        let (width, height) = (200, 50)
        let htop = try? measure(["htop"], width: width, height: height)
        for (name, fleet, paint, memory) in [
            ("4", small, 60.0, 60.0), ("\(large.environments)", large, 150, 100),
        ] {
            let command = [binary, "--readonly", "--config", fleet.configurationPath]
            let own = try measure(command, width: width, height: height)
            row("\(name) environments: first paint", own.firstPaint, "ms", below: paint)
            row("\(name) environments: key to answer, median", own.median, "ms", below: 5)
            row("\(name) environments: key to answer, p99", own.p99, "ms", below: 20)
            row("\(name) environments: idle processor", own.idleCPU, "%", below: 1)
            for (view, key) in [
                ("timeline", "t"), ("alarms", "a"), ("events", "e"), ("environment", "\r"), ("releases", "v"),
            ] {
                let idle = try idleProcessor(command, key, width: width, height: height)
                row("\(name) environments: idle processor, \(view) open", idle, "%", below: 1)
            }
            row("\(name) environments: memory", own.memory, "MiB", below: memory)
            if let htop {
                row("\(name) environments: idle output", own.idleBytes, "bytes/min", below: htop.idleBytes / 10)
            } else {
                row(
                    "\(name) environments: idle output", String(format: "%.0f bytes/min", own.idleBytes),
                    limit: "no htop here")
            }
        }
        if let htop {
            row("htop: first paint", String(format: "%.1f ms", htop.firstPaint))
            row("htop: key to answer, median", String(format: "%.1f ms", htop.median))
        }
    }
}
