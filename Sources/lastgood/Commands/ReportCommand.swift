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

/// An incident in Markdown. Each section reads what it needs from the ledger: what is told may be years long.
private struct Report {
    let ledger: SQLiteLedger
    let from: Timestamp
    let until: Timestamp
    let environments: [EnvironmentAddress]

    func write() throws {
        let names = environments.map(\.description)
        line("# Incident report: \(names.prefix(6).joined(separator: ", "))\(names.count > 6 ? ", …" : "")")
        line("")
        line("From \(from.rfc3339) to \(until.rfc3339), from lastgood's audit trail.")
        if let archived = try ledger.archivedState(), from < archived.until {
            line("")
            line(
                "What was before \(archived.until.rfc3339) is in the ledger's archive and not told here; "
                    + "`lastgood events --archive` tells it.")
        }
        try writeSummary()
        try writeDeployments()
        try writeAlarms()
        try writePeople()
        try writeTimeline()
    }

    private func forEachEvent(of kinds: EventSpan.Kinds, _ body: (Event) throws -> Void) throws {
        var span = EventSpan()
        (span.since, span.until, span.kinds) = (from, until, kinds)
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

    /// Text from outside must stay text in Markdown, and harmless on a terminal.
    private func escaped(_ text: String) -> String {
        var result = ""
        for character in visible(text) {
            if "\\`*_[]<>|#".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    private func line(_ text: String) { print(text) }

    private func time(_ time: Timestamp) -> String { String(time.rfc3339.dropFirst(11).prefix(8)) }

    private func writeSummary() throws {
        line("\n## Summary\n")
        var started: Timestamp?
        var over: Timestamp?
        var firstDecision: Timestamp?
        var (decisions, suspects) = (0, Set<String>())
        try forEachEvent(of: .only(["highSeverityChanged", "rollbackDecided"])) { event in
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
        if let started { line("- first high-severity alarm: \(started.rfc3339)") }
        if let firstDecision {
            let delay = started.map { ", \(max(.zero, firstDecision - $0).inWords) after the first alarm" } ?? ""
            line("- first decision to roll back: \(firstDecision.rfc3339)\(delay)")
        }
        if let over, let started, over > started {
            line("- last high-severity alarm over: \(over.rfc3339), after \((over - started).inWords)")
        }
        let names = suspects.sorted().map(escaped).joined(separator: ", ")
        line("- rollbacks: \(decisions)\(names.isEmpty ? "" : ", of \(names)")")
    }

    private func writeDeployments() throws {
        try table(
            "Deployments and decisions", ["time", "environment", "deployment", "release", "what", "why"],
            of: ["deploymentEnded", "rollbackDecided", "deploymentStarted"]
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

    private func writeAlarms() throws {
        var changes = AlarmChanges()
        try table("Alarms", ["time", "environment", "alarm", "state", "value"], of: ["alarmChanged"]) { event in
            guard changes.matters(event), let address = event.address, case .alarmChanged(let status) = event.body
            else { return nil }
            let state =
                switch status.state {
                case .alarm: "ALARM"
                case .ok: "ok"
                case .insufficientData: "no data"
                }
            return [time(event.time), address.description, status.label, state, status.condition]
        }
    }

    private func writePeople() throws {
        try table(
            "Who did what", ["time", "who", "where", "what"],
            of: [
                "deploymentRequested", "rollbackRequested", "releaseMarked", "gateOverridden", "planMade", "planPaused",
                "planResumed", "planAborted", "holdPlaced",
            ]
        ) { event in
            let place = event.address?.description ?? event.application ?? ""
            return [time(event.time), event.actor, place, event.summary]
        }
    }

    private func writeTimeline() throws {
        line("\n## Timeline\n")
        var isEmpty = true
        var changes = AlarmChanges()
        try forEachEvent(of: Self.told) { event in
            guard changes.matters(event) else { return }
            isEmpty = false
            let place = event.address.map { "**\(escaped($0.description))** " } ?? ""
            line("- \(time(event.time)) \(place)\(escaped(event.summary))")
        }
        if isEmpty { line("nothing happened in this time") }
    }

    /// Each instance's coming and going is in the events; here it would hide the rest.
    private static let told = EventSpan.Kinds.without([
        "instanceStarting", "instanceStarted", "instanceHealthChanged", "instanceStopping", "instanceStopped",
        "bakeProgressed", "instanceReplaced", "leaderChanged", "environmentDeclared",
    ])

    private func table(
        _ title: String, _ columns: [String], of kinds: Set<String>, row: (Event) -> [String]?
    ) throws {
        line("\n## \(title)\n")
        var isEmpty = true
        try forEachEvent(of: .only(kinds)) { event in
            guard let cells = row(event) else { return }
            if isEmpty {
                line("| \(columns.joined(separator: " | ")) |")
                line(String(repeating: "|---", count: columns.count) + "|")
                isEmpty = false
            }
            line("| \(cells.map(escaped).joined(separator: " | ")) |")
        }
        if isEmpty { line("none") }
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
