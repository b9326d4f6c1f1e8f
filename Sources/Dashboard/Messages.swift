import Calendars
import Compare
import Decisions
import Incidents
import Model
import Terminal

/// What the dashboard is told.
public enum Message: Sendable {
    case key(Key)
    case resized(Size)
    /// The time, and how many seconds the user's zone is east of UTC.
    case tick(Timestamp, zone: Int)

    case loaded(FleetState)
    case events([Event])
    case policies([EnvironmentAddress: EnvironmentPolicy])
    /// All freezes that are in force.
    case freezes([EnvironmentAddress: [FreezeInForce]])
    /// The freezes of the configuration and its calendars that are in force or come soon, and by whose clocks the user
    /// types times.
    case freezeTimes(ConfiguredFreezes, zone: Zone)
    /// Whether this process acts, and whether anybody does.
    case leadership(isOurs: Bool, leader: String?)
    /// What was wanted could not be read; what is shown gets old.
    case unreachable(String)
    case notice(String)

    case history(EnvironmentAddress, filter: String, page: [DeploymentRecord], isFirst: Bool, isComplete: Bool)
    case story(EnvironmentAddress, [Event])
    /// The releases of an application, the newest first.
    /// - `failures`: for each environment and release, the newest deployment of it there that went wrong.
    case releases(String, [RegisteredRelease], failures: [EnvironmentAddress: [String: DeploymentRecord]])
    /// - `isComplete`: whether there is nothing beyond it in its direction.
    case eventPage([Event], EventPlace, isComplete: Bool)
    /// The newest deployments that are over, of all environments, the newest first.
    case lately([EndedDeployment])
    case series([EnvironmentAddress: [String: [Sample]]])
    /// What alarms show now.
    case readings([EnvironmentAddress: [AlarmReading]])
    /// What the ledger said to the order of that number.
    case answered(Int, Answer)
    case themeChanged(String)

    /// What is known so far of a comparison, and what its releases are called.
    case comparison(CompareSubject, from: String, to: String, Comparison)
    case comparisonFailed(CompareSubject, Problem)
    case deployment(DeploymentNews)
    case report(ReportNews)
    case saving(Saving)
    case timeline([EnvironmentAddress: TimelineLane])
    /// The fleet as it was at a moment.
    case past(Timestamp, FleetState)
    case suspects(EnvironmentAddress, at: Timestamp?, SuspectRanking?, problem: String?)
    /// What was read for the explanation of an environment.
    case explained(EnvironmentAddress, ExplanationBackground)
    /// What speaks against a step of a plan, or why that is not known.
    case assessed(CompareSubject, Result<[Finding], Problem>)
    /// What lies between two releases, in short.
    case surveyed(CompareSubject, ChangeSurvey)
    /// The beginning of a patch, for the pane beside a list.
    case preview(PatchSubject, TextChunk?, isComplete: Bool, problem: Problem?)
    /// What a dry run of a plan found to be in the way.
    case planChecked(RollbackPlan, [String])
    case patch(PatchSubject, TextChunk?, isComplete: Bool, problem: Problem?)
}

/// What the dashboard wants done.
public enum Effect: Equatable, Sendable {
    case quit
    case suspend
    /// `upTo` is the last event that counts, in the past; so it is below.
    case loadHistory(EnvironmentAddress, before: Int64?, upTo: Int64?, filter: String)
    case loadStory(EnvironmentAddress, upTo: Int64?)
    case loadReleases(String)
    case loadEvents(EventPlace, upTo: Int64?)
    /// As it was at a moment, `nil` for now; `compares` where what its release brought is wanted, too.
    case loadDeployment(EnvironmentAddress, Int64, at: Timestamp?, compares: Bool)
    case loadReport(ReportSubject)
    /// Writes a report to a new file of that name.
    case saveReport(name: String, text: String)
    /// Samples since a moment.
    case loadSeries([SeriesWish], since: Timestamp)
    case loadLately(upTo: Int64?)
    case loadReadings([EnvironmentAddress])
    /// Writes to the ledger what a person has ordered; whatever becomes of it is answered under that number.
    case order(Int, Act)
    case useTheme(String)
    /// Hands a text to the clipboard of the terminal.
    case copy(String)
    case loadTimeline([EnvironmentAddress])
    /// Reads the fleet as it was at a moment.
    case windBack(Timestamp)
    /// As things were at a moment; `nil` for now.
    case rankSuspects(EnvironmentAddress, at: Timestamp?)
    /// Reads what an explanation needs beside the state.
    case explain(EnvironmentAddress)
    case checkPlan(RollbackPlan)
    /// Looks for what makes each of these unsafe.
    case assess([CompareSubject])
    case compare(CompareSubject)
    /// Looks up in short what lies between two releases.
    case survey(CompareSubject)
    case openPatch(CompareSubject, PatchSubject)
    /// The beginning of a patch, while one only looks at it.
    case previewPatch(CompareSubject, PatchSubject)
    /// Nobody reads on.
    case closePatch
}

/// Which page of the events is wanted.
public enum EventPlace: Equatable, Sendable {
    case newest
    /// Those just before that one.
    case before(Int64)
    /// Those just after that one.
    case after(Int64)
    case oldest
}

/// Which samples of an environment are wanted.
public struct SeriesWish: Equatable, Sendable {
    public var address: EnvironmentAddress
    /// The names of the series; `nil` for all.
    public var names: [String]?

    public init(address: EnvironmentAddress, names: [String]?) {
        self.address = address
        self.names = names
    }
}
