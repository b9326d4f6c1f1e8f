import Compare
import Model

/// A deployment in lines: what the screen and `show` say of it is the same.
extension DeploymentStory {
    /// A fact, and what it is called.
    public struct Fact: Equatable, Sendable {
        public var name: String
        public var text: String
        /// Whether something is wrong.
        public var isTrouble = false
    }

    /// What is to be known of it, the most important first.
    public func facts(_ clock: ReportClock, now: Timestamp) -> [Fact] {
        var facts: [Fact] = []
        func add(_ name: String, _ text: String?, isTrouble: Bool = false) {
            if let text, !text.isEmpty { facts.append(Fact(name: name, text: text, isTrouble: isTrouble)) }
        }
        let ending = record.outcome.map { ": \($0)" } ?? ""
        add(
            "state", "\(record.phase.stateWord)\(ending)",
            isTrouble: [.failed, .rolledBack, .rollingBack].contains(record.phase))
        add("who", "\(who), \(clock.both(askedAt ?? record.requestedAt))")
        add("why", record.reason)
        add("whether", record.judgement?.inWords, isTrouble: record.judgement?.hasHelped == false)
        add("users safe", usersBackIn.map { "\($0.inWords) after the decision, \(strategy?.inWords ?? "")" })
        if let duration = record.rollbackDuration {
            let count = exchanged > 0 ? ", \(counted(exchanged, "instance")) exchanged" : ""
            add("how long", duration.inWords + count)
        } else if let exchangedIn, exchanged > 0 {
            add("how long", "\(counted(exchanged, "instance")) exchanged in \(exchangedIn.inWords)")
        } else if instances > 0, record.phase.isActive {
            add("how far", "\(exchanged) of \(counted(instances, "instance")) exchanged")
        }
        if let live = record.liveFor(now: now) {
            add("live for", live.inWords + (record.liveUntil == nil ? ", still" : ""))
        }
        for course in alarms {
            let time = course.inAlarm(now: now).inWords
            let values = [
                course.onset.map { "\($0) at first" }, course.peak.map { "peak \($0)" }, course.limit,
            ].compactMap { $0 }.joined(separator: ", ")
            add(
                "alarm",
                "\(course.label) from \(clock.short(course.since)) for \(time)\(course.isOn ? ", still on" : ""): \(values)",
                isTrouble: course.isOn)
        }
        add("takes back", takesBack.map { "#\($0)" })
        add("taken back by", takenBackBy.map { "#\($0)" }, isTrouble: true)
        if let hold {
            add(
                "held since",
                "\(clock.both(hold.since)), until a release registered after \(hold.release): \(hold.reason)")
            if let lifted = hold.lifted { add("lifted", "\(clock.both(lifted.time)): \(lifted.reason)") }
        }
        return facts
    }

    /// What it is, in a line: `#41 rollback from 1.9.0 to 1.8.2`.
    public var title: String {
        switch record.kind {
        case .rollback: "#\(record.id) rollback\(left.map { " from \($0)" } ?? "") to \(record.release)"
        case .forward: "#\(record.id) \(record.release)\(left.map { " after \($0)" } ?? "")"
        case .observed: "#\(record.id) \(record.release), seen\(left.map { " after \($0)" } ?? "")"
        }
    }

    /// All of it for a terminal without a screen.
    public func text(_ change: ReleaseChange?, _ clock: ReportClock, now: Timestamp) -> [String] {
        var lines = ["\(address)  \(title)", ""]
        let facts = facts(clock, now: now)
        let width = facts.map(\.name.count).max() ?? 0
        for fact in facts {
            lines.append(
                "\(fact.name)\(String(repeating: " ", count: width - fact.name.count))  \(Secrets.hiding(in: fact.text))"
            )
        }
        if let change {
            lines += ["", "What \(change.release) brought against \(change.to):"]
            lines += change.lines.map { "  \(Secrets.hiding(in: $0))" }
        }
        lines += ["", "Steps:"]
        lines += steps.map { "  \(clock.both($0.time))  \(Secrets.hiding(in: $0.summary))" }
        return lines
    }
}

extension ReleaseChange {
    /// What it brought, in lines; never empty.
    public var lines: [String] {
        var lines: [String] = []
        if let problem { lines.append("its source could not be compared: \(problem)") }
        lines += findings.filter { $0.level != .note }.map { "\($0.level.stateWord): \($0.summary)" }
        if !commits.isEmpty {
            let names = authors.map { "\($0.name) (\($0.commits))" }.joined(separator: ", ")
            lines.append("\(counted(commits.count, "commit")) by \(names)")
            lines += commits.prefix(100).map { "\($0.revision.prefix(10))  \($0.subject)  – \($0.author)" }
            if commits.count > 100 { lines.append("… \(commits.count - 100) more") }
        }
        if !dependencies.isEmpty {
            lines.append(counted(dependencies.count, "dependency", plural: "dependencies"))
            lines += dependencies.prefix(100).map {
                Self.words($0) + ($0.isMajor ? ", another major version" : "")
            }
            if dependencies.count > 100 { lines.append("… \(dependencies.count - 100) more") }
        }
        return lines.isEmpty ? ["no change that is known"] : lines
    }
}
