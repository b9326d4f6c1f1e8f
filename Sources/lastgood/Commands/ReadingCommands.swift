import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show environments: live release, instances, deployment, alarms, gate.",
        discussion: "Examples: lastgood status 'checkout/*'; lastgood status --stage prod --output json")

    @Flag(help: "Also environments that are dormant: no configuration of whoever acts has them.") var all = false
    @OptionGroup var selection: SelectorOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = try common.session()
        let samples = try? SampleStore(besideLedger: session.configuration.ledger)
        let now = Timestamp.now
        let dormant = all ? try dormant(session) : []
        let chosen =
            dormant.isEmpty
            ? try session.environments(selection.value) : session.configuration.environments(selection.value)
        var items = try chosen.map { environment in
            let state = try session.state(environment.address)
            return StatusItem(
                state, environment.policy, try session.ledger.application(environment.address.application),
                alarms: session.alarms(state, samples, now: now))
        }
        items += try dormant.map { state in
            StatusItem(
                state, EnvironmentPolicy(stage: state.stage, instances: state.instances.count),
                try session.ledger.application(state.address.application),
                alarms: session.alarms(state, samples, now: now))
        }
        if output.output == .json { return try JSON.write("status", items: items) }
        var table = Table(
            ["ENVIRONMENT", "STAGE", "LIVE", "FOR", "LAST GOOD", "INSTANCES", "STATE", "GATE"])
        for item in items { table.add(item.row) }
        table.write()
        if try !session.isLed() {
            writeError("no lastgood process acts here now: what is shown is the last that was known")
        }
    }

    /// What is known of environments that this configuration does not have either.
    private func dormant(_ session: Session) throws -> [EnvironmentState] {
        let fleet = try session.ledger.fleet()
        return fleet.dormant.values.filter { state in
            session.configuration.environment(state.address) == nil
                && selection.value.matches(state.address, stage: state.stage)
        }.sorted { $0.address < $1.address }
    }
}

/// An environment as `status` shows it.
struct StatusItem: Encodable {
    struct Instances: Encodable {
        var desired: Int
        var healthy: Int
        var total: Int
    }
    struct DeploymentItem: Encodable {
        var id: Int64
        var release: String
        var phase: Phase
        var kind: String
        var progress: Double?
        var startedAt: Timestamp?
        var bakeEndsAt: Timestamp?
        var reason: String?
    }
    struct AlarmsItem: Encodable {
        var state: AlarmState
        var inAlarm: [String]
        /// Each alarm with its value now, at its onset and at its peak.
        var items: [AlarmItem]
    }
    struct GateItem: Encodable {
        var state: String
        var reasons: [String]
    }
    struct HoldItem: Encodable {
        var suspect: String
        var reason: String
        var since: Timestamp
    }

    var application: String
    var environment: String
    var stage: String
    var liveRelease: String?
    var liveSince: Timestamp?
    var lastGood: String?
    /// Where a rollback would go now.
    var backTo: String?
    var instances: Instances
    var deployment: DeploymentItem?
    var alarms: AlarmsItem
    var gate: GateItem
    var hold: HoldItem?
    var suspect: Bool
    var problem: String?
    /// The configuration of whoever acts, where it does not have the environment; absent where it does.
    var leftOutBy: String?

    init(
        _ state: EnvironmentState, _ policy: EnvironmentPolicy, _ known: ApplicationState, alarms shown: [ShownAlarm]
    ) {
        application = state.address.application
        environment = state.address.environment
        stage = policy.stage
        liveRelease = state.liveRelease
        liveSince = state.liveSince
        lastGood = state.lastGood(known)?.version
        backTo = state.backTo(known)?.version
        instances = Instances(
            desired: policy.instances, healthy: state.instances.count(where: \.isAvailable),
            total: state.instances.count)
        deployment = state.deployment.map { deployment in
            DeploymentItem(
                id: deployment.id, release: deployment.release, phase: deployment.phase,
                kind: deployment.isRollback ? "rollback" : "forward", progress: state.progress,
                startedAt: deployment.startedAt, bakeEndsAt: deployment.bake?.endsAt,
                reason: deployment.outcome ?? deployment.reason)
        }
        let on = state.alarmsOn.map(\.label)
        let isUnknown = policy.alarms.contains { state.alarmState($0.name) == .insufficientData }
        alarms = AlarmsItem(
            state: !on.isEmpty ? .alarm : isUnknown ? .insufficientData : .ok, inAlarm: on,
            items: shown.map(\.item))
        let reasons = gateReasons(state, application: known)
        gate = GateItem(state: reasons.isEmpty ? "open" : "blocked", reasons: reasons)
        hold = state.hold.map { HoldItem(suspect: $0.suspect, reason: $0.reason, since: $0.since) }
        suspect = state.liveRelease.map { known.suspects[$0] != nil } ?? false
        problem = state.problem
        leftOutBy = state.leftOutBy
    }

    var row: [String] {
        var words: [String] = []
        if let leftOutBy { words.append("dormant: not in \(leftOutBy)") }
        if let deployment, deployment.phase.isActive {
            let percent = deployment.progress.map { " \(Int(towardZero: $0 * 100)) %" } ?? ""
            let kind = deployment.kind == "rollback" ? "rolling back to" : deployment.phase.inWords
            words.append("\(kind) \(deployment.release)\(percent)")
        } else if deployment?.phase == .failed {
            words.append("✗ failed: \(deployment?.reason ?? "")")
        }
        if !alarms.inAlarm.isEmpty { words.append("▲ \(alarms.inAlarm.joined(separator: ", "))") }
        if suspect { words.append("suspect") }
        if words.isEmpty {
            words.append(liveRelease == nil ? "– nothing deployed" : alarms.state == .ok ? "✓ ok" : "? no data")
        }
        return [
            "\(application)/\(environment)", stage, liveRelease ?? "–",
            liveSince.map { (Timestamp.now - $0).inWords } ?? "–", lastGood ?? "–",
            "\(instances.healthy)/\(instances.desired)", words.joined(separator: " · "),
            gate.state == "open" ? "open" : gate.reasons.joined(separator: "; "),
        ]
    }
}

struct AlarmsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms", abstract: "Show alarms, worst first.")

    @OptionGroup var selection: SelectorOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = try common.session()
        let samples = try? SampleStore(besideLedger: session.configuration.ledger)
        let now = Timestamp.now
        let found = try session.environments(selection.value).flatMap { environment in
            session.alarms(try session.state(environment.address), samples, now: now)
        }
        let ranks: [AlarmState: Int] = [.alarm: 0, .insufficientData: 1, .ok: 2]
        let sorted = found.sorted {
            (ranks[$0.status.state] ?? 3, $1.status.severity, $0.address)
                < (ranks[$1.status.state] ?? 3, $0.status.severity, $1.address)
        }
        if output.output == .json {
            return try JSON.write("alarms", items: sorted.map(\.item))
        }
        var table = Table(["STATE", "SEVERITY", "ENVIRONMENT", "ALARM", "VALUE", "ONSET", "PEAK", "EVIDENCE", "FOR"])
        for shown in sorted {
            let (address, alarm, reading) = (shown.address, shown.status, shown.reading)
            let state = alarm.state == .alarm ? "▲ ALARM" : alarm.state == .ok ? "✓ ok" : "? no data"
            let onset = alarm.state == .alarm ? reading?.onset ?? alarm.value : nil
            // Without a reading of now the ledger's value is that of the onset.
            let isNow = reading != nil || alarm.value == nil
            table.add([
                state, alarm.severity.rawValue, address.description, alarm.label,
                isNow ? alarm.condition : "\(alarm.condition) at \(alarm.since.rfc3339)",
                onset.map { "\($0)" } ?? "–", reading?.peak.map { "\($0)" } ?? "–",
                alarm.value == nil ? alarm.count : alarm.evidence, (now - alarm.since).inWords,
            ])
        }
        table.write()
    }
}

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the deployments of an environment, newest first.")

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: .custom { _, _, _ in environmentNames() })
    var environment: String
    @Flag(help: "Group by release.") var releases = false
    @Option(help: "How many deployments at the most.") var limit = 100
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    private struct Item: Encodable {
        var deployment: Int64
        var release: String
        var revision: String?
        var kind: DeploymentRecord.Kind
        var trigger: Trigger
        var actor: String
        var phase: Phase
        var startedAt: Timestamp
        var endedAt: Timestamp?
        var liveFor: Double?
        var reason: String?
        var alarms: [String]
        var isLive: Bool
        var isLastGood: Bool
        var mark: String?
    }

    private struct ReleaseItem: Encodable {
        var release: String
        var deployments: Int
        var liveFor: Double?
        var isLive: Bool
        var isLastGood: Bool
        var mark: String?
    }

    func run() async throws {
        let session = try common.session()
        let address = try session.environment(environment).address
        let state = try session.state(address)
        let application = try session.ledger.application(address.application)
        let lastGood = state.lastGood(application)?.version
        let records = try session.ledger.history(of: address, limit: limit)
        let now = Timestamp.now
        let newestGood = records.first { $0.release == lastGood && $0.phase == .succeeded }?.id
        let items = records.map { record -> Item in
            let started = record.startedAt ?? record.requestedAt
            let liveFor = record.liveFor(now: now)?.inSeconds
            return Item(
                deployment: record.id, release: record.release, revision: record.revision, kind: record.kind,
                trigger: record.trigger, actor: record.actor, phase: record.phase, startedAt: started,
                endedAt: record.endedAt, liveFor: liveFor, reason: record.outcome ?? record.reason,
                alarms: record.alarms, isLive: record.id == state.liveDeployment, isLastGood: record.id == newestGood,
                mark: state.mark(of: record.release, application)?.rawValue)
        }
        if releases { return try writeReleases(items, lastGood: lastGood) }
        if output.output == .json { return try JSON.write("history", items: items) }
        var table = Table(["", "#", "RELEASE", "STARTED", "LIVE FOR", "HOW IT ENDED", "BY", "MARK"], rightAligned: [1])
        for item in items {
            table.add([
                item.isLive ? "▸" : item.isLastGood ? "★" : " ", String(item.deployment), item.release,
                item.startedAt.rfc3339, item.liveFor.map { Duration.seconds($0).inWords } ?? "–",
                "\(item.kind == .rollback ? "rollback " : "")\(item.phase.inWords): \(item.reason ?? "")",
                item.trigger == .automatic ? "automatic" : item.actor, item.mark ?? "",
            ])
        }
        table.write()
        print("▸ live   ★ last good")
    }

    private func writeReleases(_ items: [Item], lastGood: String?) throws {
        var order: [String] = []
        var groups: [String: [Item]] = [:]
        for item in items {
            if groups[item.release] == nil { order.append(item.release) }
            groups[item.release, default: []].append(item)
        }
        let rows = order.map { release in
            let group = groups[release] ?? []
            let times = group.compactMap(\.liveFor)
            return ReleaseItem(
                release: release, deployments: group.count, liveFor: times.isEmpty ? nil : times.reduce(0, +),
                isLive: group.contains(where: \.isLive), isLastGood: release == lastGood, mark: group.first?.mark)
        }
        if output.output == .json { return try JSON.write("releases", items: rows) }
        var table = Table(["", "RELEASE", "DEPLOYMENTS", "LIVE FOR", "MARK"], rightAligned: [2])
        for row in rows {
            table.add([
                row.isLive ? "▸" : row.isLastGood ? "★" : " ", row.release, String(row.deployments),
                row.liveFor.map { Duration.seconds($0).inWords } ?? "–", row.mark ?? "",
            ])
        }
        table.write()
        print("▸ live   ★ last good")
    }
}

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show the audit trail: who did what, when.")

    @Argument(
        help: ArgumentHelp("Environments, by glob.", valueName: "selector"),
        completion: .custom { _, _, _ in environmentNames() })
    var selector: String = "*"
    @Flag(name: [.long, .short], help: "Go on as new events come in.") var follow = false
    @Option(help: ArgumentHelp("From a time (RFC 3339) or an age (15m, 2h) on.", valueName: "t")) var since: String?
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = try common.session()
        var query = EventQuery()
        query.since = try since.map(moment)
        let changes = try session.ledger.changes()
        var version: Int64 = -1
        repeat {
            let current = try changes.version()
            if current != version {
                version = current
                try writeAll(&query, session)
            }
            if follow { try await Task.sleep(for: .milliseconds(100)) }
        } while follow
    }

    private func writeAll(_ query: inout EventQuery, _ session: Session) throws {
        while true {
            let events = try session.ledger.events(query)
            for event in events where isWanted(event) { try write(event) }
            query.after = events.last?.sequence ?? query.after
            if events.count < query.limit { return }
        }
    }

    private func isWanted(_ event: Event) -> Bool {
        guard selector != "*" else { return true }
        return event.address.map { globMatches(selector, $0.description) } ?? false
    }

    private func write(_ event: Event) throws {
        if output.output == .json { return print(try JSON.line(EventLine(event))) }
        let place = event.address?.description ?? event.application ?? ""
        print(visible("\(event.time.rfc3339)  \(place.isEmpty ? "" : "\(place): ")\(event.summary)"))
    }
}

/// A moment as the command line gives it: a time, or an age.
func moment(_ text: String) throws -> Timestamp {
    if let time = Timestamp(rfc3339: text) { return time }
    let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count >= 0 {
        // Before all that was ever written is far enough.
        let (age, isTooLong) = count.multipliedReportingOverflow(by: unit)
        let now = Timestamp.now
        return isTooLong || age > now.milliseconds ? Timestamp(milliseconds: 0) : now - .milliseconds(age)
    }
    throw Failure(
        .usage, "--since is “\(text)”", mend: "give a time such as 2026-11-24T14:00:00Z, or an age such as 15m")
}
