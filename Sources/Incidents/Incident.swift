import Model

/// What happened in a span of time in some environments, as far as it bears on what went wrong there.
///
/// However long the span is, it stays small: what there is too much of is counted.
public struct Incident: Equatable, Sendable {
    /// A release that came to an environment.
    public struct Arrival: Equatable, Sendable {
        public var deployment: Int64
        public var release: String
        public var actor: String
        public var trigger: Trigger
        public var reason: String?
        public var requestedAt: Timestamp
        /// When it was live everywhere there; `nil` where it never was.
        public var liveAt: Timestamp?
    }

    /// A rollback, from the decision to its end.
    public struct Rollback: Equatable, Sendable {
        public var address: EnvironmentAddress
        public var deployment: Int64
        /// The release that was left.
        public var left: String?
        public var to: String
        public var trigger: Trigger
        /// Who asked for it; `nil` where nobody did.
        public var actor: String?
        public var reason: String
        public var decidedAt: Timestamp
        /// `nil` where it is under way.
        public var endedAt: Timestamp?
        public var phase = Phase.rollingOut
        public var outcome: String?
        /// How many instances were exchanged, and of how many.
        public var exchanged = 0
        public var instances = 0
        /// When the first alarm went on that was on as it was decided; `nil` where none was.
        public var alarmSince: Timestamp?
        /// How the release came there; `nil` where that was before.
        public var arrival: Arrival?
        /// Whether it has helped; `nil` where that is not known.
        public var judgement: RollbackJudgement?

        /// How long it took to go back; `nil` where it is not over, or did not succeed.
        public var duration: RollbackDuration? {
            guard phase == .succeeded, let endedAt else { return nil }
            return RollbackDuration(
                decidedAt: decidedAt, endedAt: endedAt, trigger: trigger, isForAlarm: alarmSince != nil)
        }
    }

    /// What somebody asked for or said, or lastgood decided.
    public struct Decision: Equatable, Sendable {
        public var time: Timestamp
        /// Where; `nil` for what is about several.
        public var address: EnvironmentAddress?
        public var actor: String
        /// What that was, behind the actor: `asked to deploy 1.9.0: nightly`.
        public var what: String
    }

    /// What keeps releases out of an environment since.
    public struct Hold: Equatable, Sendable {
        public var address: EnvironmentAddress
        public var release: String
        public var reason: String
        public var since: Timestamp
    }

    public var from: Timestamp
    public var until: Timestamp
    /// The environments that were looked at.
    public var environments: [EnvironmentAddress]
    /// In the order in which they went on.
    public internal(set) var alarms: [AlarmCourse] = []
    public internal(set) var rollbacks: [Rollback] = []
    public internal(set) var decisions: [Decision] = []
    /// What is still held at the end.
    public internal(set) var holds: [Hold] = []
    /// How many forward deployments were asked for, and how many of them failed without a rollback.
    public internal(set) var deployments = 0
    public internal(set) var failures = 0
    /// How many more there were of each.
    public internal(set) var alarmsLeftOut = 0
    public internal(set) var rollbacksLeftOut = 0
    public internal(set) var decisionsLeftOut = 0

    /// More of one thing than this are counted.
    static let kept = 400

    public init(from: Timestamp, until: Timestamp, environments: [EnvironmentAddress]) {
        (self.from, self.until, self.environments) = (from, until, environments)
    }

    /// Leaves out holds that are none any more.
    public mutating func keepHolds(_ isHeld: (Hold) -> Bool) { holds.removeAll { !isHeld($0) } }

    /// Which releases were left for which, each pair once, in the order of time.
    public var pairs: [(left: String, to: String, address: EnvironmentAddress, decidedAt: Timestamp)] {
        var seen: Set<[String]> = []
        return rollbacks.compactMap { rollback in
            guard let left = rollback.left,
                seen.insert([rollback.address.application, left, rollback.to]).inserted
            else { return nil }
            return (left, rollback.to, rollback.address, rollback.decidedAt)
        }
    }

    /// The rollbacks that did not end what they were done for, the first of each environment.
    public var rollbacksInVain: [Rollback] {
        var seen: Set<EnvironmentAddress> = []
        return rollbacks.filter { $0.judgement?.hasHelped == false && seen.insert($0.address).inserted }
    }

    /// The environments in which anything went wrong.
    public var troubled: [EnvironmentAddress] {
        Set(alarms.map(\.address) + rollbacks.map(\.address)).sorted()
    }

    /// Takes in what was measured while alarms were on.
    public mutating func measure(_ samples: (EnvironmentAddress, String) -> [Sample]) {
        for index in alarms.indices {
            guard let (names, unit) = alarms[index].series else { continue }
            for name in names { alarms[index].see(samples(alarms[index].address, name), unit: unit) }
        }
    }

    /// Takes in the worst that is read of what is still on.
    public mutating func read(_ readings: (EnvironmentAddress) -> [AlarmReading]) {
        for index in alarms.indices where alarms[index].isOn {
            for reading in readings(alarms[index].address)
            where reading.status.name == alarms[index].name && reading.status.state == .alarm {
                alarms[index].see(reading.peak)
            }
        }
    }
}
