import Decisions
import Model

/// What has to be read for an explanation beside the state of the fleet.
public struct ExplanationBackground: Equatable, Sendable {
    /// When freezes next open or close the gate; `nil` where none is known.
    public var nextFreezeChange: Timestamp?
    /// Which releases may have brought the worst alarm; `nil` where nobody has looked.
    public var ranking: SuspectRanking?
    /// What else changed before that alarm; `nil` where nobody has looked.
    public var otherChanges: OtherChanges?
    /// How long rollbacks took here, the newest first.
    public var rollbackTimes: [Duration] = []

    public init() {}
}

/// What is known when one asks why things are as they are in an environment.
public struct ExplanationEvidence: Sendable {
    /// The environment, with its alarms as they are read now.
    public var environment: EnvironmentState
    public var application: ApplicationState
    /// `nil` where the configuration does not have the environment.
    public var policy: EnvironmentPolicy?
    /// The freezes that are in force now.
    public var freezes: [FreezeInForce] = []
    public var surroundings = GateSurroundings()
    /// The traffic that a deployment waits for; `nil` where it waits for none.
    public var traffic: TrafficWait?
    /// Other environments that have the same release or the same alarm.
    public var kin: [Kin] = []
    public var background = ExplanationBackground()
    /// Whether some process acts for it; `nil` where that is not known.
    public var isActedFor: Bool?
    public var now: Timestamp

    public init(
        environment: EnvironmentState, application: ApplicationState, policy: EnvironmentPolicy?, now: Timestamp
    ) {
        (self.environment, self.application, self.policy, self.now) = (environment, application, policy, now)
    }

    /// All the times that may be told of.
    public var span: ClosedRange<Timestamp> {
        let state = environment
        let past =
            [
                state.liveSince, state.hold?.since, state.handHold?.since, state.deployment?.requestedAt,
                state.flag?.since,
            ]
            .compactMap(\.self) + state.tenures.all.compactMap(\.provenAt) + state.alarmsOn.map(\.since)
            + application.suspects.values.map(\.since)
        let ahead =
            [state.activeDeployment?.bake?.latestEnd, background.nextFreezeChange, state.keepOldUntil].compactMap(
                \.self)
            + freezes.map(\.until)
        return min(now, past.min() ?? now)...max(now, ahead.max() ?? now)
    }
}

/// Why things are as they are in an environment, and what happens next, in sentences.
///
/// The screen and `lastgood explain` say the same once its background is read; neither decides anything.
public struct Explanation: Equatable, Sendable {
    /// What a sentence is about, in the order in which they are told.
    public enum Kind: String, Sendable, CaseIterable {
        /// Nobody acts, or nobody may.
        case acting
        case live
        case deployment
        case alarm
        case problem
        case flag
        /// What somebody else has made of the front.
        case front
        case gate
        case hold
        case suspect
        /// What else changed before the alarm.
        case otherChange
        /// Where a rollback would go now.
        case backTo
        /// What happens next, and when.
        case next

        /// What it is called beside its sentences.
        public var title: String {
            switch self {
            case .acting: "acting"
            case .live: "live"
            case .deployment: "deployment"
            case .alarm: "alarms"
            case .problem: "problem"
            case .flag: "flag"
            case .front: "front"
            case .gate: "gate"
            case .hold: "hold"
            case .suspect: "suspects"
            case .otherChange: "changed too"
            case .backTo: "back to"
            case .next: "next"
            }
        }
    }

    /// One sentence.
    public struct Line: Equatable, Sendable {
        public var kind: Kind
        public var text: String
        /// When it ends or changes by itself; `nil` where nobody knows.
        public var until: Timestamp?
        /// Whether somebody must look.
        public var isTrouble: Bool
    }

    public let address: EnvironmentAddress
    /// In the order of ``Kind``; each kind may have several or none.
    public private(set) var lines: [Line] = []

    /// - Parameter clock: writes times for the reader.
    public init(_ evidence: ExplanationEvidence, _ clock: ReportClock) {
        address = evidence.environment.address
        let writer = ExplanationWriter(evidence: evidence, clock: clock)
        for kind in Kind.allCases { lines += writer.lines(kind) }
    }
}

/// Writes the sentences of one kind after the other.
struct ExplanationWriter {
    let evidence: ExplanationEvidence
    let clock: ReportClock

    var state: EnvironmentState { evidence.environment }
    var policy: EnvironmentPolicy? { evidence.policy }
    var now: Timestamp { evidence.now }

    func lines(_ kind: Explanation.Kind) -> [Explanation.Line] {
        switch kind {
        case .acting: acting
        case .live: live
        case .deployment: deployment
        case .alarm: alarms
        case .problem: problem
        case .flag: flag
        case .front: front
        case .gate: gate
        case .hold: hold
        case .suspect: suspects
        case .otherChange: otherChanges
        case .backTo: backTo
        case .next: next
        }
    }

    func line(
        _ kind: Explanation.Kind, _ text: String, until: Timestamp? = nil, isTrouble: Bool = false
    ) -> Explanation.Line {
        Explanation.Line(kind: kind, text: text, until: until, isTrouble: isTrouble)
    }

    /// `since 14:02:51 (13:02:51 UTC), 23 m`.
    func since(_ time: Timestamp) -> String { "since \(clock.both(time)), \(age(time))" }

    /// How long ago; `just now` also where clocks say that it is yet to come.
    func age(_ time: Timestamp) -> String {
        now - time < .seconds(1) ? "just now" : (now - time).wholeSeconds.inWords
    }

    /// `in 11 m, at 14:17:00`; `now` where it is over.
    func ahead(_ time: Timestamp) -> String {
        time <= now ? "now" : "in \(max(time - now, .seconds(1)).wholeSeconds.inWords), at \(clock.both(time))"
    }

    // MARK: what is short to say

    private var acting: [Explanation.Line] {
        var result: [Explanation.Line] = []
        if let apart = state.setApart {
            result.append(line(.acting, "it is set apart, and nothing is done in it: \(apart)", isTrouble: true))
        }
        if let place = state.leftOutBy {
            result.append(line(.acting, "it is dormant: \(place) does not have it", isTrouble: true))
        }
        if evidence.isActedFor == false {
            result.append(
                line(
                    .acting,
                    "no lastgood process acts here now: what follows is the last that was known, and nothing "
                        + "happens by itself until a dashboard or `lastgood serve` runs", isTrouble: true))
        }
        return result
    }

    private var problem: [Explanation.Line] { state.problem.map { [line(.problem, $0, isTrouble: true)] } ?? [] }

    private var flag: [Explanation.Line] {
        guard let flag = state.flag else { return [] }
        let setting = flag.setting
        let acts = state.flagTakenBack?.previous.map { ": \(setting.release) acts as \($0)" } ?? ""
        var result = [
            line(
                .flag,
                "flag \(setting.flag.flag) is \(setting.side.rawValue), at \(setting.variant), \(since(flag.since))\(acts)"
            )
        ]
        if let drift = flag.driftInWords { result.append(line(.flag, drift, isTrouble: true)) }
        return result
    }

    private var front: [Explanation.Line] {
        guard let drift = state.frontDrift else { return [] }
        // The problem says so already, where nothing came after it.
        let found = state.problem == drift.inWords ? [] : [line(.front, drift.inWords, isTrouble: true)]
        let what =
            drift.movesTraffic
            ? "it is left so: forward deployments wait until it is set right, and a rollback sets it right"
            : "it is left so, and keeps nothing from being deployed"
        return found + [line(.front, what)]
    }

    private var live: [Explanation.Line] {
        guard let release = state.liveRelease else { return [line(.live, "nothing was ever deployed here")] }
        let from = [state.liveSince.map(since), state.liveDeployment.map { "by deployment #\($0)" }].compactMap(\.self)
        var result = [line(.live, "\(release) is live \(from.joined(separator: ", ")); \(standing(release))")]
        guard let policy else { return result }
        let serving = state.instances.count(where: \.isAvailable)
        let text = "\(serving) of \(counted(policy.instances, "instance")) \(serving == 1 ? "serves" : "serve")"
        result.append(line(.live, text, isTrouble: serving < policy.instances && state.activeDeployment == nil))
        return result
    }

    /// What is to be thought of a release here, behind its name.
    private func standing(_ release: String) -> String {
        let tenure = state.tenures[release]
        switch state.standing(of: release, evidence.application) {
        case .good: return tenure?.provenAt.map { "good here since \(clock.both($0))" } ?? "marked good"
        case .leftByHand: return "somebody has left it by hand before"
        case .inQuestion(let alarms):
            return "in question since \(alarms.joined(separator: ", ")) went on, until that has been off for a bake"
        case .suspect(let suspicion, _): return "suspect: \(suspicion.reason)"
        case .bad(let reason): return "marked bad: \(reason)"
        case .unproven, .strange: return "it has not finished a bake here"
        }
    }
}
