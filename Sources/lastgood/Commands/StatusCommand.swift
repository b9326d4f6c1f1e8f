import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct StatusCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show environments: live release, instances, deployment, alarms, gate.",
        discussion: """
            Examples: lastgood status 'checkout/*'; lastgood status --stage prod --output json; \
            lastgood status --watch; lastgood status --fields environment,liveRelease,gate.state
            """)

    @Flag(help: "Also environments that are dormant: no configuration of whoever acts has them.") var all = false
    @Flag(name: [.long, .short], help: "Go on, and show it again when it changes.") var watch = false
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { StatusItem.self }

    func run() async throws {
        let session = try common.session()
        if watch { return try await follow(session) }
        let items = try items(session)
        if try !output.write("status", items: items, name: \.name) {
            print(table(items), terminator: "")
            let unready = items.count { $0.setApart.map { $0.event == nil } ?? false }
            if unready > 0 { writeError("\(unready) of \(items.count) environments are being brought up to date") }
            for warning in Set(items.flatMap { $0.gate.warnings ?? [] }).sorted() { writeError("lastgood: \(warning)") }
            if try !session.isLedOrSoon() { writeError(Self.nobodyActs) }
            if let warning = try session.ledger.fullDisk() { writeError("lastgood: \(warning)") }
        }
        try complain(items)
    }

    /// Whatever else is shown: nobody acts for an environment that is set apart.
    private func complain(_ items: [StatusItem]) throws {
        guard let faulty = items.first(where: { $0.setApart?.event != nil }), let apart = faulty.setApart else {
            return
        }
        let error = LedgerError.setApart(
            EnvironmentAddress(application: faulty.application, environment: faulty.environment),
            SetApart(event: apart.event, reason: apart.reason))
        throw Failure(.failed, error.description, mend: error.mend)
    }

    private static let nobodyActs = "no lastgood process acts here now: what is shown is the last that was known"

    private func items(_ session: Session) throws -> [StatusItem] {
        let samples = try? SampleStore(besideLedger: session.configuration.ledger)
        let now = Timestamp.now
        let dormant = all ? try dormant(session) : []
        let chosen =
            dormant.isEmpty
            ? try session.environments(selection.value) : session.configuration.environments(selection.value)
        let placed = try session.ledger.freezes()
        let items = try session.states(chosen).map { environment, state in
            StatusItem(
                state, environment.policy, try session.ledger.application(environment.address.application),
                alarms: session.alarms(state, samples, now: now),
                frozen: session.frozen(state.address, at: now, and: placed),
                warnings: session.freezes.problems(in: state.address),
                surroundings: try session.surroundings(environment),
                traffic: session.traffic(environment, state, samples, now: now))
        }
        return try items
            + dormant.map { state in
                StatusItem(
                    state, EnvironmentPolicy(stage: state.stage, instances: state.instances.count),
                    try session.ledger.application(state.address.application),
                    alarms: session.alarms(state, samples, now: now),
                    frozen: session.frozen(state.address, at: now, and: placed),
                    warnings: session.freezes.problems(in: state.address))
            }
    }

    /// The table, and what it has no room for.
    private func table(_ items: [StatusItem]) -> String {
        let wide = ["BACK TO", "LIVE SINCE", "DEPLOYMENT", "HOLD"]
        var table = Table(
            ["ENVIRONMENT", "STAGE", "LIVE", "FOR", "LAST GOOD", "INSTANCES", "STATE", "GATE"]
                + (output.isWide ? wide : []))
        for item in items { table.add(item.row + (output.isWide ? item.wideRow : [])) }
        return items.compactMap(\.remark).reduce(table.text) { $0 + visible($1) + "\n" }
    }

    // MARK: watching

    /// Prints again what has changed: on a terminal in place, elsewhere a block, or a line of JSON, a change.
    private func follow(_ session: Session) async throws {
        let isTerminal = isatty(STDOUT_FILENO) == 1 && output.isForPeople
        var shown: [String: String] = [:]
        var lastText = ""
        while true {
            let items = try items(session)
            if output.isForPeople {
                var text = table(items)
                if try !session.isLed() { text += Self.nobodyActs + "\n" }
                if let warning = try session.ledger.fullDisk() { text += warning + "\n" }
                if isTerminal {
                    print(Redrawing.frame(text, Redrawing.size), terminator: "")
                } else if text != lastText {
                    print((lastText.isEmpty ? "" : "\n") + text, terminator: "")
                }
                lastText = text
            } else {
                for item in items {
                    let line = try JSON.line(item)
                    guard shown.updateValue(line, forKey: item.name) != line else { continue }
                    _ = try output.writeLine(item, name: \.name)
                }
            }
            try StandardOutput.check()
            try await Task.sleep(for: isTerminal ? .seconds(1) : .milliseconds(200))
        }
    }

    /// What is known of environments that this configuration does not have either.
    private func dormant(_ session: Session) throws -> [EnvironmentState] {
        let fleet = try session.ledger.fleet()
        return fleet.dormant.values.filter { state in
            session.configuration.environment(state.address) == nil
                && selection.value.matches(state.address, stage: state.stage)
        }.sorted { $0.address < $1.address }
    }
}
