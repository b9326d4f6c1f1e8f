import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct DrillCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "drill", abstract: "Play an incident against an environment's policy and past, and touch nothing.",
        discussion: """
            A deployment is imagined, something goes wrong with it at a moment that you choose, and the decisions that \
            act in earnest act on a copy of the environment's state: what would be decided and after how long, to which \
            release it would go back and by which way, and how long that takes, reckoned with this environment's past \
            where that is known. Nothing is written to the ledger, and no target is touched.

            Ends with 0 where it would have been rolled back, and with 1 where not, with the reason.

            Examples: lastgood drill checkout/prod-eu
                      lastgood drill checkout/prod-eu --alarm slow --at rollout
                      lastgood drill checkout/prod-eu --fault never-healthy --release 1.9.0
                      lastgood drill checkout/prod-eu --alarm faults --at +20m
            """)

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @Option(
        help: ArgumentHelp("This alarm goes on; the first of high severity where nothing is said.", valueName: "name"),
        completion: Completions.alarms)
    var alarm: String?
    @Option(
        help: ArgumentHelp(
            "This goes wrong instead: \(DrillFault.named.map(\.name).joined(separator: ", ")).", valueName: "fault"),
        completion: .list(DrillFault.named.map(\.name)))
    var fault: String?
    @Option(
        help: ArgumentHelp(
            "When: rollout (its first instance serves), bake (its bake begins), or so long after it was asked for, such as +20m.",
            valueName: "moment"), completion: .list(["rollout", "bake"]))
    var at: String?
    @Option(
        help: ArgumentHelp("This release is deployed; an imagined one, newer than all, where none is named."),
        completion: Completions.releases)
    var release: String?
    @Flag(help: "Go on where the gate is closed, as with an override.") var pastGate = false
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { DrillItem.self }

    func run() async throws {
        let session = try common.session()
        let place = try session.environment(environment)
        let fault = try wantedFault(place.policy)
        let drill = try session.drill(
            place, release: try release.map { try session.release($0, of: place.address.application) }, fault: fault,
            moment: try wantedMoment(fault), isPastGate: pastGate)
        let outcome = drill.play()
        let past = try session.ledger.rollbackTimes(place.address)
        let item = DrillItem(outcome, past)
        if try !output.write("drill", item: item, name: { "\($0.application)/\($0.environment)" }) {
            for line in outcome.text(past) { print(visible(Secrets.hiding(in: line))) }
        }
        guard let reason = outcome.verdict.reason else { return }
        throw Failure(
            .failed, "\(place.address) would not have been rolled back: \(reason)", mend: mend(outcome.verdict))
    }

    private func wantedFault(_ policy: EnvironmentPolicy) throws -> DrillFault {
        if let fault {
            guard alarm == nil else { throw Failure(.usage, "--alarm and --fault together", mend: "give one of them") }
            guard let found = DrillFault.named.first(where: { $0.name == fault }) else {
                throw Failure(
                    .usage, "there is no fault “\(fault)”", meant: fault, among: DrillFault.named.map(\.name))
            }
            return found.fault
        }
        let names = policy.alarms.map(\.name)
        guard let alarm else {
            let high = policy.highSeverity?.names ?? []
            return (names.first(where: high.contains) ?? names.first).map { .alarm($0) } ?? .neverHealthy
        }
        guard names.contains(alarm) else {
            throw Failure(.usage, "\(environment) has no alarm “\(alarm)”", meant: alarm, among: names)
        }
        return .alarm(alarm)
    }

    private func wantedMoment(_ fault: DrillFault) throws -> DrillMoment {
        guard let at else { return fault.isFromTheStart ? .rollout : .bake }
        if fault.isFromTheStart, at != "rollout" {
            throw Failure(
                .usage, "--at \(at) with --fault \(self.fault ?? "")",
                mend: "it is there from the start: leave --at out")
        }
        switch at {
        case "rollout": return .rollout
        case "bake": return .bake
        default:
            guard at.hasPrefix("+"), let length = Duration(written: String(at.dropFirst())) else {
                throw Failure(.usage, "--at is “\(at)”", mend: "give rollout, bake, or a length of time such as +20m")
            }
            return .after(length)
        }
    }

    private func mend(_ verdict: DrillOutcome.Verdict) -> String {
        switch verdict {
        case .blocked: "nothing was touched; --past-gate plays it as with an override"
        case .rolledBack, .rollbackFailed, .stayed, .impossible: "nothing was touched; this was a drill"
        }
    }
}

/// A drill as scripts see it; all lengths are in seconds.
struct DrillItem: Fielded {
    struct Step: Fielded {
        /// Since the deployment was asked for.
        var after: Double
        var text: String

        enum CodingKeys: CodingKey, CaseIterable { case after, text }
    }
    struct Time: Fielded {
        var part: String
        var seconds: Double
        /// How many times it was measured; 0 where it is assumed.
        var measured: Int

        enum CodingKeys: CodingKey, CaseIterable { case part, seconds, measured }
    }
    struct Past: Fielded {
        var rollbacks: Int
        var median: Double

        enum CodingKeys: CodingKey, CaseIterable { case rollbacks, median }
    }

    var application: String
    var environment: String
    /// Absent where the release was only imagined.
    var release: String?
    var fault: String
    var at: String
    var verdict: String
    var isRolledBack: Bool
    /// Why it was not rolled back; absent where it was.
    var reason: String?
    var to: String?
    /// flag, flip or exchange, and why that way.
    var means: String?
    var how: String?
    /// What was said as the rollback was decided.
    var decision: String?
    /// From when it went wrong until that was decided.
    var timeToDecide: Double?
    /// From the decision until users are back, and until the rollback is over.
    var timeToSafety: Double?
    var timeToEnd: Double?
    /// What closes the gate; absent where nothing does.
    var gate: [StatusItem.ReasonItem]?
    var steps: [Step]
    /// What it was reckoned with.
    var times: [Time]
    /// How long rollbacks here took; absent where there were none.
    var past: Past?
    var remarks: [String]?

    enum CodingKeys: CodingKey, CaseIterable {
        case application, environment, release, fault, at, verdict, isRolledBack, reason, to, means, how, decision,
            timeToDecide, timeToSafety, timeToEnd, gate, steps, times, past, remarks
    }
    static var parts: [CodingKeys: any Fielded.Type] {
        [.gate: StatusItem.ReasonItem.self, .steps: Step.self, .times: Time.self, .past: Past.self]
    }

    /// - Parameter past: how long rollbacks took here.
    init(_ outcome: DrillOutcome, _ past: [Duration]) {
        (application, environment) = (outcome.address.application, outcome.address.environment)
        release = outcome.isImagined ? nil : outcome.release
        (fault, at) = (outcome.fault.inWords, outcome.moment.inWords)
        (verdict, isRolledBack, reason) = (outcome.verdict.word, outcome.isRolledBack, outcome.verdict.reason)
        (to, means, how, decision) = (outcome.to, outcome.way?.means.rawValue, outcome.way?.sentence, outcome.reason)
        timeToDecide = outcome.timeToDecide?.inSeconds
        timeToSafety = outcome.timeToSafety?.inSeconds
        timeToEnd = outcome.timeToEnd?.inSeconds
        if case .blocked(let reasons) = outcome.verdict { gate = reasons.map { StatusItem.ReasonItem($0) } }
        steps = outcome.steps.map { Step(after: $0.after.inSeconds, text: $0.text) }
        times = outcome.parts.map { part in
            Time(
                part: part.rawValue, seconds: outcome.times[part].duration.inSeconds,
                measured: outcome.times[part].measured)
        }
        self.past = Duration.median(past).map { Past(rollbacks: past.count, median: $0.inSeconds) }
        remarks = outcome.remarks.isEmpty ? nil : outcome.remarks
    }
}

extension DrillOutcome {
    /// It in lines, for people.
    func text(_ past: [Duration]) -> [String] {
        let what = isImagined ? "a new release" : release
        let moment = fault.isFromTheStart ? "" : " \(self.moment.inWords)"
        var lines = ["drill of \(address): \(what) is deployed, and \(fault.inWords)\(moment)"]
        let width = steps.map { $0.after.inWords.count }.max() ?? 0
        lines += steps.map { step in
            let time = step.after.inWords
            return "  +\(time)\(String(repeating: " ", count: width - time.count))  \(step.text)"
        }
        if isRolledBack, let to { lines.append("it is rolled back to \(to): \(lengths)") }
        if let way { lines.append("by: \(way.sentence ?? way.inWords)") }
        if !parts.isEmpty { lines.append("reckoned with: " + parts.map(words).joined(separator: "; ")) }
        if let median = Duration.median(past) {
            lines.append("rollbacks here took \(median.inWords) (median of \(past.count))")
        }
        return lines + remarks + ["nothing was touched: no target, and not the ledger"]
    }

    private var lengths: String {
        [
            timeToDecide.map { "decided \($0.inWords) at the latest after it went wrong" },
            timeToSafety.map { "users are back \($0.inWords) later" },
            timeToEnd.map { "and all is over \($0.inWords) after the decision" },
        ].compactMap(\.self).joined(separator: ", ")
    }

    private func words(_ part: DrillTimes.Part) -> String {
        let length = times[part]
        let source = length.measured == 0 ? "assumed" : "measured, \(counted(length.measured, "time"))"
        return "\(part.inWords) in \(length.duration.inWords) (\(source))"
    }
}
