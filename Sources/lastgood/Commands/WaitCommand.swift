import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Targets

/// What `wait` waits for.
enum Awaited: ExpressibleByArgument, Equatable, CustomStringConvertible {
    /// The live release is good.
    case good
    case live(String)
    /// No alarm is on, and none is without data.
    case noAlarm

    init?(argument: String) {
        switch argument {
        case "good": self = .good
        case "no-alarm": self = .noAlarm
        default:
            guard argument.hasPrefix("live="), argument.count > 5 else { return nil }
            self = .live(String(argument.dropFirst(5)))
        }
    }

    static let nobodyActs = "no lastgood process acts here now"

    static let allValueStrings = ["good", "live=RELEASE", "no-alarm"]

    var description: String {
        switch self {
        case .good: "good"
        case .live(let release): "live=\(release)"
        case .noAlarm: "no-alarm"
        }
    }

    /// As a sentence says it of an environment that is so, and of one that is not.
    var inWords: (isSo: String, isNotSo: String) {
        switch self {
        case .good: ("is good", "is not good")
        case .live(let release): ("runs \(release)", "does not run \(release)")
        case .noAlarm: ("is clear of alarms", "is not clear of alarms")
        }
    }

    /// Why it is not so yet; `nil` where it is.
    /// - Parameter isLed: whether somebody acts, and so looks at instances and alarms; what is known is old otherwise.
    func obstacle(
        _ state: EnvironmentState, _ application: ApplicationState, _ policy: EnvironmentPolicy, isLed: Bool
    ) -> String? {
        if let why = state.setApart { return "it is set apart: \(why)" }
        if let configuration = state.leftOutBy { return "nobody acts in it: \(configuration) does not have it" }
        if !isLed, self == .noAlarm, !policy.alarms.isEmpty {
            return "\(Self.nobodyActs), so that nobody looks at its alarms"
        }
        let ended = state.instances.filter { $0.stage == .running && $0.process?.isRunning == false }
        if !isLed, !ended.isEmpty {
            let slots = ended.map { "#\($0.slot)" }.joined(separator: ", ")
            return "\(Self.nobodyActs), and of its instances \(slots) ended"
        }
        let under = state.activeDeployment.map { "; \($0.release) is \($0.phase.inWords)" } ?? ""
        switch self {
        case .good:
            guard let live = state.liveRelease else { return "nothing is live\(under)" }
            if case .good = state.standing(of: live, application), state.activeDeployment == nil { return nil }
            return "\(live) is live and not good\(under)"
        case .live(let release):
            // Live everywhere: what is half rolled out may still be taken back.
            if state.liveRelease == release, state.activeDeployment?.phase != .rollingOut { return nil }
            return "\(state.liveRelease ?? "nothing") is live\(under)"
        case .noAlarm:
            let on = state.alarmsOn.map(\.label)
            if !on.isEmpty { return "in alarm: \(on.joined(separator: ", "))" }
            let unknown = policy.alarms.map(\.name).filter { state.alarmState($0) == .insufficientData }
            return unknown.isEmpty ? nil : "no data for \(unknown.joined(separator: ", "))"
        }
    }
}

struct WaitCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until an environment is as it should be.",
        discussion: """
            Ends with 0 once it is so, and with 1 where the time runs out. It only watches: somebody else acts. Where \
            nobody does, it waits for no-alarm, as nobody looks at the alarms, and while instances have ended; what else \
            was so when somebody last looked is taken for so, with a warning. An environment that is set apart, or that \
            whoever acts does not have, is none of it.

            Examples: lastgood wait checkout/prod-eu --for live=1.9.0 --timeout 10m; \
            lastgood wait checkout/beta --for good; lastgood wait checkout/prod-eu --for no-alarm
            """)

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "good: the live release has proved itself; live=RELEASE; no-alarm: none is on or without data.",
            valueName: "what"), completion: Completions.awaited)
    var awaited: Awaited
    @Option(help: ArgumentHelp("How long at the most, such as 10m; without end where it is left out.", valueName: "t"))
    var timeout: String?
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var application: String
        var environment: String
        var awaited: String
        var liveRelease: String?
        /// What makes it doubtful.
        var warning: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case application, environment, awaited, liveRelease, warning
        }
    }

    func run() async throws {
        let session = try common.session()
        let environment = try session.environment(environment)
        let address = environment.address
        if case .live(let release) = awaited { _ = try session.release(release, of: address.application) }
        let deadline = try timeout.map { ContinuousClock.now + (try duration($0, option: "--timeout")) }
        let changes = try session.ledger.changes()
        var version: Int64 = -1
        var obstacle: String?
        var looks = 0
        while true {
            let current = try changes.version()
            // That a process ends, whoever acts included, is not written anywhere.
            if current != version || looks % 10 == 0 {
                version = current
                let isLed = try session.isLed()
                let state = try session.state(address)
                let now = awaited.obstacle(
                    state, try session.ledger.application(address.application), environment.policy, isLed: isLed)
                guard let now else { return try done(address, state, isLed: isLed) }
                if now != obstacle, output.isForPeople {
                    writeError("\(address): waiting for \(awaited): \(now)")
                    if obstacle == nil, !isLed, !now.hasPrefix(Awaited.nobodyActs) { writeError(Awaited.nobodyActs) }
                }
                obstacle = now
            }
            looks += 1
            if let deadline, ContinuousClock.now >= deadline {
                throw Failure(
                    .failed, "\(address) \(awaited.inWords.isNotSo) after \(timeout ?? ""): \(obstacle ?? "")",
                    mend: "see `lastgood status \(address)` and `lastgood events \(address)`")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func done(_ address: EnvironmentAddress, _ state: EnvironmentState, isLed: Bool) throws {
        let warning = isLed ? nil : "\(Awaited.nobodyActs): that it \(awaited.inWords.isSo) is what was last known"
        let item = Item(
            application: address.application, environment: address.environment, awaited: "\(awaited)",
            liveRelease: state.liveRelease, warning: warning)
        if let warning, output.isForPeople { writeError("\(address): \(warning)") }
        if try output.write("wait", item: item, name: { "\($0.application)/\($0.environment)" }) { return }
        print("\(address) \(awaited.inWords.isSo)")
    }
}
