import Model

/// Something that another hand changed shortly before an alarm went on: where going back from a release did not help, it
/// may be the cause.
public struct OtherChange: Hashable, Sendable {
    public enum What: String, Sendable, CaseIterable {
        /// A release of another application began to come.
        case deployment
        /// Another application began to go back.
        case rollback
        /// A flag of another application was set for one of its deployments.
        case flag
        /// A flag, its file or a front was changed by somebody else, here or elsewhere.
        case drift
    }

    public var what: What
    public var time: Timestamp
    public var address: EnvironmentAddress
    /// What happened there: `began to roll out 2.3.0 (#41)`.
    public var deed: String

    public init(_ what: What, at time: Timestamp, in address: EnvironmentAddress, _ deed: String) {
        (self.what, self.time, self.address, self.deed) = (what, time, address, deed)
    }

    /// `payments/prod began to roll out 2.3.0 (#41), 40 s before the alarm`.
    public func sentence(before onset: Timestamp) -> String {
        let delay = onset - time
        let when =
            delay < .seconds(1) ? "at the same time as the alarm" : "\(delay.wholeSeconds.inWords) before the alarm"
        return "\(address) \(deed), \(when)"
    }
}

/// Finds what else changed in the minutes before an alarm went on in one environment.
///
/// It is given events of ``read`` in their order, and keeps nothing of them but what it found.
public struct OtherChanges: Equatable, Sendable {
    public let address: EnvironmentAddress
    /// When the alarm went on.
    public let onset: Timestamp
    /// The times of what is told: from the alarm's window before the trouble began until the alarm went on.
    public let span: ClosedRange<Timestamp>
    /// The times that it is given events of: what begins in ``span`` may have been decided before it.
    public var read: ClosedRange<Timestamp> { span.lowerBound - Self.mostPreparation...span.upperBound }
    /// In the order of time.
    public private(set) var found: [OtherChange] = []
    /// How many more there were.
    public private(set) var leftOut = 0
    /// Deployments of other applications that are known to be rollbacks.
    private var rollbacks: Set<Int64> = []

    /// More of them are counted.
    public static let kept = 20
    /// However short an alarm's window is: rollouts take effect an instance at a time.
    public static let leastReach: Duration = .seconds(60)
    /// Where the alarm is not configured any more, and nobody knows its window.
    public static let usualReach: Duration = .seconds(300)
    /// Longer than a release is made ready before it begins to come, by the usual deadline.
    public static let mostPreparation: Duration = .seconds(900)

    /// The kinds of events that it looks at; whoever reads a ledger need not read others.
    public static let kinds: Set<String> = [
        "rollbackDecided", "deploymentStarted", "flagSet", "flagDrifted", "frontDrifted",
    ]

    /// - Parameters:
    ///   - began: when what the alarm sees began, where samples tell it; `nil` where nobody knows.
    ///   - alarm: how it is configured; `nil` where it is not any more.
    public init(
        in address: EnvironmentAddress, onset: Timestamp, began: Timestamp? = nil, alarm: AlarmDefinition? = nil
    ) {
        (self.address, self.onset) = (address, onset)
        // Its periods begin with the clock: what it saw first may be one period older than its window.
        let reach = alarm.map { max($0.window + $0.period, Self.leastReach) } ?? Self.usualReach
        span = min(began ?? onset, onset) - reach...onset
    }

    /// Takes in an event; what is of another time or no such change is passed over.
    public mutating func take(_ event: Event) {
        guard let place = event.address else { return }
        let isOther = place.application != address.application
        if case .rollbackDecided = event.body, isOther { rollbacks.insert(event.sequence) }
        guard span.contains(event.time) else { return }
        switch event.body {
        case .deploymentStarted(let id, let release, _, _, _) where isOther:
            let isRollback = rollbacks.contains(id)
            let deed = isRollback ? "began to go back to \(release) (#\(id))" : "began to roll out \(release) (#\(id))"
            add(OtherChange(isRollback ? .rollback : .deployment, at: event.time, in: place, deed))
        case .flagSet(let setting, _) where isOther:
            let deed = "set flag \(setting.flag.flag) to \(setting.variant) for \(setting.release)"
            add(OtherChange(.flag, at: event.time, in: place, deed))
        case .flagDrifted(let flag, let wanted, .variant(let variant)):
            let deed = "had flag \(flag) set to \(variant) by somebody else, though it was set to \(wanted)"
            add(OtherChange(.drift, at: event.time, in: place, deed))
        case .flagDrifted(let flag, _, .unknown(let reason)):
            add(OtherChange(.drift, at: event.time, in: place, "had flag \(flag) made unreadable: \(reason)"))
        case .frontDrifted(let drift) where drift.movesTraffic:
            let found = drift.findings.first.map { ": \($0.inWords)" } ?? ""
            add(OtherChange(.drift, at: event.time, in: place, "had its front changed by somebody else\(found)"))
        default: return
        }
    }

    private mutating func add(_ change: OtherChange) {
        if found.count < Self.kept { found.append(change) } else { leftOut += 1 }
    }

    /// What was found, in sentences; one that says so where nothing was.
    public var sentences: [String] {
        guard !found.isEmpty else {
            return ["nothing else is known to have changed in \(reachInWords) before the alarm"]
        }
        let more =
            leftOut == 0 ? [] : ["\(counted(leftOut, "more change")) in the same time; `lastgood events` has them"]
        return found.map { $0.sentence(before: onset) } + more
    }

    /// How far back is looked: `1 m 50 s`.
    public var reachInWords: String { "the \((span.upperBound - span.lowerBound).wholeSeconds.inWords)" }
}
