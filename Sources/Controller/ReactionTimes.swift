import Model

/// How long it took from an alarm to the first act of the automatic rollback that answers it, as a histogram; folded from
/// events.
///
/// The alarm is the last of those that the decision names, by the moment since which it is on; the act is the first thing
/// that is ordered at the target: an instance to start or to stop, traffic to shift, a flag to set.
public struct ReactionTimes: Equatable, Sendable {
    /// The upper ends of the buckets, in seconds.
    public static let bounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
    /// How many were within each bound and not within the one before; the last are beyond all bounds.
    public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// Of all of them, in seconds.
    public private(set) var sum = 0.0
    /// The alarms that are on, by what decisions call them.
    private var onsets: [EnvironmentAddress: [String: Timestamp]] = [:]
    /// Since when an alarm is on that a rollback has been decided for, and nothing was done yet.
    private var awaited: [EnvironmentAddress: Timestamp] = [:]

    public init() {}

    /// Begins with what is known already, as after a takeover.
    mutating func begin(with states: some Sequence<EnvironmentState>) {
        (onsets, awaited) = ([:], [:])
        for state in states {
            for alarm in state.alarmsOn { onsets[state.address, default: [:]][alarm.label] = alarm.since }
        }
    }

    mutating func take(_ event: Event) {
        guard let address = event.address else { return }
        switch event.body {
        case .alarmChanged(let alarm):
            onsets[address, default: [:]][alarm.label] = alarm.state == .alarm ? alarm.since : nil
            if onsets[address]?.isEmpty == true { onsets[address] = nil }
        case .rollbackDecided(let decision):
            let known = onsets[address] ?? [:]
            awaited[address] =
                decision.trigger == .automatic ? decision.alarms.compactMap { known[$0] }.max() : nil
        case .instanceStarting, .instanceStopping, .trafficShifting, .flagSetting:
            guard let onset = awaited.removeValue(forKey: address) else { return }
            note(event.time - onset)
        // The time between two moments is not what passed where the clock was set between them.
        case .clockSet: (onsets[address], awaited[address]) = (nil, nil)
        case .deploymentEnded, .environmentRemoved: awaited[address] = nil
        default: return
        }
    }

    private mutating func note(_ duration: Duration) {
        let seconds = max(0, duration.inSeconds)
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}
