import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model

/// Options that all commands share.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file())
    var config: String?

    func session() throws -> Session { try Session(named: config) }
}

/// Chooses environments.
struct SelectorOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Environments, by glob: 'checkout/*', '*/prod-*'.", valueName: "selector"),
        completion: Completions.environments)
    var selector: String = "*"

    @Option(
        name: .long, help: ArgumentHelp("Only environments of this stage.", valueName: "name"),
        completion: Completions.stages)
    var stage: String?

    var value: Selector { Selector(pattern: selector, stage: stage) }
}

/// A configuration and its ledger, as one command uses them.
struct Session {
    let configuration: Configuration
    let ledger: SQLiteLedger
    let freezes: FreezeBook

    /// Says so where there was no ledger: “nothing deployed” means something else then.
    init(named path: String?) throws {
        let variables = ProcessInfo.processInfo.environment
        let found = try Configuration.find(named: path, variables: variables)
        let configuration = try Configuration.load(found, variables: variables)
        let isNew = !FileManager.default.fileExists(atPath: configuration.ledger)
        // Whoever asks a new ledger whether a gate is open hears that it is: holds and suspects are in the other one.
        if isNew, let (address, objection) = configuration.objections(to: nil).first {
            throw Failure(
                .failed, "the ledger \(configuration.ledger) is not there, and \(address) is known to another one",
                mend: objection)
        }
        try self.init(configuration: configuration, readsWithoutRoom: true)
        // A script reads there one object, and only where something failed.
        if isNew, !Arguments.wantJSON(Arguments.given) {
            writeError("lastgood: the ledger \(ledger.path) is new, and nothing is known yet")
        }
    }

    /// - Parameters:
    ///   - readsWithoutRoom: whether what is known is told also where the disk is full.
    ///   - tell: is told what is to be said of the ledger's files.
    init(
        configuration: Configuration, readsWithoutRoom: Bool = false,
        tell: (String) -> Void = { writeError("lastgood: \($0)") }
    ) throws {
        self.configuration = configuration
        freezes = FreezeBook(configuration.freezes)
        ledger = try SQLiteLedger(
            path: configuration.ledger, access: configuration.ledgerAccess, readsWithoutRoom: readsWithoutRoom)
        for note in ledger.notes { tell(note) }
    }

    /// The environments that a selector chooses.
    /// - Throws: where it chooses none.
    func environments(_ selector: Selector) throws -> [Configuration.Environment] {
        let chosen = configuration.environments(selector)
        guard chosen.isEmpty else { return chosen }
        var seen: Set<String> = []
        let stages = configuration.environments.map(\.policy.stage).filter { seen.insert($0).inserted }
        if let stage = selector.stage, !stages.contains(stage) {
            throw Failure(.usage, "there is no environment of stage \(stage)", meant: stage, among: stages)
        }
        let all = configuration.environments.map(\.address.description)
        let stage = selector.stage.map { " of stage \($0)" } ?? ""
        throw Failure(
            .usage, "no environment\(stage) matches “\(selector.pattern)”", meant: selector.pattern, among: all)
    }

    func environment(_ name: String) throws -> Configuration.Environment {
        let found = try environments(Selector(pattern: name))
        guard found.count == 1 else {
            throw Failure(.usage, "“\(name)” matches \(found.count) environments", mend: "name one of them")
        }
        return found[0]
    }

    func state(_ address: EnvironmentAddress) throws -> EnvironmentState {
        try ledger.environment(address) ?? EnvironmentState(address: address)
    }

    /// The states of several environments at once: where some are still being brought up to date, that costs no more
    /// for many than for one.
    func states(_ chosen: [Configuration.Environment]) throws -> [(Configuration.Environment, EnvironmentState)] {
        let fleet = chosen.count > 1 ? try ledger.fleet() : nil
        return try chosen.map { environment in
            guard let fleet else { return (environment, try state(environment.address)) }
            return (
                environment, fleet.environment(environment.address) ?? EnvironmentState(address: environment.address)
            )
        }
    }

    /// The freezes that are in force in an environment, those set by hand last.
    /// - Parameter placed: those set by hand.
    func frozen(_ address: EnvironmentAddress, at now: Timestamp = .now, and placed: PlacedFreezes) -> [FreezeInForce] {
        freezes.inForce(in: address, at: now) + placed.inForce(in: address, at: now)
    }

    /// What an environment's gate looks at elsewhere.
    func surroundings(_ environment: Configuration.Environment) throws -> GateSurroundings {
        try environment.policy.neighbours.surroundings(environment.policy.gates, ledger.environment)
    }

    /// The traffic that a deployment waits for in an environment; `nil` where it waits for none.
    func traffic(
        _ environment: Configuration.Environment, _ state: EnvironmentState, _ samples: SampleStore?,
        now: Timestamp = .now
    ) -> TrafficWait? {
        TrafficWait(environment.policy, state, now: now) { name in
            let since = now - AlarmReading.freshFor
            return (try? samples?.series(of: state.address, since: since, named: [name])[name]) ?? []
        }
    }

    func release(_ version: String, of application: String) throws -> RegisteredRelease {
        guard configuration.applications.contains(where: { $0.name == application }) else {
            throw Failure(
                .usage, "there is no application “\(application)”", meant: application,
                among: configuration.applications.map(\.name))
        }
        if let found = try ledger.release(version, of: application) { return found }
        let known = try ledger.releases(of: application, limit: 100).map(\.release.version)
        let message = "\(application) has no release “\(version)”"
        guard !known.isEmpty else {
            throw Failure(.usage, message, mend: "register it with `lastgood register \(application) \(version) …`")
        }
        throw Failure(.usage, message, meant: version, among: known)
    }

    /// Whether some process acts for this ledger now.
    func isLed() throws -> Bool {
        try ledger.currentLease()?.isHeld(at: .now, isGone: { $0.isGone }) ?? false
    }

    /// Whether some process acts for this ledger, or takes over in a moment: between one that gives the lease back and the
    /// next that looks for it there is a third of a second, in which nobody is to hear that nobody acts.
    func isLedOrSoon() throws -> Bool {
        for _ in 0..<Self.looksForALeader {
            if try isLed() { return true }
            // Where nothing was written just now, nobody has given it back just now.
            guard ledger.wasWritten(within: .seconds(2)) else { return false }
            usleep(100_000)
        }
        return try isLed()
    }

    /// As long as whoever stands by takes to look twice.
    private static let looksForALeader = 7

    func controller() throws -> Controller {
        try Controller(
            ledger: ledger, samples: try? SampleStore(besideLedger: ledger.path), configuration: configuration,
            describe: JSON.notice)
    }

    /// Has a process in the background do what is under way, and end then.
    /// - Returns: its number.
    func handOver() throws -> Int32 { try startInBackground(["serve", "--until-idle"]) }

    private func startInBackground(_ arguments: [String]) throws -> Int32 {
        let path = URL(fileURLWithPath: configuration.path).standardizedFileURL.path
        return try Background.start(
            arguments + ["--config", path], log: "\(configuration.ledger).log")
    }
}
