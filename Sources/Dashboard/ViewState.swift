import Calendars
import Compare
import Decisions
import Model
import Terminal

/// A line in which something is typed.
struct TextField: Equatable {
    var text = ""
    /// Whether it is proposed, and nobody has touched it: what is typed takes its place.
    private(set) var isProposal = false

    private static let longest = 200

    init(text: String = "") { self.text = text }

    /// With what is proposed, where that is anything.
    init(proposed text: String) {
        self.text = text
        isProposal = !text.isEmpty
    }

    mutating func take(_ key: Key) {
        switch key {
        case .character, .paste, .backspace, .control("u"):
            if isProposal { text = "" }
            isProposal = false
        case .right, .end, .control("w"): isProposal = false
        default: break
        }
        switch key {
        case .character(let character): if text.count < Self.longest { text.append(character) }
        case .paste(let pasted):
            // One line, whatever was copied.
            let words = visible(pasted.split(whereSeparator: \.isNewline).joined(separator: " "))
            text += words.prefix(max(0, Self.longest - text.count))
        case .backspace: if !text.isEmpty { text.removeLast() }
        case .control("u"): text = ""
        case .control("w"):
            while text.last == " " { text.removeLast() }
            while text.last != nil, text.last != " " { text.removeLast() }
        default: break
        }
    }
}

/// What is kept while the screen shows the past.
struct Past {
    var present: Timestamp
    var live: FleetState?
}

/// What lies over the view and takes the keys.
enum Overlay: Equatable {
    /// From a line on.
    case help(top: Int)
    case palette(Palette)
    case filter(TextField, before: String)
    case asking(Confirmation)
    /// What is to be frozen, and when, is being typed.
    case freezing(FreezeForm)
    case quitting
}

/// How the overview is ordered.
enum OverviewOrder: Equatable { case troubleFirst, configured }

/// The whole state of the screen: a value, changed by ``update(_:)`` and drawn by `render`.
public struct ViewState: Sendable {
    // What is known.
    var fleet: FleetState?
    var policies: [EnvironmentAddress: EnvironmentPolicy] = [:]
    var freezes: [EnvironmentAddress: [FreezeInForce]] = [:]
    var configuredFreezes = ConfiguredFreezes()
    /// By whose clocks the user types times.
    var userZone = Zone.utc
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

    /// The first line of the explanation that is shown.
    var explanation = ExplanationState()

    // The overview.
    var order = OverviewOrder.troubleFirst
    var filter = ""
    var rows: [EnvironmentAddress] = []
    var underWay: [EnvironmentAddress] = []
    var alarmsOn: [(address: EnvironmentAddress, status: AlarmStatus)] = []
    var overview = ListState()
    var marked: Set<EnvironmentAddress> = []
    /// The environments of each application, in no order.
    var siblings: [String: [EnvironmentAddress]] = [:]
    /// What is over, the newest first, and whether more has ended since it was read.
    var lately: [EndedDeployment] = []
    /// The environment whose samples the view of alarms has asked for.
    var chartedAlarmOf: EnvironmentAddress?
    /// The deployment under the cursor in what is over; `nil` where the cursor is among the environments.
    var latelyPicked: Int64?
    var isLatelyOld = false
    var isRecentAsked = false
    /// How many environments are held.
    var held = 0
    /// Whether a person has pressed anything: until then the cursor goes where the trouble is.
    var isTouched = false
    var changedAt: [EnvironmentAddress: Timestamp] = [:]

    // The other views.
    var instances = ListState()
    var story: [Event] = []
    var storyOf: EnvironmentAddress?
    var series: [EnvironmentAddress: [String: [Sample]]] = [:]
    var readings: [EnvironmentAddress: [AlarmReading]] = [:]
    /// The view that they were read for; where that is another, those that are not known may come yet.
    var seriesOf: View?
    var seriesLoadedAt = Timestamp(milliseconds: 0)
    var history: HistoryPages?
    var historyList = ListState()
    var alarmRows: [AlarmRow] = []
    var alarmList = ListState()
    var eventRows: [Event] = []
    var areEventsComplete = false
    var eventList = ListState()
    var events = EventsState()
    var deployment: DeploymentState?
    var report: ReportState?
    var timeline = TimelineState()
    var releases = ReleasesState()
    var past: Past?
    var suspects: SuspectsState?
    var suspectList = ListState()
    var freezeList = ListState()
    /// What was typed of a freeze, until the ledger has it.
    var freezeDraft: FreezeForm?
    var planEditor: PlanEditor?
    /// What speaks against the steps of the plan; `nil` inside while it is looked for.
    var assessments: [CompareSubject: Result<[Finding], Problem>?] = [:]
    var planList = ListState()
    /// What lies between releases, in short; `nil` inside while it is looked up.
    var surveys: [CompareSubject: ChangeSurvey?] = [:]
    /// The one that was asked for by itself and is not answered.
    var surveyUnderWay: CompareSubject?
    var compare: CompareState?
    var pager: PagerState?

    // What was ordered.
    /// How many orders went out; the newest is known by it.
    var submissions = 0
    /// Orders without an answer that nobody looks at any more.
    var waiting: [Int: Confirmation] = [:]
    /// What a person has done at this screen and the ledger has, the newest last.
    var acts: [Act] = []
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
    /// The themes at hand, and the one in use.
    public var themes: [String] = []
    /// Whether the user wants no colors at all, so that there is nothing to choose.
    public var isColorless = false
    public var theme: String?
    /// Whether the terminal shows ASCII only: keys that have a sign are written in words.
    public var isASCII = false

    /// How many of the newest events are kept in mind.
    static let recentKept = 300
    /// How long something new stays bright.
    static let brightFor: Duration = .seconds(2)
    /// What is read of all environments at once is read of no more than this.
    static let manyEnvironments = 40
    /// Conditions that rank before this are trouble.
    static let troubleRank = 11

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

    /// The environment under the cursor of the overview.
    var selected: EnvironmentAddress? { rows.indices.contains(overview.cursor) ? rows[overview.cursor] : nil }

    /// The environment that keys without another object act on.
    var subject: EnvironmentAddress? { view.table.subject(self) }

    /// The environments that a rollback from the overview is about: all marked ones, else the one under the cursor.
    var targets: [EnvironmentAddress] {
        if !marked.isEmpty { return rows.filter(marked.contains) + marked.filter { !rows.contains($0) }.sorted() }
        return subject.map { [$0] } ?? []
    }
}
