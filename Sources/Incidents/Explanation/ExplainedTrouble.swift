import Decisions
import Model

/// The alarms with what they do, the gate, what is held and what is suspect.
extension ExplanationWriter {
    var alarms: [Explanation.Line] {
        let on = state.alarmsOn.map { alarm in
            line(.alarm, "\(alarm.sentence) \(since(alarm.since)): \(effect(alarm))", isTrouble: true)
        }
        let silent = (policy?.alarms ?? []).map(\.name).filter { state.alarmState($0) == .insufficientData }.map {
            name in
            let why = state.alarms.first { $0.name == name && $0.state == .insufficientData }?.note
            return why.map { "\(name) (\($0))" } ?? name
        }
        if !silent.isEmpty, state.liveRelease != nil {
            let text = "no data for \(silent.joined(separator: ", ")): neither good nor bad, but no bake passes on it"
            return on + [line(.alarm, text)]
        }
        return on.isEmpty && state.liveRelease != nil ? [line(.alarm, "no alarm is on")] : on
    }

    /// What an alarm that is on brings about.
    private func effect(_ alarm: AlarmStatus) -> String {
        guard let policy else { return "nobody judges it: the configuration does not have this environment" }
        var effects: [String] = []
        let surroundings = evidence.surroundings
        let aggregate = state.highSeverity(policy.highSeverity) { alarm, _ in surroundings.state(of: alarm) }
        let closes = aggregate.own.contains(alarm.name)
        let takesBack = closes || (alarm.scope == .instance && state.instanceAlarmsSince != nil)
        if let active = state.activeDeployment, !active.phase.isWaiting {
            if active.isRollback {
                effects.append("a rollback is never taken back")
            } else if active.alarmsOnBefore.contains(alarm.identity) {
                effects.append("it was on before #\(active.id), so that it takes nothing back")
            } else if takesBack {
                effects.append("it takes #\(active.id) back at once")
            } else {
                effects.append("it takes nothing back, and no bake passes while it is on")
            }
        } else if case .toBeJudged(alarm, let left) = Situation(state) {
            effects.append("it went on before \(left) was left, and what it shows yet is of that time")
        } else if case .inVain(alarm, let left) = Situation(state) {
            effects.append("it stayed on after \(left) was left")
        } else if takesBack, let live = state.liveRelease, state.tenures[live]?.doubt != nil {
            effects.append("it puts \(live) in question; nothing is under way that it could take back")
        } else {
            effects.append("nothing is under way that it could take back")
        }
        if closes, surroundings.policy.alarms.contains(.this) { effects.append("it closes the gate") }
        return effects.joined(separator: ", and ")
    }

    // MARK: the gate

    var gate: [Explanation.Line] {
        let reasons = gateReasons(
            state, application: evidence.application, freezes: evidence.freezes, surroundings: evidence.surroundings,
            traffic: evidence.traffic)
        guard !reasons.isEmpty else {
            let freeze = evidence.background.nextFreezeChange.map { "; a freeze begins \(ahead($0))" } ?? ""
            return [line(.gate, "the gate is open\(freeze)", until: evidence.background.nextFreezeChange)]
        }
        return reasons.map { reason in
            let until = reason.until.map { ", which ends \(ahead($0))" } ?? ""
            return line(.gate, "the gate is closed: \(reason.summary)\(until)", until: reason.until)
        }
    }

    // MARK: what is held

    var hold: [Explanation.Line] {
        var result: [Explanation.Line] = []
        if let hold = state.hold {
            let rollback = state.deployment.flatMap { deployment -> String? in
                guard case .rollback(_, hold.suspect) = deployment.kind else { return nil }
                return deployment.trigger == .automatic ? "lastgood" : deployment.actor
            }
            result.append(
                line(
                    .hold,
                    "\(hold.suspect) was taken back\(rollback.map { " by \($0)" } ?? "") and is kept out \(since(hold.since)), "
                        + "\(hold.until.inWords) or somebody lifts it (`lastgood hold release`): \(hold.reason)"))
        }
        if let hold = state.handHold {
            result.append(
                line(.hold, "\(hold.actor) holds it \(since(hold.since)): \(hold.reason); \(hold.untilInWords)"))
        }
        return result
    }

    // MARK: what may have brought it

    var suspects: [Explanation.Line] {
        var result: [Explanation.Line] = []
        let known = evidence.application.suspects.sorted { ($1.value.since, $0.key) < ($0.value.since, $1.key) }
        for (release, suspicion) in known.prefix(Self.suspectsTold) {
            let place = suspicion.environment.map { $0 == state.address ? " here" : " in \($0)" } ?? ""
            let isLive = release == state.liveRelease
            result.append(
                line(
                    .suspect,
                    "\(release)\(isLive ? ", which is live," : "") is suspect\(place) \(since(suspicion.since)): "
                        + suspicion.reason, isTrouble: isLive))
        }
        if known.count > Self.suspectsTold {
            result.append(
                line(.suspect, "\(counted(known.count - Self.suspectsTold, "more release")) of it are suspect"))
        }
        if let ranking = evidence.background.ranking, let alarm = ranking.alarm, let first = ranking.suspects.first {
            let percent = ranking.percents.first ?? 0
            let why = first.reasons.first { $0.weight > 0 }.map { ": \($0.sentence)" } ?? ""
            result.append(
                line(.suspect, "\(first.release) is the likeliest cause of \(alarm.label), \(percent) %\(why)"))
        }
        for kin in evidence.kin.prefix(Self.suspectsTold) {
            let release =
                kin.hasSameRelease ? "runs \(kin.release ?? "it"), too" : "runs \(kin.release ?? "another release")"
            let alarms = kin.alarms.isEmpty ? "no alarm is on there" : "\(kin.alarms.joined(separator: ", ")) on"
            result.append(line(.suspect, "\(kin.address) \(release): \(alarms)", isTrouble: !kin.alarms.isEmpty))
        }
        return result
    }

    private static let suspectsTold = 3

    var otherChanges: [Explanation.Line] {
        guard let changes = evidence.background.otherChanges else { return [] }
        return changes.sentences.map { line(.otherChange, $0, isTrouble: false) }
    }
}
