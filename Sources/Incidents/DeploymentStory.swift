import Model

/// One deployment, whole: who asked and who decided, what it did step by step, and what came of it.
public struct DeploymentStory: Equatable, Sendable {
    /// What kept releases out after it.
    public struct Hold: Equatable, Sendable {
        public var release: String
        public var reason: String
        public var since: Timestamp
        /// When and why it was lifted; `nil` where it is in force.
        public var lifted: (time: Timestamp, reason: String)?

        public static func == (left: Hold, right: Hold) -> Bool {
            (left.release, left.reason, left.since, left.lifted?.time)
                == (right.release, right.reason, right.since, right.lifted?.time)
        }
    }

    public let address: EnvironmentAddress
    public let record: DeploymentRecord
    /// Who asked for it; `nil` where lastgood decided it by itself.
    public private(set) var askedBy: String?
    /// When that was, where it was before it began.
    public private(set) var askedAt: Timestamp?
    /// The release that was live before, or that a rollback leaves.
    public var left: String? { record.leaving }
    public private(set) var strategy: Strategy?
    public private(set) var instances = 0
    public private(set) var exchanged = 0
    /// How long the exchange of instances took; `nil` where it is not over.
    public private(set) var exchangedIn: Duration?
    /// How long after it was decided its flag was off, so that users were safe; `nil` where no flag did that.
    public private(set) var usersBackIn: Duration?
    /// The deployment that a rollback takes back, and the rollback that took this one back.
    public private(set) var takesBack: Int64?
    public private(set) var takenBackBy: Int64?
    /// Alarms that were on while it went on, or that brought it.
    public private(set) var alarms: [AlarmCourse] = []
    /// Each of its events, in order.
    public private(set) var steps: [Event] = []
    public private(set) var hold: Hold?

    /// More steps than this are not kept.
    public static let stepsKept = 2000

    /// - Parameters:
    ///   - before: events of the environment that came just before it, in order.
    ///   - alarmsBefore: alarms that went on there before it, each as it was then; the newest first.
    ///   - events: the environment's events from it on, in order.
    public init(
        _ record: DeploymentRecord, at address: EnvironmentAddress, before: [Event] = [],
        alarmsBefore: [AlarmStatus] = [], events: [Event]
    ) {
        (self.address, self.record) = (address, record)
        if record.trigger != .automatic { askedBy = record.actor }
        findRequest(before)
        for label in record.alarms where record.kind == .rollback {
            if let status = alarmsBefore.first(where: { $0.label == label }) { take(status, at: status.since) }
        }
        var hasEnded = false
        for event in events where event.sequence >= record.id {
            if let other = beginning(event), other != record.id {
                guard case .rollbackDecided(let decision) = event.body,
                    decision.takesBack == record.id || decision.suspect == record.release && takenBackBy == nil
                else { break }
                takenBackBy = other
                keep(event)
                hasEnded = true
                continue
            }
            // Of what takes it back, only the end is its own.
            if takenBackBy != nil, event.deployment != record.id {
                if case .alarmChanged(let status) = event.body { take(status, at: event.time) }
                takeHold(event)
                continue
            }
            take(event, hasEnded: &hasEnded)
        }
    }

    private func beginning(_ event: Event) -> Int64? {
        switch event.body {
        case .deploymentRequested, .rollbackDecided: event.sequence
        default: nil
        }
    }

    /// Who asked for a rollback stands in the event before the decision.
    private mutating func findRequest(_ before: [Event]) {
        guard record.kind == .rollback, record.trigger != .automatic else { return }
        let own = before.reversed().prefix { beginning($0) == nil }
        guard
            let request = own.first(where: {
                if case .rollbackRequested = $0.body { true } else { false }
            })
        else { return }
        (askedBy, askedAt) = (request.actor, request.time)
        keep(request)
    }

    private mutating func keep(_ event: Event) {
        if steps.count < Self.stepsKept { steps.append(event) }
    }

    private mutating func take(_ event: Event, hasEnded: inout Bool) {
        switch event.body {
        case .rollbackDecided(let decision) where event.sequence == record.id:
            takesBack = decision.takesBack
        case .deploymentStarted(let id, _, let strategy, let instances, _) where id == record.id:
            (self.strategy, self.instances) = (strategy, instances)
        case .instanceReplaced(let id, _, _, _, let done, let total) where id == record.id:
            (exchanged, instances) = (done, total)
        case .trafficShifted(let id, _) where id == record.id: exchanged = instances
        case .flagSet(let setting, _) where setting.deployment == record.id && setting.side == .off:
            if record.kind == .rollback, strategy?.flag == setting.flag {
                usersBackIn = max(.zero, event.time - record.requestedAt)
            }
        case .releaseSwitched(let id, _) where id == record.id:
            exchangedIn = record.startedAt.map { max(.zero, event.time - $0) }
        case .deploymentEnded(let id, _, _, _) where id == record.id:
            keep(event)
            hasEnded = true
            return
        case .alarmChanged(let status):
            let count = alarms.count
            let isOn = alarms.last?.isOn
            take(status, at: event.time)
            // That the alarms of a new instance are in order is not worth a step.
            if status.state != .alarm, count == alarms.count, isOn == alarms.last?.isOn { return }
        case .bakeProgressed: return
        case .holdPlaced, .holdLifted: takeHold(event)
        case .instanceStopped(let slot), .instanceExited(let slot, _):
            for index in alarms.indices { alarms[index].lose(instance: slot, at: event.time) }
        default: break
        }
        // What comes after its end is another story, but for what it left behind.
        if hasEnded, event.body.level > .alarms { return }
        keep(event)
    }

    private mutating func takeHold(_ event: Event) {
        switch event.body {
        case .holdPlaced(let release, _, let reason):
            hold = Hold(release: release, reason: reason, since: event.time)
        case .holdLifted(let reason, let which) where which != .byHand: hold?.lifted = (event.time, reason)
        default: break
        }
    }

    private mutating func take(_ status: AlarmStatus, at time: Timestamp) {
        if let index = alarms.firstIndex(where: { $0.name == status.name }) {
            alarms[index].take(status, at: time)
        } else if status.state == .alarm {
            alarms.append(AlarmCourse(status, at: address))
        }
    }

    /// Takes in what was measured and read while its alarms were on.
    public mutating func measure(_ samples: (String) -> [Sample], _ readings: [AlarmReading]) {
        for index in alarms.indices {
            if let (names, unit) = alarms[index].series {
                for name in names { alarms[index].see(samples(name), unit: unit) }
            }
            guard alarms[index].isOn else { continue }
            for reading in readings where reading.status.name == alarms[index].name && reading.status.state == .alarm {
                alarms[index].see(reading.peak)
            }
        }
    }

    /// The release that it is about, and the one to compare it with: what a release brought against what was there
    /// before it.
    public var change: (release: String, to: String)? {
        guard let left, left != record.release else { return nil }
        return record.kind == .rollback ? (left, record.release) : (record.release, left)
    }

    /// Who asked for it and who decided, in a sentence.
    public var who: String {
        switch record.trigger {
        case .automatic: "lastgood decided it by itself"
        case .observed: "it was seen; lastgood did not begin it"
        case .pipeline: "\(askedBy ?? record.actor) asked for it, as a pipeline"
        case .person: "\(askedBy ?? record.actor) asked for it"
        }
    }
}
