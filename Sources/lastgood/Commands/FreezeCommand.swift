import ArgumentParser
import Calendars
import Controller
import Foundation
import Model

struct FreezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze", abstract: "The times in which nothing new is deployed.", subcommands: [List.self])

    struct List: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "List the freezes of the configuration and its calendars, those in force first.",
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

            enum CodingKeys: CodingKey, CaseIterable {
                case name, title, environments, from, until, zone, inForce
            }
        }

        func run() async throws {
            let session = try common.session()
            let now = Timestamp.now
            let span = Span(from: now, to: now + (try duration(ahead, option: "--ahead")))
            let freezes = session.freezes
            let found = freezes.rules.flatMap { rule in
                freezes.times(of: rule, span, at: now).map { (rule: rule, time: $0) }
            }.sorted {
                ($0.time.span.start, $0.time.span.end, $0.time.name) < (
                    $1.time.span.start, $1.time.span.end, $1.time.name
                )
            }
            let items = found.map { rule, time in
                Item(
                    name: rule.name, title: time.name, environments: rule.environments, from: time.span.start,
                    until: time.span.end, zone: time.zone.name, inForce: time.span.contains(now))
            }
            for problem in freezes.rules.flatMap({ freezes.problems(of: $0) }) { writeError("lastgood: \(problem)") }
            if try output.write("freezes", items: items, name: \.name) { return }
            guard !items.isEmpty else { return print("no freeze within \(ahead)") }
            var table = Table(["FREEZE", "ENVIRONMENTS", "FROM", "UNTIL", ""])
            for (rule, time) in found {
                table.add([
                    time.name, rule.environments, time.zone.written(time.span.start), time.zone.written(time.span.end),
                    time.span.contains(now) ? "in force" : "",
                ])
            }
            table.write()
        }
    }
}
