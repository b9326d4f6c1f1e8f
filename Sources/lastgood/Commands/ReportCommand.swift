import ArgumentParser
import Controller
import Foundation
import Ledger
import Model
import Terminal

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write what happened as Markdown, for the incident document.",
        discussion: """
            Releases that were deployed, alarms, decisions, and who did what, from the audit trail. Times are UTC.

            Examples: lastgood report --since 2h
                      lastgood report 'checkout/*' --since 2026-11-24T13:00:00Z --until 2026-11-24T15:00:00Z
            """)

    @OptionGroup var selection: SelectorOptions
    @Option(help: ArgumentHelp("From when: a time (RFC 3339) or how long ago (90s, 15m, 2h, 3d).", valueName: "t"))
    var since: String
    @Option(help: ArgumentHelp("Until when; now where it is left out.", valueName: "t")) var until: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = try common.session()
        let from = try moment(since, option: "--since")
        let end = try until.map { try moment($0, option: "--until") } ?? .now
        guard from <= end else {
            throw Failure(
                .usage, "--since \(since) is later than --until \(until ?? "now")", mend: "exchange the two")
        }
        let chosen = try session.environments(selection.value).map(\.address)
        let report = Report(ledger: session.ledger, from: from, until: end, environments: chosen.sorted())
        try session.ledger.withoutRetention { try report.write() }
    }
}

/// An incident in Markdown. The ledger is read once, an event after the other: what is told may be years long.
private struct Report {
    let ledger: SQLiteLedger
    let from: Timestamp
    let until: Timestamp
    let environments: [EnvironmentAddress]

    func write() throws {
        let names = environments.map(\.description)
        print("# Incident report: \(names.prefix(6).joined(separator: ", "))\(names.count > 6 ? ", …" : "")")
        print("\nFrom \(from.rfc3339) to \(until.rfc3339), from lastgood's audit trail.")
        if let archived = try ledger.archivedState(), from < archived.until {
            print(
                "\nWhat was before \(archived.until.rfc3339) is in the ledger's archive and not told here; "
                    + "`lastgood events --archive` tells it.")
        }
        var summary = ReportSummary()
        let tables = [
            try ReportTable.deployments(), try ReportTable.alarms(), try ReportTable.people(),
        ]
        let timeline = try Spool()
        var alarms = AlarmChanges()
        try forEachEvent { event in
            guard alarms.matters(event) else { return }
            summary.take(event)
            for table in tables { try table.take(event) }
            let place = event.address.map { "**\(escaped($0.description))** " } ?? ""
            try timeline.write("- \(time(event.time)) \(place)\(escaped(event.summary))\n")
        }
        summary.write()
        for table in tables { try table.write() }
        print("\n## Timeline\n")
        if timeline.isEmpty { print("nothing happened in this time") }
        try timeline.printOut()
    }

    private func forEachEvent(_ body: (Event) throws -> Void) throws {
        var span = EventSpan()
        (span.since, span.until, span.kinds) = (from, until, Self.told)
        span.subjects =
            environments.map(Subject.environment)
            + Set(environments.map(\.application)).sorted().map(Subject.application) + [.ledger]
        let chosen = Set(environments)
        var plans: [Int64: Bool] = [:]
        func concerns(_ id: Int64) throws -> Bool {
            if let known = plans[id] { return known }
            let concerns = try ledger.plan(id)?.plan.steps.contains { chosen.contains($0.address) } ?? false
            plans[id] = concerns
            return concerns
        }
        try ledger.forEachEvent(in: span) { event in
            if case .planMade = event.body {
                guard try concerns(event.sequence) else { return }
            } else if let id = event.body.planID {
                guard try concerns(id) else { return }
            }
            try body(event)
        } pageEnd: {
            try StandardOutput.check()
        }
    }

    /// Each instance's coming and going is in the events; here it would hide the rest.
    private static let told = EventSpan.Kinds.without([
        "instanceStarting", "instanceStarted", "instanceHealthChanged", "instanceStopping", "instanceStopped",
        "bakeProgressed", "instanceReplaced", "leaderChanged", "environmentDeclared",
    ])
}

/// Text from outside must stay text in Markdown, and harmless on a terminal.
private func escaped(_ text: String) -> String {
    var result = ""
    for character in visible(text) {
        if "\\`*_[]<>|#".contains(character) { result.append("\\") }
        result.append(character)
    }
    return result
}

private func time(_ time: Timestamp) -> String { String(time.rfc3339.dropFirst(11).prefix(8)) }

private struct ReportSummary {
    private var started: Timestamp?
    private var over: Timestamp?
    private var firstDecision: Timestamp?
    private var decisions = 0
    private var suspects: Set<String> = []

    mutating func take(_ event: Event) {
        switch event.body {
        case .highSeverityChanged(let isOn, _):
            if isOn { started = started ?? event.time } else { over = event.time }
        case .rollbackDecided(let decision):
            decisions += 1
            firstDecision = firstDecision ?? event.time
            if let suspect = decision.suspect { suspects.insert(suspect) }
        default: break
        }
    }

    func write() {
        print("\n## Summary\n")
        if let started { print("- first high-severity alarm: \(started.rfc3339)") }
        if let firstDecision {
            let delay = started.map { ", \(max(.zero, firstDecision - $0).inWords) after the first alarm" } ?? ""
            print("- first decision to roll back: \(firstDecision.rfc3339)\(delay)")
        }
        if let over, let started, over > started {
            print("- last high-severity alarm over: \(over.rfc3339), after \((over - started).inWords)")
        }
        let names = suspects.sorted().map(escaped).joined(separator: ", ")
        print("- rollbacks: \(decisions)\(names.isEmpty ? "" : ", of \(names)")")
    }
}

/// One of the report's tables, as it grows.
private final class ReportTable {
    private let title: String
    private let columns: [String]
    private let row: (Event) -> [String]?
    private let lines: Spool

    private init(_ title: String, _ columns: [String], row: @escaping (Event) -> [String]?) throws {
        self.title = title
        self.columns = columns
        self.row = row
        lines = try Spool()
    }

    func take(_ event: Event) throws {
        guard let cells = row(event) else { return }
        try lines.write("| \(cells.map(escaped).joined(separator: " | ")) |\n")
    }

    func write() throws {
        print("\n## \(title)\n")
        if lines.isEmpty { return print("none") }
        print("| \(columns.joined(separator: " | ")) |")
        print(String(repeating: "|---", count: columns.count) + "|")
        try lines.printOut()
    }

    static func deployments() throws -> ReportTable {
        try ReportTable(
            "Deployments and decisions", ["time", "environment", "deployment", "release", "what", "why"]
        ) { event in
            guard let address = event.address else { return nil }
            switch event.body {
            case .deploymentEnded(let id, let release, let phase, let reason):
                return [time(event.time), address.description, "#\(id)", release, phase.inWords, reason]
            case .rollbackDecided(let decision):
                return [
                    time(event.time), address.description, "#\(event.sequence)",
                    "\(decision.suspect ?? "–") → \(decision.to)", "rollback decided, \(decision.trigger.rawValue)",
                    decision.reason,
                ]
            case .deploymentStarted(let id, let release, _, let instances, _):
                return [time(event.time), address.description, "#\(id)", release, "begun, \(instances) instances", ""]
            default: return nil
            }
        }
    }

    static func alarms() throws -> ReportTable {
        try ReportTable("Alarms", ["time", "environment", "alarm", "state", "value"]) { event in
            guard let address = event.address, case .alarmChanged(let status) = event.body else { return nil }
            let state =
                switch status.state {
                case .alarm: "ALARM"
                case .ok: "ok"
                case .insufficientData: "no data"
                }
            return [time(event.time), address.description, status.label, state, status.condition]
        }
    }

    static func people() throws -> ReportTable {
        try ReportTable("Who did what", ["time", "who", "where", "what"]) { event in
            switch event.body {
            case .deploymentRequested, .rollbackRequested, .releaseMarked, .gateOverridden, .planMade, .planPaused,
                .planResumed, .planAborted, .holdPlaced:
                let place = event.address?.description ?? event.application ?? ""
                return [time(event.time), event.actor, place, event.summary]
            default: return nil
            }
        }
    }
}

/// An alarm that is ok or without data matters only where it was on before.
private struct AlarmChanges {
    private var on: Set<String> = []

    mutating func matters(_ event: Event) -> Bool {
        guard case .alarmChanged(let status) = event.body else { return true }
        let name = "\(event.address?.description ?? "") \(status.label)"
        return status.state == .alarm ? on.insert(name).inserted : on.remove(name) != nil
    }
}
