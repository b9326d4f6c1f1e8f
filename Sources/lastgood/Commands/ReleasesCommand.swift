import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model

struct ReleasesCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "releases", abstract: "Show which release is where, and how it did there; newest first.",
        discussion: """
            A column an environment; where there are more than \(mostColumns), and with --output wide, a release lists \
            them by how it does there.

            Examples: lastgood releases checkout; lastgood releases checkout --output json
            """)

    @Argument(help: ArgumentHelp("The application.", valueName: "app"), completion: Completions.applications)
    var application: String
    @Option(help: ArgumentHelp("How many releases at the most.", valueName: "count")) var limit = 30
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    /// More of them do not fit on a line.
    static let mostColumns = 6

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var application: String
        var release: String
        var revision: String?
        var registeredAt: Timestamp?
        /// What is said of it in all environments.
        var mark: StateWord?
        var reason: String?
        /// Those in which something is known of it.
        var environments: [Place]

        enum CodingKeys: CodingKey, CaseIterable {
            case application, release, revision, registeredAt, mark, reason, environments
        }
        static var parts: [CodingKeys: any Fielded.Type] { [.environments: Place.self] }
    }

    struct Place: Fielded {
        var environment: String
        var state: StateWord
        /// How far it is, or which alarm.
        var detail: String?
        var isLive: Bool
        var isBackTo: Bool
        var isLastGood: Bool

        enum CodingKeys: CodingKey, CaseIterable {
            case environment, state, detail, isLive, isBackTo, isLastGood
        }
    }

    /// A release and what is known of it in each environment.
    private struct Row {
        var item: Item
        var fates: [ReleaseFate?]

        var head: [String] { [item.release, item.registeredAt?.rfc3339 ?? "–"] }
        var said: String { item.mark.map { "\($0)" + (item.reason.map { ": \($0)" } ?? "") } ?? "" }
    }

    func run() async throws {
        guard limit > 0 else { throw Failure(.usage, "--limit is \(limit)", mend: "give a number above 0") }
        let session = try common.session()
        guard session.configuration.applications.contains(where: { $0.name == application }) else {
            throw Failure(
                .usage, "there is no application “\(application)”", meant: application,
                among: session.configuration.applications.map(\.name))
        }
        let environments = session.configuration.environments.filter { $0.address.application == application }
        let states = try session.states(environments)
        let rows = try rows(session, states)
        if try output.write("releases", items: rows.map(\.item), name: \.release) { return }
        guard !rows.isEmpty else {
            return print("no release of \(application) is registered; a pipeline does that with `lastgood register`")
        }
        if output.isWide || environments.count > Self.mostColumns {
            writeByState(rows, environments.map(\.address.environment))
        } else {
            writeByEnvironment(rows, environments.map(\.address.environment))
        }
    }

    private func rows(
        _ session: Session, _ states: [(environment: Configuration.Environment, state: EnvironmentState)]
    ) throws -> [Row] {
        let known = try session.ledger.application(application)
        let failures = try session.ledger.failures(of: application)
        let now = Timestamp.now
        return try session.ledger.releases(of: application, limit: limit).map { registered in
            let version = registered.release.version
            let fates = states.map { environment, state in
                ReleaseFate(
                    of: version, in: state, application: known, attempt: failures[state.address]?[version],
                    policy: environment.policy, now: now)
            }
            let places = zip(states, fates).compactMap { place, fate in
                fate.map { fate in
                    Place(
                        environment: place.state.address.environment, state: fate.state,
                        detail: fate.detail.isEmpty ? nil : fate.detail, isLive: place.state.liveRelease == version,
                        isBackTo: place.state.backTo(known)?.version == version,
                        isLastGood: place.state.lastGood(known)?.version == version)
                }
            }
            let (mark, reason) = known.verdict(on: version)
            let item = Item(
                application: application, release: version, revision: registered.release.revision,
                registeredAt: registered.registeredAt, mark: mark, reason: reason, environments: places)
            return Row(item: item, fates: fates)
        }
    }

    private func writeByEnvironment(_ rows: [Row], _ names: [String]) {
        var table = Table(["RELEASE", "REGISTERED"] + names.map { $0.uppercased() } + ["SAID OF IT"])
        for row in rows {
            table.add(row.head + row.fates.map { $0?.text ?? "–" } + [row.said])
        }
        table.write()
    }

    private func writeByState(_ rows: [Row], _ names: [String]) {
        var table = Table(["RELEASE", "REGISTERED", "WHERE", "SAID OF IT"])
        for row in rows {
            var order: [String] = []
            var places: [String: [String]] = [:]
            for (name, fate) in zip(names, row.fates).sorted(by: { ($0.1?.rank ?? 9) < ($1.1?.rank ?? 9) }) {
                guard let text = fate?.text else { continue }
                if places[text] == nil { order.append(text) }
                places[text, default: []].append(name)
            }
            let most = output.isWide ? Int.max : 3
            let words = order.map { text -> String in
                let all = places[text] ?? []
                let rest = all.count - most
                return "\(text): \(all.prefix(most).joined(separator: ", "))" + (rest > 0 ? " and \(rest) more" : "")
            }
            table.add(row.head + [words.isEmpty ? "–" : words.joined(separator: "; "), row.said])
        }
        table.write()
    }
}

extension ApplicationState {
    /// What is said of a release wherever it runs, and why.
    fileprivate func verdict(on version: String) -> (StateWord?, String?) {
        if let reason = bad[version] { return (.markedBad, reason) }
        if let suspicion = suspects[version] { return (.suspect, suspicion.reason) }
        return (good[version] == nil ? nil : .good, nil)
    }
}
