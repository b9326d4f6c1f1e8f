import ArgumentParser
import Calendars
import Controller
import Foundation
import Ledger
import Model
import YAML

extension FreezeCommand {
    struct Add: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Freeze environments by hand: nothing new is deployed there, rollbacks pass.",
            discussion: """
                It counts for environments that come later, too. What waits begins by itself when it is over or taken \
                away. Times are by the clocks of your zone (TZ) unless they say: \(TypedMoment.forms).

                Examples: lastgood freeze add sales --environments '*/prod-*' --until '2026-12-01 08:00' \
                --reason 'Black Friday'; lastgood freeze add move --environments 'checkout/*' --until 2h --reason \
                'the database moves'
                """)

        @Argument(help: ArgumentHelp("What people call it.", valueName: "name")) var name: String
        @Option(
            help: ArgumentHelp("Environments, by glob: 'checkout/*', '*/prod-*'.", valueName: "glob"),
            completion: Completions.environments)
        var environments: String
        @Option(help: ArgumentHelp("When it ends, such as '2026-12-24 18:00', 18:00 or 3d.", valueName: "time"))
        var until: String
        @Option(help: ArgumentHelp("When it begins; at once where left out.", valueName: "time")) var from: String?
        @Option(help: ArgumentHelp("Why; everybody who is held up reads it.", valueName: "text")) var reason: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { List.Item.self }

        func run() async throws {
            let session = try common.session()
            let (now, zone) = (Timestamp.now, ZoneDatabase.ofUser())
            try checkNames(session)
            let start = try from.map { try moment($0, "--from", zone, now, isEnd: false) } ?? now
            let end = try moment(until, "--until", zone, now, isEnd: true)
            guard end > now, end > start else {
                throw Failure(
                    .usage, "the freeze would be over before it begins: it ends \(zone.written(end))",
                    mend: "let --until be after \(start > now ? "--from" : "now")")
            }
            let freeze = Freeze(
                name: name, environments: environments, from: start, until: end, zone: zone.name,
                untilInWords: zone.written(end), reason: reason)
            try session.ledger.append(.freezeAdded(freeze), to: .ledger, actor: userName(), at: now)
            let item = List.Item(
                name: name, title: name, environments: environments, from: start, until: end, zone: zone.name,
                inForce: start <= now, source: .hand, actor: userName(), reason: reason)
            if try output.write("freeze", item: item, name: \.name) { return }
            print(
                "\(environments) is frozen \(start > now ? "from \(zone.written(start)) " : "")until \(zone.written(end))"
            )
        }

        private func checkNames(_ session: Session) throws {
            guard !name.allSatisfy(\.isWhitespace) else {
                throw Failure(.usage, "the freeze has no name", mend: "give it one: people see it at the gate")
            }
            guard Secrets.hiding(in: name) == name else {
                throw Failure(
                    .usage, "a freeze cannot be called “\(Secrets.hiding(in: name))”: that looks like a secret",
                    mend: "give it another name")
            }
            try ReasonRule.check(reason)
            guard !session.freezes.rules.contains(where: { $0.name == name }) else {
                throw Failure(
                    .refused, "the configuration \(session.configuration.path) has a freeze “\(name)”",
                    mend: "give this one another name")
            }
            if let fault = NameRule.fault(inGlob: environments) {
                throw Failure(
                    .usage, "--environments “\(visible(environments))” \(fault.reason): it would freeze nothing",
                    mend: fault.mend)
            }
            let all = session.configuration.environments.map(\.address.description)
            if !all.contains(where: { globMatches(environments, $0) }) {
                let meant = nearest(environments, all).map { "; did you mean \($0)?" } ?? ""
                writeError(
                    "lastgood: no environment is called “\(visible(environments))” now: it counts for those to come\(meant)"
                )
                writeError(
                    "“lastgood freeze remove \(visible(name))” takes it away; `lastgood status` lists environments")
            }
        }

        private func moment(
            _ text: String, _ option: String, _ zone: Zone, _ now: Timestamp, isEnd: Bool
        ) throws -> Timestamp {
            guard let moment = TypedMoment.moment(text, zone: zone, now: now, isEnd: isEnd) else {
                throw Failure(.usage, "\(option) is “\(text)”", mend: "give \(TypedMoment.forms)")
            }
            return moment
        }
    }

    struct Remove: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Take a freeze away that was set by hand.",
            discussion: """
                What waited for it begins by itself, unless something else keeps the gate closed.

                Example: lastgood freeze remove sales --reason 'the sale ended early'
                """)

        @Argument(help: ArgumentHelp("The freeze.", valueName: "name"), completion: Completions.freezes)
        var name: String
        @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String?
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        struct Item: Fielded {
            var name: String
            var reason: String?

            enum CodingKeys: CodingKey, CaseIterable { case name, reason }
        }

        func run() async throws {
            let session = try common.session()
            let ahead = try session.ledger.freezes().ahead(of: .now).map(\.freeze.name)
            guard ahead.contains(name) else {
                guard !session.freezes.rules.contains(where: { $0.name == name }) else {
                    throw Failure(
                        .refused, "the freeze “\(name)” stands in the configuration \(session.configuration.path)",
                        mend: "take it out there; `lastgood deploy … --override REASON` goes past it once")
                }
                throw Failure(.usage, "no freeze “\(name)” was set by hand", meant: name, among: ahead)
            }
            try session.ledger.append(
                .freezeRemoved(name: name, reason: reason), to: .ledger, actor: userName(), at: .now)
            if try output.write("freeze", item: Item(name: name, reason: reason), name: \.name) { return }
            print("the freeze \(name) is taken away")
        }
    }
}
