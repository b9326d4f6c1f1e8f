import Controller
import Decisions
import Foundation
import Ledger
import Model

/// An environment as `status` shows it.
struct StatusItem: Fielded {
    struct Instances: Fielded {
        var desired: Int
        var healthy: Int
        var total: Int

        enum CodingKeys: CodingKey, CaseIterable {
            case desired, healthy, total
        }
    }
    struct DeploymentItem: Fielded {
        var id: Int64
        var release: String
        var phase: Phase
        var kind: String
        var progress: Double?
        var startedAt: Timestamp?
        var bakeEndsAt: Timestamp?
        var reason: String?
        /// How its release does beside the one before it, in words, where that is worth saying.
        var comparison: String?
        /// The traffic beside what is usual, while it bakes and where that is known.
        var traffic: TrafficItem?

        enum CodingKeys: CodingKey, CaseIterable {
            case id, release, phase, kind, progress, startedAt, bakeEndsAt, reason, comparison, traffic
        }
        static var parts: [CodingKeys: any Fielded.Type] { [.traffic: TrafficItem.self] }
    }
    struct TrafficItem: Fielded {
        /// Requests a minute at this hour of the days before.
        var usual: Double
        /// On how many days that rests.
        var days: Int
        /// Requests a minute when it was found to be far less; absent where it was not, or not seen for long enough.
        var seen: Double?
        /// Whether it is so little that the bake does not pass.
        var isLow: Bool

        enum CodingKeys: CodingKey, CaseIterable {
            case usual, days, seen, isLow
        }

        init(_ traffic: BakeTraffic) {
            (usual, days) = (traffic.usual.perMinute, traffic.usual.days)
            (seen, isLow) = (traffic.seen, traffic.isLow)
        }
    }
    struct AlarmsItem: Fielded {
        var state: AlarmState
        var inAlarm: [String]
        /// Each alarm with its value now, at its onset and at its peak.
        var items: [AlarmItem]

        enum CodingKeys: CodingKey, CaseIterable {
            case state, inAlarm, items
        }
        static var parts: [CodingKeys: any Fielded.Type] {
            [.items: AlarmItem.self]
        }
    }
    struct GateItem: Fielded {
        var state: String
        var reasons: [ReasonItem]
        /// What keeps it from knowing all that may close it; absent where nothing does.
        var warnings: [String]?

        enum CodingKeys: CodingKey, CaseIterable {
            case state, reasons, warnings
        }
        static var parts: [CodingKeys: any Fielded.Type] {
            [.reasons: ReasonItem.self]
        }
    }
    struct ReasonItem: Fielded {
        var kind: String
        var summary: String
        /// When it ends by itself.
        var until: Timestamp?

        enum CodingKeys: CodingKey, CaseIterable {
            case kind, summary, until
        }

        init(_ reason: GateReason) {
            kind = reason.kind.rawValue
            summary = reason.summary
            until = reason.until
        }
    }
    struct FrontDriftItem: Fielded {
        /// What somebody else has made of the front.
        var found: String
        var wanted: String
        /// Whether requests do not go where they are to go.
        var movesTraffic: Bool

        enum CodingKeys: CodingKey, CaseIterable { case found, wanted, movesTraffic }
    }
    struct SetApartItem: Fielded {
        /// The event that does not follow; absent while the state is being brought up to date.
        var event: Int64?
        var reason: String

        enum CodingKeys: CodingKey, CaseIterable {
            case event, reason
        }
    }
    struct HoldItem: Fielded {
        /// What was taken back here; absent where a person holds.
        var suspect: String?
        var reason: String
        var since: Timestamp
        /// The person who holds.
        var actor: String?
        /// What lifts it, in words.
        var until: String

        enum CodingKeys: CodingKey, CaseIterable {
            case suspect, reason, since, actor, until
        }
    }

    struct FlagItem: Fielded {
        var name: String
        var variant: String
        /// on or off.
        var side: String
        var since: Timestamp
        /// The release for which it was set.
        var release: String
        /// The release as which the live one acts while it is off; absent where it does not.
        var actsAs: String?
        /// What was found instead; absent where it is as it was set.
        var drift: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case name, variant, side, since, release, actsAs, drift
        }

        init(_ flag: FlagStanding, actsAs: String?) {
            (name, variant, side) = (flag.setting.flag.flag, flag.setting.variant, flag.setting.side.rawValue)
            (since, release, drift) = (flag.since, flag.setting.release, flag.driftInWords)
            self.actsAs = actsAs
        }
    }

    var application: String
    var environment: String
    var stage: String
    var state: StateWord
    var liveRelease: String?
    var liveSince: Timestamp?
    var lastGood: String?
    /// Where a rollback would go now.
    var backTo: String?
    var instances: Instances
    var deployment: DeploymentItem?
    var alarms: AlarmsItem
    var gate: GateItem
    var hold: HoldItem?
    var suspect: Bool
    var problem: String?
    /// Where the flag stands that deployments turn on and off; absent where none has.
    var flag: FlagItem?
    /// What somebody else has made of the front; absent where nobody has.
    var frontDrift: [FrontDriftItem]?
    /// The configuration of whoever acts, where it does not have the environment; absent where it does.
    var leftOutBy: String?
    /// Why nothing is done in the environment; absent where all is well.
    var setApart: SetApartItem?
    /// For people.
    var condition: Condition

    enum CodingKeys: CodingKey, CaseIterable {
        case application, environment, stage, state, liveRelease, liveSince, lastGood, backTo, instances, deployment,
            alarms, gate, hold, suspect, problem, flag, frontDrift, leftOutBy, setApart
    }
    static var parts: [CodingKeys: any Fielded.Type] {
        [
            .instances: Instances.self, .deployment: DeploymentItem.self, .alarms: AlarmsItem.self,
            .gate: GateItem.self, .hold: HoldItem.self, .flag: FlagItem.self,
            .frontDrift: FrontDriftItem.self, .setApart: SetApartItem.self,
        ]
    }
}

extension StatusItem.GateItem {
    /// What is under way has a cell of its own.
    fileprivate var words: String {
        if state == "open" { return state }
        let others = reasons.filter { $0.kind != GateReason.Kind.busy.rawValue }.map(\.summary)
        return others.isEmpty ? GateReason.Kind.busy.rawValue : others.joined(separator: "; ")
    }
}

extension StatusItem.HoldItem {
    init(_ hold: Hold) {
        (suspect, reason, since) = (hold.suspect, hold.reason, hold.since)
        until = hold.until.inWords
    }

    init(_ hold: HandHold) {
        (reason, since, actor, until) = (hold.reason, hold.since, hold.actor, hold.untilInWords)
    }
}

extension StatusItem {
    init(
        _ state: EnvironmentState, _ policy: EnvironmentPolicy, _ known: ApplicationState, alarms shown: [ShownAlarm],
        frozen: [FreezeInForce] = [], warnings: [String] = [], surroundings: GateSurroundings = GateSurroundings(),
        traffic: TrafficWait? = nil
    ) {
        application = state.address.application
        environment = state.address.environment
        stage = policy.stage
        condition = Condition(state, application: known, policy: policy, now: .now)
        self.state = condition.state
        liveRelease = state.liveRelease
        liveSince = state.liveSince
        lastGood = state.lastGood(known)?.version
        backTo = state.backTo(known)?.version
        instances = Instances(
            desired: policy.instances, healthy: state.instances.count(where: \.isAvailable),
            total: state.instances.count)
        deployment = state.deployment.map { deployment in
            DeploymentItem(
                id: deployment.id, release: deployment.release, phase: deployment.phase,
                kind: deployment.isRollback ? "rollback" : "forward", progress: state.progress,
                startedAt: deployment.startedAt, bakeEndsAt: deployment.bake?.endsAt,
                reason: deployment.why, comparison: deployment.comparison?.inWords(deployment.release),
                traffic: deployment.phase == .baking ? (deployment.bake?.traffic).map { TrafficItem($0) } : nil)
        }
        let on = state.alarmsOn.map(\.label)
        let isUnknown = policy.alarms.contains { state.alarmState($0.name) == .insufficientData }
        alarms = AlarmsItem(
            state: !on.isEmpty ? .alarm : isUnknown ? .insufficientData : .ok, inAlarm: on,
            items: shown.map(\.item))
        let reasons = gateReasons(
            state, application: known, freezes: frozen, surroundings: surroundings, traffic: traffic)
        gate = GateItem(
            state: reasons.isEmpty ? "open" : "blocked",
            reasons: reasons.map { ReasonItem($0) }, warnings: warnings.isEmpty ? nil : warnings)
        // What a person holds lets less in.
        hold = state.handHold.map { HoldItem($0) } ?? state.hold.map { HoldItem($0) }
        suspect = state.liveRelease.map { known.suspects[$0] != nil } ?? false
        problem = state.problem
        flag = state.flag.map { FlagItem($0, actsAs: state.flagTakenBack?.previous) }
        frontDrift = state.frontDrift?.findings.map {
            FrontDriftItem(found: $0.found, wanted: $0.wanted, movesTraffic: $0.movesTraffic)
        }
        leftOutBy = state.leftOutBy
        setApart = state.setApart.map { SetApartItem(event: $0.event, reason: $0.reason) }
    }

    /// As other commands call it.
    var name: String { "\(application)/\(environment)" }

    /// What a wide table has besides.
    var wideRow: [String] {
        let under = deployment.map { "#\($0.id) \($0.phase.inWords) \($0.release)" }
        return [
            backTo ?? "–", liveSince?.rfc3339 ?? "–", under ?? "–",
            hold.map { "\($0.suspect ?? "by \($0.actor ?? "a person")") since \($0.since.rfc3339)" } ?? "–",
        ]
    }

    /// What a cell of a table has no room for: how what failed did.
    var remark: String? {
        guard setApart == nil, let deployment, deployment.phase == .failed, let reason = deployment.reason else {
            return nil
        }
        let what = deployment.kind == "rollback" ? StateWord.rollbackFailed : .failed
        return "\(name): \(what) \(deployment.release): \(reason)"
    }

    var row: [String] {
        var words = [condition.text]
        if let setApart, setApart.event != nil {
            words[0] += ": \(SetApart(event: setApart.event, reason: setApart.reason))"
        }
        if let deployment, deployment.phase.isActive {
            words[0] += " \(deployment.kind == "rollback" ? "to " : "")\(deployment.release)"
        }
        // What is so besides.
        if state != .alarm, !alarms.inAlarm.isEmpty {
            words.append("\(StateWord.alarm) \(alarms.inAlarm.joined(separator: ", "))")
        }
        if state != .suspect, suspect { words.append(StateWord.suspect.description) }
        if let flag, let actsAs = flag.actsAs, !words[0].contains("acts as") {
            words.append("flag \(flag.name) off, acts as \(actsAs)")
        }
        return [
            name, stage, liveRelease ?? "–",
            liveSince.map { (Timestamp.now - $0).inWords } ?? "–", lastGood ?? "–",
            "\(instances.healthy)/\(instances.desired)", words.joined(separator: " · "),
            gate.words,
        ]
    }
}
