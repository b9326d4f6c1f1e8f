import ArgumentParser
import Compare
import Controller
import Foundation
import Incidents
import Ledger
import Model
import Terminal

struct ShowCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one deployment, whole.",
        discussion: """
            Who asked and who decided, the alarms with their course, each step with its time, what the release \
            brought, what was found on the way back, and what is held since.

            Example: lastgood show checkout/prod-eu 41
            """)

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @Argument(help: ArgumentHelp("The deployment's number, as history has it.", valueName: "deployment"))
    var deployment: String
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { DeploymentItem.self }

    func run() async throws {
        let digits = deployment.hasPrefix("#") ? String(deployment.dropFirst()) : deployment
        guard let id = Int64(digits), id > 0 else {
            throw Failure(.usage, "“\(deployment)” is no number of a deployment", mend: "give one such as 41")
        }
        let session = try common.session()
        let address = try session.environment(environment).address
        let story = try session.ledger.deploymentStory(id, of: address)
        let change = story.change.map {
            session.ledger.releaseChange($0.release, $0.to, at: address, configuration: session.configuration)
        }
        let item = DeploymentItem(story, change)
        if try output.write("deployment", item: item, name: { String($0.deployment) }) { return }
        let clock = ReportClock(
            story.record.requestedAt...max(story.record.requestedAt, story.steps.last?.time ?? .now),
            offset: zoneOffset)
        for line in story.text(change, clock, now: .now) { print(visible(line)) }
    }
}

/// A deployment as scripts see it.
struct DeploymentItem: Fielded {
    struct AlarmItem: Fielded {
        var name: String
        var severity: Severity
        var since: Timestamp
        var until: Timestamp?
        var inAlarmFor: Double
        var onset: Double?
        var peak: Double?
        var threshold: Double
        var unit: Quantity.Unit

        enum CodingKeys: CodingKey, CaseIterable {
            case name, severity, since, until, inAlarmFor, onset, peak, threshold, unit
        }
    }
    struct StepItem: Fielded {
        var sequence: Int64
        var time: Timestamp
        var kind: String
        var actor: String
        var summary: String

        enum CodingKeys: CodingKey, CaseIterable { case sequence, time, kind, actor, summary }
    }
    struct HoldItem: Fielded {
        var release: String
        var reason: String
        var since: Timestamp
        var liftedAt: Timestamp?

        enum CodingKeys: CodingKey, CaseIterable { case release, reason, since, liftedAt }
    }

    var application: String
    var environment: String
    var deployment: Int64
    var release: String
    var from: String?
    var kind: DeploymentRecord.Kind
    var trigger: Trigger
    var actor: String
    var phase: Phase
    var reason: String?
    var outcome: String?
    var requestedAt: Timestamp
    var startedAt: Timestamp?
    var endedAt: Timestamp?
    var takesBack: Int64?
    var takenBackBy: Int64?
    var instances: Int?
    var exchanged: Int?
    var exchangedFor: Double?
    /// How long after the decision a flag was off, so that users were safe; absent where no flag did that.
    var usersSafeAfter: Double?
    /// Of a rollback: whether it has ended what it was done for, and the same in words.
    var helped: Bool?
    var judgement: String?
    var alarms: [AlarmItem]
    var steps: [StepItem]
    var hold: HoldItem?
    var commits: [ComparisonItem.CommitItem]?
    var dependencies: [ComparisonItem.DependencyItem]?
    var safety: [ComparisonItem.FindingItem]?

    enum CodingKeys: CodingKey, CaseIterable {
        case application, environment, deployment, release, from, kind, trigger, actor, phase, reason, outcome,
            requestedAt, startedAt, endedAt, takesBack, takenBackBy, instances, exchanged, exchangedFor, usersSafeAfter,
            helped, judgement, alarms, steps,
            hold, commits, dependencies, safety
    }
    static var parts: [CodingKeys: any Fielded.Type] {
        [
            .alarms: AlarmItem.self, .steps: StepItem.self, .hold: HoldItem.self,
            .commits: ComparisonItem.CommitItem.self, .dependencies: ComparisonItem.DependencyItem.self,
            .safety: ComparisonItem.FindingItem.self,
        ]
    }

    init(_ story: DeploymentStory, _ change: ReleaseChange?) {
        let record = story.record
        (application, environment) = (story.address.application, story.address.environment)
        (deployment, release, from, kind) = (record.id, record.release, story.left, record.kind)
        (trigger, actor, phase) = (record.trigger, story.askedBy ?? record.actor, record.phase)
        (reason, outcome) = (record.reason, record.outcome)
        (helped, judgement) = (record.judgement?.hasHelped, record.judgement?.inWords)
        (requestedAt, startedAt, endedAt) = (story.askedAt ?? record.requestedAt, record.startedAt, record.endedAt)
        (takesBack, takenBackBy) = (story.takesBack, story.takenBackBy)
        instances = story.strategy == nil ? nil : story.instances
        exchanged = story.strategy == nil ? nil : story.exchanged
        exchangedFor = story.exchangedIn?.inSeconds
        usersSafeAfter = story.usersBackIn?.inSeconds
        alarms = story.alarms.map { course in
            AlarmItem(
                name: course.name, severity: course.severity, since: course.since, until: course.until,
                inAlarmFor: course.inAlarm(now: .now).inSeconds, onset: course.onset?.value, peak: course.peak?.value,
                threshold: course.threshold.value, unit: course.threshold.unit)
        }
        steps = story.steps.map {
            StepItem(
                sequence: $0.sequence, time: $0.time, kind: $0.body.kind, actor: $0.actor, summary: $0.summary)
        }
        hold = story.hold.map {
            HoldItem(release: $0.release, reason: $0.reason, since: $0.since, liftedAt: $0.lifted?.time)
        }
        guard let change, change.problem == nil else { return }
        commits = change.commits.map(ComparisonItem.CommitItem.init)
        dependencies = change.dependencies.map(ComparisonItem.DependencyItem.init)
        safety = change.findings.map(ComparisonItem.FindingItem.init)
    }
}
