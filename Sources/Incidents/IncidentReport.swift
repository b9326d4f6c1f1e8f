import Compare
import Decisions
import Model

/// An incident in Markdown, for a ticket.
///
/// The timeline may be years long and is handed over line by line: what stands before it is ``opening``, what stands
/// after it is ``closing``.
public struct IncidentReport: Sendable {
    private let incident: Incident
    private let changes: [ReleaseChange]
    private let clock: ReportClock
    private let now: Timestamp
    private let remark: String?
    private let otherChanges: [OtherChanges]

    /// - Parameters:
    ///   - changes: what is known of the releases that were taken back.
    ///   - otherChanges: of each rollback that did not help, what else changed before its alarm.
    ///   - remark: what is to be said of what is not in it; `nil` where nothing is.
    public init(
        _ incident: Incident, changes: [ReleaseChange], otherChanges: [OtherChanges] = [], clock: ReportClock,
        now: Timestamp, remark: String? = nil
    ) {
        self.otherChanges = otherChanges
        (self.incident, self.changes, self.clock, self.now, self.remark) = (incident, changes, clock, now, remark)
    }

    /// The whole of it, where the timeline is short.
    public func text(_ timeline: [TimelineEntry]) -> String {
        let lines = timeline.map { Self.line($0, clock) }.joined()
        return opening + (lines.isEmpty ? "Nothing happened in this time.\n" : lines) + closing
    }

    /// A line of the timeline, with its end.
    public static func line(_ entry: TimelineEntry, _ clock: ReportClock) -> String {
        let place = entry.address.map { " **\(Markdown.text($0.description))**" } ?? ""
        return "- \(clock.both(entry.time))\(place) \(Markdown.text(entry.text))\n"
    }

    // MARK: before the timeline

    public var opening: String {
        let names = Markdown.list(subjects.map { Markdown.text($0.description) })
        var parts = ["# Incident report: \(names)", clock.span(incident.from, incident.until) + "."]
        if let remark { parts.append(Markdown.text(remark)) }
        parts += ["## Summary", sentences.joined(separator: " "), "## Impact", impact]
        parts += ["## Who decided what", decisions, "## Timeline", ""]
        return parts.joined(separator: "\n\n")
    }

    /// What it is about: where something went wrong, else all that was looked at.
    private var subjects: [EnvironmentAddress] {
        incident.troubled.isEmpty ? incident.environments : incident.troubled
    }

    private var impact: String {
        guard !incident.alarms.isEmpty else { return "No alarm was on." }
        let rows = incident.alarms.map { course in
            [
                Markdown.text(course.address.description), Markdown.text(course.label), clock.both(course.since),
                course.inAlarm(now: now).inWords + (course.isOn ? ", still on" : "")
                    + (course.times > 1 ? ", \(course.times) times" : ""),
                course.onset?.description ?? "–", course.peak?.description ?? "–", course.limit,
            ]
        }
        let table = Markdown.table(
            ["environment", "alarm", "went on", "was on for", "at first", "peak", "alarms"], rows)
        return incident.alarmsLeftOut == 0
            ? table : "\(table)\n\n\(counted(incident.alarmsLeftOut, "more alarm")) went on; the timeline has them."
    }

    private var decisions: String {
        guard !incident.decisions.isEmpty else { return "Nobody asked for anything, and nothing was decided." }
        var lines = incident.decisions.map { decision in
            let place = decision.address.map { " **\(Markdown.text($0.description))**" } ?? ""
            return "- \(clock.both(decision.time))\(place) \(Markdown.text(decision.actor)) "
                + Markdown.text(decision.what)
        }
        if incident.decisionsLeftOut > 0 {
            lines.append("- … and \(incident.decisionsLeftOut) more; the timeline has them")
        }
        return lines.joined(separator: "\n")
    }

    // MARK: what happened

    /// What happened, in one paragraph.
    private var sentences: [String] {
        guard !incident.rollbacks.isEmpty else { return withoutRollback }
        var groups: [[Incident.Rollback]] = []
        for rollback in incident.rollbacks {
            let index = groups.firstIndex { known in
                known[0].left == rollback.left && known[0].to == rollback.to
                    && known[0].address.application == rollback.address.application
            }
            if let index { groups[index].append(rollback) } else { groups.append([rollback]) }
        }
        var result = groups.prefix(3).flatMap { story($0) }
        let more = groups.count - 3
        if more > 0 { result.append("\(counted(more, "more release")) \(was(more)) left for another one.") }
        if incident.rollbacksLeftOut > 0 {
            result.append("The timeline has \(counted(incident.rollbacksLeftOut, "more rollback")).")
        }
        if !incident.holds.isEmpty {
            let releases = Set(incident.holds.map(\.release)).sorted().map(bold)
            result.append(
                "\(places(incident.holds.map(\.address))) \(incident.holds.count == 1 ? "is" : "are") held: "
                    + "only a release registered after \(Markdown.list(releases)) gets in.")
        }
        return result
    }

    private var withoutRollback: [String] {
        var result = ["Nothing was rolled back."]
        if incident.deployments > 0 {
            let failed = incident.failures > 0 ? ", of which \(incident.failures) failed" : ""
            result.append(
                "\(counted(incident.deployments, "deployment")) \(was(incident.deployments)) asked for\(failed).")
        }
        for course in incident.alarms.prefix(3) { result.append(onset(course)) }
        if incident.alarms.count > 3 { result.append("\(counted(incident.alarms.count - 3, "more alarm")) went on.") }
        return result
    }

    private func story(_ rollbacks: [Incident.Rollback]) -> [String] {
        let first = rollbacks[0]
        var result: [String] = []
        if let left = first.left {
            let arrivals = rollbacks.compactMap { rollback in
                rollback.arrival.map { "\(place(rollback.address)) at \(clock.short($0.requestedAt))" }
            }
            if let arrival = rollbacks.lazy.compactMap(\.arrival).first, !arrivals.isEmpty {
                let why = arrival.reason.map { " (\(Markdown.text($0)))" } ?? ""
                result.append(
                    "\(bold(left)) came to \(Markdown.list(arrivals)), asked for by \(Markdown.text(arrival.actor))\(why)."
                )
            } else {
                result.append("\(bold(left)) was live in \(places(rollbacks.map(\.address))).")
            }
        }
        let alarms = incident.alarms.filter { course in
            rollbacks.contains { $0.address == course.address && $0.concerns(course) }
        }
        for course in alarms.prefix(3) {
            let arrival = rollbacks.first { $0.address == course.address && $0.concerns(course) }?.arrival
            result.append(onset(course, after: arrival))
        }
        result += decided(rollbacks) + ended(rollbacks)
        let on = alarms.filter(\.isOn)
        if !on.isEmpty {
            let names = Set(on.map(\.label)).sorted().map(bold)
            result.append(
                "The \(names.count == 1 ? "alarm" : "alarms") \(Markdown.list(names)) "
                    + "\(names.count == 1 ? "is" : "are") still on.")
        } else if let last = alarms.max(by: { ($0.until ?? now) < ($1.until ?? now) }), let until = last.until,
            let since = alarms.map(\.since).min()
        {
            result.append("All was quiet again \((until - since).inWords) after the first alarm.")
        }
        return result
    }

    private func onset(_ course: AlarmCourse, after arrival: Incident.Arrival? = nil) -> String {
        let delay = arrival.map { ", \(max(.zero, course.since - $0.requestedAt).inWords) later" } ?? ""
        let value = course.onset.map { " with \($0), where it alarms \(course.limit)" } ?? ""
        let peak = course.peak == course.onset ? "" : course.peak.map { "; the worst was \($0)" } ?? ""
        return "The alarm \(bold(course.label)) went on in \(place(course.address)) at \(clock.short(course.since))"
            + "\(delay)\(value)\(peak)."
    }

    private func decided(_ rollbacks: [Incident.Rollback]) -> [String] {
        // What is said alike of several environments is said once.
        var sentences: [(text: String, places: [EnvironmentAddress])] = []
        for rollback in rollbacks {
            let delay = rollback.alarmSince.map { since -> String in
                let time = max(.zero, rollback.decidedAt - since)
                return time < .seconds(1) ? " at once" : " \(time.inWords) after the alarm"
            }
            let who =
                rollback.actor.map { "\(Markdown.text($0)) had it rolled back" } ?? "lastgood rolled it back by itself"
            let why = rollback.actor == nil ? "" : " (\(Markdown.text(rollback.reason)))"
            let text = "\(who) to \(bold(rollback.to))\(delay ?? "")\(why)"
            if let known = sentences.firstIndex(where: { $0.text == text }) {
                sentences[known].places.append(rollback.address)
            } else {
                sentences.append((text, [rollback.address]))
            }
        }
        return sentences.prefix(3).map { sentence in
            let place = rollbacks.count > 1 ? "In \(places(sentence.places)) " : ""
            // A person's name is written as they write it.
            let isOwn = place.isEmpty && sentence.text.hasPrefix("lastgood rolled")
            let text = isOwn ? "L" + sentence.text.dropFirst() : sentence.text
            return "\(place)\(text)."
        }
    }

    private func ended(_ rollbacks: [Incident.Rollback]) -> [String] {
        var result: [String] = []
        let done = rollbacks.filter { $0.phase == .succeeded }
        if let longest = done.compactMap(\.duration).max(by: { $0.length < $1.length }) {
            let count = done.reduce(0) { $0 + $1.exchanged }
            let exchanged = count > 0 ? "; \(counted(count, "instance")) \(was(count)) exchanged" : ""
            result.append("It took \(done.count > 1 ? "at most " : "")\(longest.inWords)\(exchanged).")
        }
        for rollback in rollbacks where rollback.phase == .failed {
            let why = rollback.outcome.map { ": \(Markdown.text($0))" } ?? ""
            result.append("**The rollback in \(place(rollback.address)) failed**\(why).")
        }
        result += judged(rollbacks)
        let open = rollbacks.filter { $0.phase.isActive }
        if !open.isEmpty { result.append("It is under way in \(places(open.map(\.address))).") }
        return result
    }

    /// Whether it helped, where that is known; what is alike of several is said once.
    private func judged(_ rollbacks: [Incident.Rollback]) -> [String] {
        let known = rollbacks.filter { $0.judgement != nil }
        return known.prefix(3).compactMap { rollback in
            guard let judgement = rollback.judgement else { return nil }
            let place = rollbacks.count > 1 ? " in \(place(rollback.address))" : ""
            switch judgement {
            case .helped(let readings, let after):
                let values = readings.isEmpty ? "" : " (\(Markdown.list(readings.map { Markdown.text($0) })))"
                return
                    "That helped\(place): the alarm was off \(RollbackJudgement.delay(after)) after the decision\(values)."
            case .didNotHelp(let readings):
                return "**That did not help\(place)**: \(Markdown.list(readings.map { Markdown.text($0) })) still; "
                    + "\(rollback.left.map(bold) ?? "what was left") was not the cause."
            case .untold(let reason): return "Whether that helped\(place) cannot be told: \(Markdown.text(reason))."
            }
        }
    }

    private func was(_ count: Int) -> String { count == 1 ? "was" : "were" }
    private func bold(_ text: String) -> String { "**\(Markdown.text(text))**" }
    private func place(_ address: EnvironmentAddress) -> String { Markdown.text(address.description) }
    private func places(_ addresses: [EnvironmentAddress]) -> String { Markdown.list(addresses.map(place)) }

    // MARK: behind the timeline

    public var closing: String {
        var parts = changes.map(described)
        if !otherChanges.isEmpty { parts.append(whatElseChanged) }
        parts.append("## What is held")
        let holds = incident.holds.map { hold in
            "- **\(place(hold.address))** since \(clock.both(hold.since)), until a release registered after "
                + "\(bold(hold.release)) comes or somebody lifts it: \(Markdown.text(hold.reason))"
        }
        parts.append(holds.isEmpty ? "Nothing is held." : holds.joined(separator: "\n"))
        return "\n" + parts.joined(separator: "\n\n") + "\n"
    }

    /// Where going back did not help, something else may be the cause.
    private var whatElseChanged: String {
        let lines = otherChanges.flatMap { changes in
            changes.sentences.map { sentence in
                let place = otherChanges.count > 1 ? "**\(place(changes.address))** " : ""
                return "- \(clock.both(changes.onset)) \(place)\(Markdown.text(sentence))"
            }
        }
        return "## What else changed then\n\n" + lines.joined(separator: "\n")
    }

    private static let commitsShown = 30
    private static let dependenciesShown = 30

    private func described(_ change: ReleaseChange) -> String {
        let title = change.suspicion.map { "The likeliest cause, \($0) %" } ?? "The release taken back"
        var parts = ["## \(title): \(Markdown.text(change.release))"]
        if let problem = change.problem { parts.append("Its source could not be compared: \(Markdown.text(problem)).") }
        if !change.reasons.isEmpty {
            let lines = change.reasons.map {
                "- \($0.weight > 0 ? "" : "for it: ")\(Markdown.text($0.sentence))"
            }
            parts.append("### What speaks against it\n\n" + lines.joined(separator: "\n"))
        }
        if !change.commits.isEmpty { parts.append(commits(change)) }
        if !change.dependencies.isEmpty {
            var lines = change.dependencies.prefix(Self.dependenciesShown).map {
                "- \(Markdown.text(ReleaseChange.words($0))) (\(Markdown.text($0.file)))"
                    + ($0.isMajor ? ", another major version" : "")
            }
            if change.dependencies.count > lines.count {
                lines.append("- … \(change.dependencies.count - lines.count) more")
            }
            parts.append("### Dependencies\n\n" + lines.joined(separator: "\n"))
        }
        let serious = change.findings.filter { $0.level != .note }
        if !serious.isEmpty {
            let lines = serious.map { "- \($0.level.stateWord.word): \(Markdown.text($0.summary))" }
            parts.append("### On the way back to \(Markdown.text(change.to))\n\n" + lines.joined(separator: "\n"))
        }
        if parts.count == 1 { parts.append("It brought no change that is known.") }
        return parts.joined(separator: "\n\n")
    }

    private func commits(_ change: ReleaseChange) -> String {
        let authors = change.authors
        let names = authors.map {
            authors.count > 1 ? "\(Markdown.text($0.name)) (\($0.commits))" : Markdown.text($0.name)
        }
        var lines = change.commits.prefix(Self.commitsShown).map { commit in
            "- `\(commit.revision.prefix(10).filter { $0.isASCII && ($0.isLetter || $0.isNumber) })` "
                + "\(Markdown.text(commit.subject)) – \(Markdown.text(commit.author))"
        }
        if change.commits.count > lines.count { lines.append("- … \(change.commits.count - lines.count) more") }
        return "### \(counted(change.commits.count, "commit")) since \(Markdown.text(change.to)), by "
            + "\(Markdown.list(names))\n\n" + lines.joined(separator: "\n")
    }
}

extension Incident.Rollback {
    /// Whether an alarm was on at some time between the coming of the release that was left and the decision to leave it.
    fileprivate func concerns(_ course: AlarmCourse) -> Bool {
        guard course.since <= decidedAt else { return false }
        guard let arrival, let until = course.until else { return true }
        return until >= arrival.requestedAt
    }
}
