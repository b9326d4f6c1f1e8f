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
        let chosen = Set(try session.environments(selection.value).map(\.address))
        var events: [Event] = []
        var query = EventQuery()
        query.since = from
        query.limit = 5000
        reading: while true {
            let page = try session.ledger.events(query)
            for event in page {
                if event.time > end { break reading }
                if concerns(event, chosen) { events.append(event) }
            }
            guard let last = page.last, page.count == query.limit else { break }
            query.after = last.sequence
        }
        Report(events: events, from: from, until: end, environments: chosen.sorted()).write()
    }

    private func concerns(_ event: Event, _ chosen: Set<EnvironmentAddress>) -> Bool {
        if let address = event.address { return chosen.contains(address) }
        if case .planMade(let plan) = event.body { return plan.steps.contains { chosen.contains($0.address) } }
        if event.body.planID != nil { return true }
        return event.application.map { name in chosen.contains { $0.application == name } } ?? false
    }
}

/// An incident in Markdown.
private struct Report {
    let events: [Event]
    let from: Timestamp
    let until: Timestamp
    let environments: [EnvironmentAddress]

    func write() {
        let names = environments.map(\.description)
        line("# Incident report: \(names.prefix(6).joined(separator: ", "))\(names.count > 6 ? ", …" : "")")
        line("")
        line("From \(from.rfc3339) to \(until.rfc3339), from lastgood's audit trail.")
        writeSummary()
        writeDeployments()
        writeAlarms()
        writePeople()
        writeTimeline()
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

    private var decisions: [(event: Event, decision: RollbackDecision)] {
        events.compactMap { event in
            if case .rollbackDecided(let decision) = event.body { (event, decision) } else { nil }
        }
    }

    private func writeSummary() {
        line("\n## Summary\n")
        let started = events.compactMap { event -> Timestamp? in
            if case .highSeverityChanged(isOn: true, _) = event.body { event.time } else { nil }
        }.first
        let over = events.compactMap { event -> Timestamp? in
            if case .highSeverityChanged(isOn: false, _) = event.body { event.time } else { nil }
        }.last
        if let started { line("- first high-severity alarm: \(started.rfc3339)") }
        if let first = decisions.first {
            let delay = started.map { ", \(max(.zero, first.event.time - $0).inWords) after the first alarm" } ?? ""
            line("- first decision to roll back: \(first.event.time.rfc3339)\(delay)")
        }
        if let over, let started, over > started {
            line("- last high-severity alarm over: \(over.rfc3339), after \((over - started).inWords)")
        }
        let suspects = Set(decisions.compactMap(\.decision.suspect)).sorted()
        line(
            "- rollbacks: \(decisions.count)\(suspects.isEmpty ? "" : ", of \(suspects.map(escaped).joined(separator: ", "))")"
        )
        if events.isEmpty { line("- nothing happened in this time") }
    }

    private func writeDeployments() {
        let rows = events.compactMap { event -> String? in
            guard let address = event.address else { return nil }
            switch event.body {
            case .deploymentEnded(let id, let release, let phase, let reason):
                return "| \(time(event.time)) | \(escaped(address.description)) | #\(id) | \(escaped(release)) "
                    + "| \(phase.inWords) | \(escaped(reason)) |"
            case .rollbackDecided(let decision):
                return "| \(time(event.time)) | \(escaped(address.description)) | #\(event.sequence) "
                    + "| \(escaped(decision.suspect ?? "–")) → \(escaped(decision.to)) | rollback decided, "
                    + "\(decision.trigger.rawValue) | \(escaped(decision.reason)) |"
            case .deploymentStarted(let id, let release, _, let instances, _):
                return "| \(time(event.time)) | \(escaped(address.description)) | #\(id) | \(escaped(release)) "
                    + "| begun, \(instances) instances | |"
            default: return nil
            }
        }
        table(
            "Deployments and decisions", "| time | environment | deployment | release | what | why |", rows, columns: 6)
    }

    /// An alarm that is ok or without data matters only where it was on before.
    private var matteringEvents: [Event] {
        var on: Set<String> = []
        return events.filter { event in
            guard case .alarmChanged(let status) = event.body else { return true }
            let name = "\(event.address?.description ?? "") \(status.label)"
            if status.state == .alarm { return on.insert(name).inserted }
            return on.remove(name) != nil
        }
    }

    private func writeAlarms() {
        let rows = matteringEvents.compactMap { event -> String? in
            guard let address = event.address, case .alarmChanged(let status) = event.body else { return nil }
            let state =
                switch status.state {
                case .alarm: "ALARM"
                case .ok: "ok"
                case .insufficientData: "no data"
                }
            return "| \(time(event.time)) | \(escaped(address.description)) | \(escaped(status.label)) | \(state) "
                + "| \(escaped(status.condition)) |"
        }
        table("Alarms", "| time | environment | alarm | state | value |", rows, columns: 5)
    }

    private func writePeople() {
        let rows = events.compactMap { event -> String? in
            switch event.body {
            case .deploymentRequested, .rollbackRequested, .releaseMarked, .gateOverridden, .planMade, .planPaused,
                .planResumed, .planAborted:
                let place = event.address?.description ?? event.application ?? ""
                return
                    "| \(time(event.time)) | \(escaped(event.actor)) | \(escaped(place)) | \(escaped(event.summary)) |"
            default: return nil
            }
        }
        table("Who did what", "| time | who | where | what |", rows, columns: 4)
    }

    private func writeTimeline() {
        line("\n## Timeline\n")
        for event in matteringEvents {
            switch event.body {
            // Each instance's coming and going is in the events; here it would hide the rest.
            case .instanceStarting, .instanceStarted, .instanceHealthChanged, .instanceStopping, .instanceStopped,
                .bakeProgressed, .instanceReplaced, .leaderChanged, .environmentDeclared:
                continue
            default:
                let place = event.address.map { "**\(escaped($0.description))** " } ?? ""
                line("- \(time(event.time)) \(place)\(escaped(event.summary))")
            }
        }
        if events.isEmpty { line("nothing") }
    }

    private func table(_ title: String, _ header: String, _ rows: [String], columns: Int) {
        line("\n## \(title)\n")
        guard !rows.isEmpty else { return line("none") }
        line(header)
        line(String(repeating: "|---", count: columns) + "|")
        for row in rows { line(row) }
    }
}
