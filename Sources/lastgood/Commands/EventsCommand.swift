import ArgumentParser
import Foundation
import Ledger
import Model
import Terminal

struct EventsCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show the audit trail: who did what, when.",
        discussion: """
            Events that are older than `ledger: {keep: …}` of the configuration lie in LEDGER-archive, a file a month, \
            JSON lines in gzip; --archive reads them too.

            Examples: lastgood events 'checkout/*' --since 2h --follow
                      lastgood events --archive --since 2026-01-01T00:00:00Z -o json
            """)

    @Argument(
        help: ArgumentHelp("Environments, by glob.", valueName: "selector"),
        completion: Completions.environments)
    var selector: String = "*"
    @Flag(name: [.long, .short], help: "Go on as new events come in.") var follow = false
    @Flag(help: "Also those that are older than what the ledger keeps, from the files beside it.") var archive = false
    @Option(help: ArgumentHelp("From a time (RFC 3339) or an age (15m, 2h) on.", valueName: "t")) var since: String?
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { EventLine.self }

    func run() async throws {
        let session = try common.session()
        let changes = try session.ledger.changes()
        var version = try changes.version()
        var span = EventSpan()
        span.since = try since.map { try moment($0, option: "--since") }
        if selector != "*" {
            span.subjects = try session.ledger.addresses()
                .filter { globMatches(selector, $0.description) }.map(Subject.environment)
        }
        var query = EventQuery()
        if !archive, let start = span.since, let end = try session.ledger.archiveEnd(), start < end {
            writeError(
                "lastgood: what was before \(end.rfc3339) is in the ledger's archive; --archive shows it too"
            )
        }
        query.after = try session.ledger.forEachEvent(
            in: span, withArchive: archive, write, pageEnd: StandardOutput.check)
        try StandardOutput.check()
        while follow {
            try await Task.sleep(for: .milliseconds(100))
            let current = try changes.version()
            if current != version {
                version = current
                try writeNews(&query, session)
            }
            try StandardOutput.check()
        }
    }

    private func writeNews(_ query: inout EventQuery, _ session: Session) throws {
        while true {
            let events = try session.ledger.events(query)
            for event in events where isWanted(event) { try write(event) }
            query.after = events.last?.sequence ?? query.after
            try StandardOutput.check()
            if events.count < query.limit { return }
        }
    }

    private func isWanted(_ event: Event) -> Bool {
        guard selector != "*" else { return true }
        return event.address.map { globMatches(selector, $0.description) } ?? false
    }

    private func write(_ event: Event) throws {
        if try output.writeLine(EventLine(event), name: { String($0.sequence) }) { return }
        let place = event.address?.description ?? event.application ?? ""
        print(visible("\(event.time.rfc3339)  \(place.isEmpty ? "" : "\(place): ")\(event.summary)"))
    }
}
