import Compare
import Decisions
import Model
import Terminal

/// The views, each of which answers one question.
public enum View: Hashable, Sendable {
    case overview
    case environment(EnvironmentAddress)
    case history(EnvironmentAddress)
    case alarms
    case events
    case suspects(EnvironmentAddress)
    case plan
    case timeline
    case compare(CompareSubject)
    /// The text that was opened from the comparison.
    case pager
}

/// A line in which something is typed.
struct TextField: Equatable {
    var text = ""
    /// Whether it is proposed, and nobody has touched it: what is typed takes its place.
    private(set) var isProposal = false

    init(text: String = "") { self.text = text }

    /// With what is proposed, where that is anything.
    init(proposed text: String) {
        self.text = text
        isProposal = !text.isEmpty
    }

    mutating func take(_ key: Key) {
        switch key {
        case .character, .backspace, .control("u"):
            if isProposal { text = "" }
            isProposal = false
        case .right, .end, .control("w"): isProposal = false
        default: break
        }
        switch key {
        case .character(let character): if text.count < 200 { text.append(character) }
        case .backspace: if !text.isEmpty { text.removeLast() }
        case .control("u"): text = ""
        case .control("w"):
            while text.last == " " { text.removeLast() }
            while text.last != nil, text.last != " " { text.removeLast() }
        default: break
        }
    }
}

/// A list with a cursor in it, and the first row that is shown.
struct ListState: Equatable {
    var cursor = 0
    var top = 0

    mutating func move(by rows: Int, count: Int) { cursor = max(0, min(count - 1, cursor + rows)) }

    /// Has the cursor within the `height` rows that are shown.
    mutating func settle(height: Int, count: Int) {
        cursor = max(0, min(cursor, count - 1))
        if cursor < top { top = cursor }
        if height > 0, cursor >= top + height { top = cursor - height + 1 }
        top = max(0, min(top, max(0, count - max(1, height))))
    }
}

/// The pages of an environment's history that are loaded.
struct HistoryPages: Equatable {
    var address: EnvironmentAddress
    var filter = ""
    var records: [DeploymentRecord] = []
    var isComplete = false
    var isLoading = true
}

/// What is kept while the screen shows the past.
struct Past {
    var present: Timestamp
    var live: FleetState?
}

/// What lies over the view and takes the keys.
enum Overlay: Equatable {
    case help
    case palette(TextField)
    case filter(TextField, before: String)
    case asking(Confirmation)
    case quitting
}

/// How the overview is ordered.
enum OverviewOrder: Equatable { case troubleFirst, configured }

/// The whole state of the screen: a value, changed by ``update(_:)`` and drawn by `render`.
public struct ViewState: Sendable {
    // What is known.
    var fleet: FleetState?
    var policies: [EnvironmentAddress: EnvironmentPolicy] = [:]
    var recent: [Event] = []
    var leader: String?
    var isOurs = false
    var unreachable: (reason: String, since: Timestamp)?
    var now = Timestamp(milliseconds: 0)
    var zone = 0

    // What is looked at.
    var size: Size
    var view = View.overview
    var trail: [View] = []
    var overlay: Overlay?
    var notice: (text: String, until: Timestamp)?
    var window: Duration = .seconds(1800)
    var showsAbsoluteTimes = false

    // The overview.
    var order = OverviewOrder.configured
    var filter = ""
    var rows: [EnvironmentAddress] = []
    var underWay: [EnvironmentAddress] = []
    var alarmsOn: [(address: EnvironmentAddress, status: AlarmStatus)] = []
    var overview = ListState()
    var selected: EnvironmentAddress?
    var marked: Set<EnvironmentAddress> = []
    var changedAt: [EnvironmentAddress: Timestamp] = [:]

    // The other views.
    var instances = ListState()
    var story: [Event] = []
    var storyOf: EnvironmentAddress?
    var series: [EnvironmentAddress: [String: [Sample]]] = [:]
    var readings: [EnvironmentAddress: [AlarmReading]] = [:]
    var seriesLoadedAt = Timestamp(milliseconds: 0)
    var history: HistoryPages?
    var historyList = ListState()
    var alarmRows: [(address: EnvironmentAddress, status: AlarmStatus)] = []
    var alarmList = ListState()
    var eventRows: [Event] = []
    var areEventsComplete = false
    var eventList = ListState()
    var timeline = TimelineState()
    var past: Past?
    var suspects: SuspectsState?
    var suspectList = ListState()
    var planEditor: PlanEditor?
    /// What speaks against the steps of the plan; `nil` inside while it is looked for.
    var assessments: [CompareSubject: Result<[Finding], Problem>?] = [:]
    var planList = ListState()
    var compare: CompareState?
    var pager: PagerState?

    // What was ordered.
    /// How many orders went out; the newest is known by it.
    var submissions = 0
    /// Orders without an answer that nobody looks at any more.
    var waiting: [Int: Confirmation] = [:]
    /// Orders that the ledger did not take, and that are still to be shown.
    var unwritten: [Confirmation] = []
    /// The plan that is looked at; the newest where it is `nil`.
    var followed: Int64?
    /// Since when a plan that was just ordered can be seen.
    var planShownAt = Timestamp(milliseconds: 0)

    // Who and how.
    let user: String
    let isReadOnly: Bool
    /// Whether what is under way goes on when the screen is left.
    let leavesWork: Bool

    /// How many of the newest events are kept in mind.
    static let recentKept = 300
    /// How long something new stays bright.
    static let brightFor: Duration = .seconds(2)
    /// More environments than this are shown with the troubled ones first.
    static let manyEnvironments = 40

    public init(size: Size, user: String, isReadOnly: Bool, leavesWork: Bool = true, window: Duration? = nil) {
        self.size = size
        self.user = user
        self.isReadOnly = isReadOnly
        self.leavesWork = leavesWork
        if let window { self.window = window }
    }

    /// Whether there is anything to show yet.
    public var isLoaded: Bool { fleet != nil || unreachable != nil }

    /// An environment as it is, its alarms with what they show now.
    func environment(_ address: EnvironmentAddress) -> EnvironmentState? {
        fleet?.environments[address]?.showing(freshReadings(address))
    }

    /// What an alarm shows now; `nil` where nobody has looked lately, and in the past.
    func reading(_ alarm: AlarmStatus, at address: EnvironmentAddress) -> AlarmReading? {
        freshReadings(address).first { $0.status.identity == alarm.identity && $0.status.state == alarm.state }
    }

    private func freshReadings(_ address: EnvironmentAddress) -> [AlarmReading] {
        guard past == nil, let known = readings[address] else { return [] }
        return known.filter { $0.isFresh(now) }
    }

    func application(_ address: EnvironmentAddress) -> ApplicationState {
        fleet?.application(address.application) ?? ApplicationState()
    }

    /// The environment that keys without another object act on.
    var subject: EnvironmentAddress? {
        switch view {
        case .environment(let address), .history(let address), .suspects(let address): address
        case .plan:
            planEditor?.addresses.first
                ?? followedPlan.flatMap { plan in
                    plan.plan.steps.indices.contains(planList.cursor) ? plan.plan.steps[planList.cursor].address : nil
                }
        case .compare(let compared): compared.address
        case .pager: pager?.compared.address
        case .timeline:
            timelineRows.indices.contains(timeline.list.cursor) ? timelineRows[timeline.list.cursor] : nil
        case .overview: selected
        case .alarms: alarmRows.indices.contains(alarmList.cursor) ? alarmRows[alarmList.cursor].address : nil
        case .events:
            eventRows.indices.contains(eventList.cursor) ? eventRows[eventList.cursor].address : nil
        }
    }

    /// The environments that a rollback from the overview is about: all marked ones, else the one under the cursor.
    var targets: [EnvironmentAddress] {
        if !marked.isEmpty { return rows.filter(marked.contains) + marked.filter { !rows.contains($0) }.sorted() }
        return subject.map { [$0] } ?? []
    }
}
