import ArgumentParser
import Controller
import Foundation
import Ledger
import Model

struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "What keeps releases out of an environment until something comes.",
        subcommands: [List.self, Place.self, Release.self])

    struct Item: Fielded {
        enum Source: String, Encodable { case rollback, hand }

        var application: String
        var environment: String
        var source: Source
        /// Who placed it by hand.
        var actor: String?
        var reason: String
        var since: Timestamp
        /// What was taken back, by a rollback's hold.
        var suspect: String?
        /// What lifts it, in words.
        var until: String
        var untilRelease: String?
        var untilNewerThan: String?
        var untilCommit: String?
        /// Whether what it waits for is deployed as soon as it is registered.
        var deploys: Bool?

        enum CodingKeys: CodingKey, CaseIterable {
            case application, environment, source, actor, reason, since, suspect, until, untilRelease, untilNewerThan,
                untilCommit, deploys
        }

        init(_ address: EnvironmentAddress, _ hold: Hold) {
            (application, environment, source) = (address.application, address.environment, .rollback)
            (reason, since, suspect) = (hold.reason, hold.since, hold.suspect)
            until = hold.until.inWords
            untilNewerThan = hold.suspect
        }

        init(_ address: EnvironmentAddress, _ hold: HandHold) {
            (application, environment, source) = (address.application, address.environment, .hand)
            (actor, reason, since, until) = (hold.actor, hold.reason, hold.since, hold.untilInWords)
            deploys = hold.deploys ? true : nil
            switch hold.until {
            case .person: break
            case .release(let name): untilRelease = name
            case .newer(let than, _): untilNewerThan = than
            case .commit(let commit): untilCommit = commit
            }
        }

        var name: String { "\(application)/\(environment)" }
    }

    struct List: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "List the holds: those that rollbacks left, and those that people placed.",
            discussion: """
                Example: lastgood hold list '*/prod-*' --output json
                """)

        @OptionGroup var selection: SelectorOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        func run() async throws {
            let session = try common.session()
            let states = try session.states(try session.environments(selection.value)).map(\.1)
            let items = states.flatMap { state in
                [state.hold.map { Item(state.address, $0) }, state.handHold.map { Item(state.address, $0) }]
                    .compactMap { $0 }
            }
            if try output.write("holds", items: items, name: \.name) { return }
            guard !items.isEmpty else { return print("nothing is held") }
            var table = Table(["ENVIRONMENT", "SINCE", "BY", "UNTIL", "REASON"])
            for item in items {
                table.add([
                    item.name, item.since.rfc3339, item.actor ?? "a rollback from \(item.suspect ?? "")", item.until,
                    item.reason,
                ])
            }
            table.write()
        }
    }

    struct Release: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Lift all holds of an environment; what waited for that begins by itself.",
            discussion: """
                Example: lastgood hold release checkout/prod-eu --reason 'the schema has moved'
                """)

        @Argument(
            help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
            completion: Completions.environments)
        var environment: String
        @Option(help: ArgumentHelp("Why; it is kept in the events.", valueName: "text")) var reason: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        struct Item: Fielded {
            var application: String
            var environment: String
            var reason: String

            enum CodingKeys: CodingKey, CaseIterable { case application, environment, reason }
        }

        func run() async throws {
            let session = try common.session()
            let address = try session.environment(environment).address
            try ReasonRule.check(reason)
            try session.ledger.makeReady([address])
            guard try session.state(address).isHeld else {
                throw Failure(
                    .failed, "\(address) is not held", mend: "`lastgood gate \(address)` says what closes its gate")
            }
            try session.ledger.append(
                .holdLifted(reason: reason, which: .all), to: .environment(address), actor: userName(), at: .now)
            let item = Item(application: address.application, environment: address.environment, reason: reason)
            if try output.write("hold", item: item, name: { "\($0.application)/\($0.environment)" }) { return }
            print("\(address) is not held any more")
        }
    }
}
