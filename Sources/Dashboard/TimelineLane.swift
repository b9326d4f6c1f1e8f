import Model

/// What ran in one environment, and what happened there.
public struct TimelineLane: Equatable, Sendable {
    /// A release, as long as it was live.
    public struct Block: Equatable, Sendable {
        public var from: Timestamp
        /// `nil` where it still is.
        public var until: Timestamp?
        public var release: String
        /// The deployment that brought it; `nil` where that is not known.
        public var deployment: Int64?

        public init(from: Timestamp, until: Timestamp?, release: String, deployment: Int64? = nil) {
            self.from = from
            self.until = until
            self.release = release
            self.deployment = deployment
        }
    }

    /// An alarm, as long as it was on.
    public struct Spell: Equatable, Sendable {
        public var name: String
        public var severity: Severity
        public var from: Timestamp
        /// `nil` where it still is.
        public var until: Timestamp?

        public init(name: String, severity: Severity, from: Timestamp, until: Timestamp?) {
            self.name = name
            self.severity = severity
            self.from = from
            self.until = until
        }
    }

    /// The oldest first.
    public var blocks: [Block]
    /// Alarms of every severity, the oldest first.
    public var spells: [Spell]
    /// When rollbacks were decided.
    public var rollbacks: [Timestamp]

    /// When alarms went on.
    public var alarms: [Timestamp] { spells.map(\.from) }

    public init(blocks: [Block] = [], spells: [Spell] = [], rollbacks: [Timestamp] = []) {
        self.blocks = blocks
        self.spells = spells
        self.rollbacks = rollbacks
    }
}

extension TimelineLane.Spell {
    /// The alarms of one environment, each as long as it was on.
    ///
    /// An alarm of an instance is over where the instance is gone, of which no event of the alarm tells.
    /// - Parameter events: those about alarms and the ends of instances, the oldest first.
    public static func all(_ events: [Event]) -> [TimelineLane.Spell] {
        var spells: [TimelineLane.Spell] = []
        var open: [(identity: AlarmIdentity, slot: Int?, index: Int)] = []
        func close(_ time: Timestamp, _ isOver: (AlarmIdentity, Int?) -> Bool) {
            for known in open where isOver(known.identity, known.slot) { spells[known.index].until = time }
            open.removeAll { isOver($0.identity, $0.slot) }
        }
        for event in events {
            switch event.body {
            case .alarmChanged(let status) where status.state == .alarm:
                guard !open.contains(where: { $0.identity == status.identity }) else { continue }
                open.append((status.identity, status.instance, spells.count))
                spells.append(.init(name: status.label, severity: status.severity, from: event.time, until: nil))
            case .alarmChanged(let status): close(event.time) { identity, _ in identity == status.identity }
            case .alarmRemoved(let name, let scope):
                close(event.time) { identity, _ in identity.name == name && identity.scope == scope }
            case .instanceStopped(let slot), .instanceExited(let slot, _):
                close(event.time) { _, known in known == slot }
            default: break
            }
        }
        return spells
    }
}

/// A lane that is ready to be drawn: what its picture needs is reckoned once, when it comes, and not with every frame.
struct ReckonedLane: Equatable {
    let lane: TimelineLane
    /// For each block, which look its release has.
    let turns: [Int]
    /// Its alarms, those that weigh most last: they are drawn over the others.
    let spells: [TimelineLane.Spell]

    init(_ lane: TimelineLane, _ looks: ReleaseLooks) {
        self.lane = lane
        spells = lane.spells.sorted { $0.severity < $1.severity }
        turns = lane.blocks.map { looks[$0.release] }
    }

    /// The blocks that reach beyond a moment, as the places at which they stand.
    func blocks(after moment: Timestamp) -> Range<Int> {
        // Each ends before the next begins.
        var (low, high) = (0, lane.blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if let until = lane.blocks[middle].until, until <= moment { low = middle + 1 } else { high = middle }
        }
        return low..<lane.blocks.count
    }
}

/// A release of an application looks the same in all lanes, and goes on to: each is counted, from 0, in the order in which
/// they came.
struct ReleaseLooks: Equatable {
    private var numbers: [String: Int] = [:]

    subscript(_ release: String) -> Int { numbers[release] ?? 0 }

    mutating func learn(_ lanes: some Sequence<TimelineLane>) {
        let fresh = lanes.flatMap(\.blocks).filter { numbers[$0.release] == nil }
        for block in fresh.sorted(by: { ($0.from, $0.release) < ($1.from, $1.release) })
        where numbers[block.release] == nil { numbers[block.release] = numbers.count }
    }
}

struct TimelineState: Equatable {
    /// The lanes that are known; `nil` until they are read.
    private(set) var lanes: [EnvironmentAddress: ReckonedLane]?
    /// Since when anything is known to have run.
    private(set) var knownSince: Timestamp?
    /// By application.
    private var looks: [String: ReleaseLooks] = [:]
    /// Those whose lanes were asked for, and of which nothing has been heard since.
    private var current: Set<EnvironmentAddress> = []
    /// `nil` where nobody has zoomed.
    var chosenSpan: Duration?
    static let usualSpan: Duration = .seconds(3600)
    /// The right edge; `nil` where that is now.
    var end: Timestamp?
    /// The moment under the cursor; `nil` where that is now.
    var cursor: Timestamp?
    var list = ListState()

    mutating func take(_ found: [EnvironmentAddress: TimelineLane]) {
        var all = lanes ?? [:]
        for (application, lanes) in Dictionary(grouping: found, by: \.key.application) {
            looks[application, default: ReleaseLooks()].learn(lanes.map(\.value))
            for (address, lane) in lanes { all[address] = ReckonedLane(lane, looks[application] ?? ReleaseLooks()) }
        }
        lanes = all
        knownSince = all.values.compactMap { $0.lane.blocks.first?.from }.min()
    }

    /// Something happened in an environment, so that its lane is old; everywhere where it is `nil`.
    mutating func outdate(_ address: EnvironmentAddress?) {
        if let address { current.remove(address) } else { current = [] }
    }

    /// Those of `addresses` whose lanes are to be read: where nothing happens, nothing is.
    mutating func claim(_ addresses: some Sequence<EnvironmentAddress>) -> [EnvironmentAddress] {
        addresses.filter { current.insert($0).inserted }
    }
}

extension ViewState {
    /// Whether what happened is seen in an environment's lane, which is read anew then.
    func changesLane(_ event: Event) -> Bool {
        switch event.body {
        case .releaseSwitched, .rollbackDecided, .alarmChanged, .alarmRemoved: return true
        case .instanceStopped(let slot), .instanceExited(let slot, _):
            // Its alarms are over.
            guard let address = event.address, let state = fleet?.environments[address] else { return false }
            return state.alarms.contains { $0.instance == slot && $0.state == .alarm }
        default: return false
        }
    }
}
