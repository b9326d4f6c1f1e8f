import ArgumentParser
import Calendars
import Controller
import Dashboard
import Foundation
import Model

extension ConfiguredFreezes {
    /// How far ahead the screen looks, as the command does.
    private static let ahead: Duration = .seconds(31 * 86400)

    init(_ book: FreezeBook, at now: Timestamp) {
        let span = Span(from: now, to: now + Self.ahead)
        let times = book.rules.flatMap { rule in
            book.times(of: rule, span, at: now).map { time in
                var isCalendar = false
                if case .calendar = rule.when { isCalendar = true }
                return Time(
                    title: time.name, environments: rule.environments, from: time.span.start, until: time.span.end,
                    fromInWords: time.zone.written(time.span.start), untilInWords: time.zone.written(time.span.end),
                    isCalendar: isCalendar)
            }
        }
        self.init(
            names: book.rules.map(\.name), times: times, problems: book.rules.flatMap { book.problems(of: $0) })
    }
}

struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "The times in which nothing new is deployed.",
        subcommands: [List.self, Add.self, Remove.self])

    struct List: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "List the freezes of the configuration, its calendars and people, those in force first.",
            discussion: """
                Examples: lastgood freeze list; lastgood freeze list --ahead 90d --output json
                """)

        @Option(help: ArgumentHelp("How far ahead to look, such as 90d.", valueName: "duration"))
        var ahead: String = "31d"
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        struct Item: Fielded {
            /// The configuration's name for it.
            var name: String
            /// What the calendar calls it, with that name before it.
            var title: String
            var environments: String
            var from: Timestamp
            var until: Timestamp
            var zone: String
            var inForce: Bool
            var source: Source
            /// Who set it by hand, and why.
            var actor: String?
            var reason: String?

            enum CodingKeys: CodingKey, CaseIterable {
                case name, title, environments, from, until, zone, inForce, source, actor, reason
            }
        }

        /// Who says that something is frozen.
        enum Source: String, Encodable { case configuration, calendar, hand }

        func run() async throws {
            let session = try common.session()
            let now = Timestamp.now
            let span = Span(from: now, to: now + (try duration(ahead, option: "--ahead")))
            let freezes = session.freezes
            let items = try items(session, span, now)
            for problem in freezes.rules.flatMap({ freezes.problems(of: $0) }) { writeError("lastgood: \(problem)") }
            if try output.write("freezes", items: items, name: \.name) { return }
            guard !items.isEmpty else { return print("no freeze within \(ahead)") }
            var table = Table(["FREEZE", "ENVIRONMENTS", "FROM", "UNTIL", ""])
            for item in items {
                // A zone that is gone meanwhile does not hide a freeze.
                let zone = ZoneDatabase.zone(item.zone) ?? .utc
                let by = item.actor.map { "by \($0): \(item.reason ?? "")" }
                table.add([
                    item.title, item.environments, zone.written(item.from), zone.written(item.until),
                    [item.inForce ? "in force" : nil, by].compactMap { $0 }.joined(separator: ", "),
                ])
            }
            table.write()
        }

        private func items(_ session: Session, _ span: Span, _ now: Timestamp) throws -> [Item] {
            let configured = session.freezes.rules.flatMap { rule in
                session.freezes.times(of: rule, span, at: now).map { time in
                    var source = Source.configuration
                    if case .calendar = rule.when { source = .calendar }
                    return Item(
                        name: rule.name, title: time.name, environments: rule.environments, from: time.span.start,
                        until: time.span.end, zone: time.zone.name, inForce: time.span.contains(now), source: source)
                }
            }
            let byHand = try session.ledger.freezes().ahead(of: now).map { placed in
                let freeze = placed.freeze
                return Item(
                    name: freeze.name, title: freeze.name, environments: freeze.environments, from: freeze.from,
                    until: freeze.until, zone: freeze.zone, inForce: freeze.from <= now, source: .hand,
                    actor: placed.actor, reason: freeze.reason)
            }.filter { $0.from < span.end }
            return (configured + byHand).sorted { ($0.from, $0.until, $0.title) < ($1.from, $1.until, $1.title) }
        }
    }
}
