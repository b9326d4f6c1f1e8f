import Compare
import Controller
import Decisions
import Foundation
import Incidents
import Ledger
import Model

/// Which part of the ledger tells of an incident.
struct IncidentSpan {
    var from: Timestamp
    var until: Timestamp
    var environments: [EnvironmentAddress]
    /// Whether it is not over, and nobody asks about the past.
    var reachesNow = false

    /// Clocks may have been set: it never ends before it begins.
    var inOrder: IncidentSpan {
        var result = self
        result.until = max(from, until)
        return result
    }
}

extension SQLiteLedger {
    /// Reads what happened, an event after the other: it may be years long.
    /// - Parameter told: is given each line of the timeline, in order.
    func readIncident(_ span: IncidentSpan, _ told: (TimelineEntry) throws -> Void) throws -> Incident {
        var reading = IncidentReading(from: span.from, until: span.until, environments: span.environments)
        var events = EventSpan()
        (events.since, events.until, events.kinds) = (span.from, span.until, .without(IncidentReading.passedOver))
        events.subjects =
            span.environments.map(Subject.environment)
            + Set(span.environments.map(\.application)).sorted().map(Subject.application) + [.ledger]
        let chosen = Set(span.environments)
        var plans: [Int64: Bool] = [:]
        func concerns(_ id: Int64) throws -> Bool {
            if let known = plans[id] { return known }
            let concerns = try plan(id)?.plan.steps.contains { chosen.contains($0.address) } ?? false
            plans[id] = concerns
            return concerns
        }
        try forEachEvent(in: events) { event in
            if case .planMade = event.body {
                guard try concerns(event.sequence) else { return }
            } else if let id = event.body.planID {
                guard try concerns(id) else { return }
            }
            for entry in reading.take(event) { try told(entry) }
        } pageEnd: {
            try StandardOutput.check()
        }
        for entry in reading.finish() { try told(entry) }
        var incident = reading.incident
        // What was lifted after the span is not held any more.
        if !span.reachesNow {
            let held = try Set(span.environments.filter { try environment($0)?.hold != nil })
            incident.keepHolds { held.contains($0.address) }
        }
        if let samples = try? SampleStore(besideLedger: path) {
            incident.measure { address, name in
                let known = (try? samples.series(of: address, since: span.from, named: [name])[name]) ?? []
                return known.filter { $0.time <= span.until }
            }
            // What is read now says nothing of what is over.
            if span.reachesNow { incident.read { (try? samples.readings(of: $0)) ?? [] } }
        }
        return incident
    }

    /// What the releases that were taken back had brought, and what spoke against them when that was decided.
    func changes(_ incident: Incident, configuration: Configuration) -> [ReleaseChange] {
        if incident.pairs.isEmpty, let likely = likeliestCause(incident, configuration: configuration) {
            return [likely]
        }
        return incident.pairs.prefix(Self.releasesCompared).map { pair in
            var change = releaseChange(pair.left, pair.to, at: pair.address, configuration: configuration)
            if let then = try? past(pair.decidedAt),
                let ranking = try? rankSuspects(pair.address, configuration: configuration, at: then)
            {
                change.reasons = ranking.suspects.first { $0.release == pair.left }?.reasons ?? []
            }
            return change
        }
    }

    /// The release that an alarm is most likely due to, where nothing was rolled back for it yet.
    private func likeliestCause(_ incident: Incident, configuration: Configuration) -> ReleaseChange? {
        guard let address = incident.alarms.first(where: \.isOn)?.address,
            let ranking = try? rankSuspects(address, configuration: configuration),
            let first = ranking.suspects.first, first.share >= 0.5, let before = first.replaced
        else { return nil }
        var change = releaseChange(first.release, before, at: address, configuration: configuration)
        (change.reasons, change.suspicion) = (first.reasons, ranking.percents.first)
        return change
    }

    /// More releases than this are not compared for one report.
    private static let releasesCompared = 3

    func releaseChange(
        _ release: String, _ to: String, at address: EnvironmentAddress, configuration: Configuration
    ) -> ReleaseChange {
        do {
            let request = try compareRequest(address, from: release, to: to, configuration: configuration)
            return ReleaseChange(release: release, to: to, Comparison.run(request))
        } catch {
            return ReleaseChange(release: release, to: to, problem: Failure(error).message)
        }
    }
}

// MARK: which incident

extension SQLiteLedger {
    /// The span of the newest incident of an environment, or of one of its deployments, and the environments that it
    /// took in: those of the application in which the same release was taken back then, or is live while an alarm is on.
    /// - Parameters:
    ///   - others: the other environments of the application.
    ///   - moment: the past in which somebody asks; `nil` for now.
    func incidentSpan(
        of address: EnvironmentAddress, deployment: Int64? = nil, others: [EnvironmentAddress],
        at moment: PastMoment? = nil
    ) throws -> IncidentSpan {
        let now = moment?.time ?? .now
        var records = try history(of: address, limit: Self.recordsRead, at: moment)
        if let deployment, !records.contains(where: { $0.id == deployment }) {
            records = try history(of: address, before: deployment.next, limit: Self.recordsRead)
        }
        let state = try environment(address, at: moment)
        let course = Course(records, picked: deployment, state)
        let isNow = moment == nil
        var span = try span(of: course, in: address, state, now, isNow)
        guard let release = course.release else { return span.inOrder }
        // Whichever of its environments somebody asks about, it is the same incident.
        let heart = course.main?.requestedAt ?? state?.alarmsOn.map(\.since).min() ?? now
        for other in others where other != address {
            let known = try history(of: other, limit: Self.recordsRead, at: moment)
            let state = try environment(other, at: moment)
            let left = known.first { record in
                record.kind == .rollback && record.leaving == release
                    && max(record.requestedAt - heart, heart - record.requestedAt) <= Course.longest
            }
            let isInAlarm = state?.liveRelease == release && state?.alarmsOn.isEmpty == false
            guard left != nil || isInAlarm else { continue }
            let there = try self.span(
                of: Course(known, picked: left?.id, state), in: other, state, now, isNow)
            span.reachesNow = span.reachesNow || there.reachesNow
            span.environments.append(other)
            span.from = min(span.from, there.from)
            span.until = max(span.until, there.until)
        }
        return span.inOrder
    }

    private func span(
        of course: Course, in address: EnvironmentAddress, _ state: EnvironmentState?, _ now: Timestamp, _ isNow: Bool
    ) throws -> IncidentSpan {
        var since = course.beginning
        if let end = course.main, since.map({ end.requestedAt - $0 > Course.longest }) ?? true {
            // The release had long been live: it began with the alarm.
            let alarms = try alarmsGoneOn(of: address, from: nil, upTo: end.id, limit: 50).map(\.since)
            let first = alarms.filter { end.requestedAt - $0 <= Course.longest }.min()
            since = (first ?? end.requestedAt) - .seconds(60)
        }
        if course.main == nil, let alarm = state?.alarmsOn.map(\.since).min() {
            since = max(since ?? alarm - .seconds(60), alarm - Course.longest)
        }
        return IncidentSpan(
            from: min(since ?? now - .seconds(3600), now), until: min(now, course.end ?? now), environments: [address],
            reachesNow: isNow && course.end.map { $0 >= now } ?? true)
    }

    private static let recordsRead = 200

    /// The deployments of one environment that an incident is about.
    private struct Course {
        /// The rollback, or what failed; `nil` where nothing went wrong but an alarm.
        var main: DeploymentRecord?
        /// What brought it.
        private var cause: DeploymentRecord?
        /// The release that was left.
        var left: String?
        private var next: DeploymentRecord?
        /// What is live while an alarm is on about which nothing was done yet.
        private var inAlarm: String?

        /// What was longer ago is another story.
        static let longest: Duration = .seconds(6 * 3600)

        /// - Parameter records: the newest first.
        init(_ records: [DeploymentRecord], picked: Int64?, _ state: EnvironmentState?) {
            let newest = records.firstIndex { record in
                record.kind == .rollback || [.failed, .rolledBack, .rollingBack].contains(record.phase)
            }
            let live = records.firstIndex { $0.id == state?.liveDeployment }
            if let alarm = state?.alarmsOn.map(\.since).min(), picked == nil || picked == state?.liveDeployment,
                newest.map({ live ?? .max < $0 || records[$0].endedAt.map { $0 < alarm } ?? false }) ?? true
            {
                // The alarm is on with what is live, and nothing was done about it yet: what is over is another story.
                cause = live.map { records[$0] }
                inAlarm = state?.liveRelease
                return
            }
            let start = picked.map { id in records.firstIndex { $0.id == id } } ?? newest
            guard var index = start else {
                cause = records.first
                return
            }
            // A release that was taken back: what took it back tells the rest.
            if records[index].kind != .rollback, index > 0, records[index - 1].kind == .rollback { index -= 1 }
            main = records[index]
            next = records[..<index].last { $0.kind != .rollback }
            guard records[index].kind == .rollback else {
                cause = records[index]
                return
            }
            left = records[index].leaving
            cause = records[(index + 1)...].first { $0.kind != .rollback && $0.release == left }
        }

        /// The release that it is about: the one that was left, or that is live while an alarm is on.
        var release: String? { left ?? inAlarm }

        var beginning: Timestamp? { cause?.requestedAt }

        /// When it was over at the latest; `nil` where it may not be.
        var end: Timestamp? {
            let calm = main?.endedAt.map { $0 + .seconds(7200) }
            return [next.map { $0.requestedAt - .milliseconds(1) }, calm].compactMap { $0 }.min()
        }
    }
}

/// How many seconds the zone of this process is east of UTC at a moment.
func zoneOffset(_ time: Timestamp) -> Int {
    var seconds = time_t(time.milliseconds / 1000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return parts.tm_gmtoff
}
