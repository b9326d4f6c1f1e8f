import Model

/// How long the parts of a deployment take in an environment: measured in its past, or assumed.
public struct DrillTimes: Equatable, Sendable {
    /// A part of a deployment that takes time.
    public enum Part: String, Sendable, CaseIterable {
        /// From the start of an instance until it is healthy.
        case starting
        /// From when an instance is told to stop until it is gone.
        case stopping
        /// From the first look at an artifact until a deployment may begin.
        case preparing
        /// Until the front has moved all requests.
        case shifting
        /// Until a flag's file has been set.
        case settingFlag

        /// `an instance becomes healthy`.
        public var inWords: String {
            switch self {
            case .starting: "an instance becomes healthy"
            case .stopping: "an instance stops"
            case .preparing: "an artifact is made ready"
            case .shifting: "the front moves all requests"
            case .settingFlag: "a flag is set"
            }
        }

        /// What is reckoned with where the past tells nothing.
        var assumed: Duration {
            switch self {
            case .starting, .preparing: .seconds(10)
            case .stopping: .seconds(5)
            case .shifting, .settingFlag: .seconds(1)
            }
        }
    }

    /// How long one part takes, and from how many times that is known.
    public struct Length: Equatable, Sendable {
        public var duration: Duration
        /// How many times it was measured; 0 where it is assumed.
        public var measured: Int

        public init(_ duration: Duration, measured: Int) { (self.duration, self.measured) = (duration, measured) }
    }

    private var lengths: [Part: Length]

    /// - Parameter lengths: what is known; all else is assumed.
    public init(_ lengths: [Part: Length] = [:]) { self.lengths = lengths }

    public subscript(_ part: Part) -> Length { lengths[part] ?? Length(part.assumed, measured: 0) }
}

extension DrillTimes {
    /// Measures an environment's past: of each part the median of the newest times.
    /// - Parameter events: of the environment, in their order; what began before them is not measured.
    public init(measuredIn events: some Sequence<Event>) {
        var measure = Measure()
        for event in events { measure.take(event) }
        self.init(measure.medians)
    }

    /// More times than this are not looked back.
    static let kept = 51

    /// What is under way, and how long what is over took.
    private struct Measure {
        private enum Open: Hashable {
            case start(Int), stop(Int), preparation(Int64), shift(Int64), flag(FlagSetting)
        }

        private var open: [Open: Timestamp] = [:]
        private var seen: [Part: [Duration]] = [:]

        mutating func take(_ event: Event) {
            switch event.body {
            case .instanceStarting(let slot, _, _):
                open[.stop(slot)] = nil
                open[.start(slot)] = event.time
            case .instanceHealthChanged(let slot, .healthy, _): close(.start(slot), .starting, event.time)
            case .instanceStopping(let slot, _):
                open[.start(slot)] = nil
                open[.stop(slot)] = event.time
            case .instanceStopped(let slot): close(.stop(slot), .stopping, event.time)
            case .instanceStartFailed(let slot, _, _), .instanceExited(let slot, _):
                (open[.start(slot)], open[.stop(slot)]) = (nil, nil)
            case .preparationStarted(let id, _): open[.preparation(id)] = event.time
            case .deploymentStarted(let id, _, _, _, _): close(.preparation(id), .preparing, event.time)
            case .trafficShifting(let id, _, _): open[.shift(id)] = event.time
            case .trafficShifted(let id, _): close(.shift(id), .shifting, event.time)
            case .flagSetting(let setting): open[.flag(setting)] = event.time
            case .flagSet(let setting, _): close(.flag(setting), .settingFlag, event.time)
            // Across it, no time is a length.
            case .clockSet: open = [:]
            default: return
            }
        }

        private mutating func close(_ key: Open, _ part: Part, _ time: Timestamp) {
            guard let since = open.removeValue(forKey: key), time >= since else { return }
            seen[part, default: []].append(time - since)
            if let count = seen[part]?.count, count > DrillTimes.kept { seen[part]?.removeFirst() }
        }

        var medians: [Part: Length] {
            seen.compactMapValues { all in Duration.median(all).map { Length($0, measured: all.count) } }
        }
    }
}

extension Duration {
    /// The one in the middle, the longer of two; `nil` where there is none.
    public static func median(_ durations: [Duration]) -> Duration? {
        durations.isEmpty ? nil : durations.sorted()[durations.count / 2]
    }
}
