import ArgumentParser
import Controller
import Foundation
import Incidents
import Ledger
import Model

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write an incident down as Markdown, for a ticket.",
        discussion: """
            What happened in a paragraph, its impact, who decided what, the timeline, what the release that was taken \
            back had brought, and what is held since. Times are in your zone, with UTC beside. Without --since it is \
            the newest incident of the environments that are chosen.

            Examples: lastgood report checkout/prod-eu
                      lastgood report --since 2h
                      lastgood report 'checkout/*' --since 2026-11-24T13:00:00Z --until 2026-11-24T15:00:00Z
            """)

    @OptionGroup var selection: SelectorOptions
    @Option(help: ArgumentHelp("From when: a time (RFC 3339) or how long ago (90s, 15m, 2h, 3d).", valueName: "t"))
    var since: String?
    @Option(help: ArgumentHelp("Until when; now where it is left out.", valueName: "t")) var until: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = try common.session()
        let chosen = try session.environments(selection.value).map(\.address).sorted()
        try write(try span(chosen, session), session)
    }

    private func span(_ chosen: [EnvironmentAddress], _ session: Session) throws -> IncidentSpan {
        guard let since else {
            guard until == nil else { throw Failure(.usage, "--until without --since", mend: "say from when, too") }
            return try newest(chosen, session)
        }
        let from = try moment(since, option: "--since")
        let end = try until.map { try moment($0, option: "--until") } ?? .now
        guard from <= end else {
            throw Failure(
                .usage, "--since \(since) is later than --until \(until ?? "now")", mend: "exchange the two")
        }
        return IncidentSpan(from: from, until: end, environments: chosen, reachesNow: until == nil)
    }

    /// The newest incident of those environments: where an alarm is on, or something was taken back or failed last.
    private func newest(_ chosen: [EnvironmentAddress], _ session: Session) throws -> IncidentSpan {
        let states = try session.ledger.fleet().environments
        func trouble(_ address: EnvironmentAddress) throws -> Timestamp? {
            let alarm = states[address]?.alarmsOn.map(\.since).max()
            let record = try session.ledger.history(of: address, limit: 20).first { record in
                record.kind == .rollback || [.failed, .rolledBack, .rollingBack].contains(record.phase)
            }
            return [alarm, record?.requestedAt].compactMap { $0 }.max()
        }
        var found: (address: EnvironmentAddress, time: Timestamp)?
        for address in chosen {
            if let time = try trouble(address), found.map({ time > $0.time }) ?? true { found = (address, time) }
        }
        guard let found else {
            throw Failure(
                .failed, "nothing went wrong in the environments that are chosen",
                mend: "say from when with --since, such as --since 2h, to report on what happened all the same")
        }
        let others = session.configuration.environments.map(\.address)
            .filter { $0.application == found.address.application }
        return try session.ledger.incidentSpan(of: found.address, others: others)
    }

    private func write(_ span: IncidentSpan, _ session: Session) throws {
        let clock = ReportClock(span.from...span.until, offset: zoneOffset)
        let timeline = try Spool()
        let incident = try session.ledger.readIncident(span) { try timeline.write(IncidentReport.line($0, clock)) }
        let report = IncidentReport(
            incident, changes: session.ledger.changes(incident, configuration: session.configuration),
            otherChanges: try session.ledger.otherChanges(incident, configuration: session.configuration), clock: clock,
            now: min(.now, span.until), remark: try session.ledger.remark(span))
        print(report.opening, terminator: "")
        if timeline.isEmpty { print("Nothing happened in this time.") }
        try timeline.printOut()
        print(report.closing, terminator: "")
    }
}

extension SQLiteLedger {
    /// What a report of a span cannot tell; `nil` where it tells all.
    func remark(_ span: IncidentSpan) throws -> String? {
        guard let end = try archiveEnd(), span.from < end else { return nil }
        return "What was before \(end.rfc3339) is in the ledger's archive and not told here; "
            + "“lastgood events --archive” tells it."
    }
}
