import Decisions
import Model

/// What happens next, and when; or what a person may do where nothing does.
extension ExplanationWriter {
    var next: [Explanation.Line] {
        var result = [situation]
        if let pause = state.nextStart(policy, now) { result.append(line(.next, pause)) }
        if let until = state.keepOldUntil, until > now, state.instances.contains(where: \.isStandingBy) {
            result.append(
                line(
                    .next, "what served before stands by until \(clock.both(until)), so that going back is a flip",
                    until: until))
        }
        return result
    }

    private var situation: Explanation.Line {
        switch Situation(state) {
        case .setApart: return line(.next, "nothing, until its events follow from each other (`lastgood ledger check`)")
        case .goingBack(let rollback, _):
            return deadline(rollback, "it goes on to its end; a rollback is never rolled back")
        case .inconclusive(let deployment, _): return undecided(deployment)
        case .waiting(let deployment, _):
            let until = evidence.freezes.map(\.until).max()
            return line(
                .next,
                "#\(deployment.id) begins by itself once the gate is open"
                    + (until.map { ", \(ahead($0)) at the earliest" } ?? ""),
                until: until)
        case .alarmWhile(let deployment, let alarm):
            if deployment.bake == nil { return deadline(deployment, "the rollout goes on while \(alarm.label) is on") }
            return bakeEnd(deployment, "once \(alarm.label) is off")
        case .extended(let bake, _): return extended(bake)
        case .compared(let deployment, _):
            guard let bake = deployment.bake, bake.extendedBecause != nil else { return calm }
            return extended(bake)
        case .failed(let deployment):
            let what =
                deployment.isRollback
                ? "a person must act: what ends is started again, and nothing is exchanged"
                : "nothing, until somebody acts; what serves is kept up"
            return line(.next, "\(what) (`lastgood rollback`)", isTrouble: true)
        case .toBeJudged(_, let left): return judgement(left)
        case .inVain(_, let left):
            return line(
                .next,
                "going back from \(left) did not help: another release (`lastgood suspects`), or what changed besides, is "
                    + "to be looked at; `u` on the screen goes forward again", isTrouble: true)
        case .alarm(let alarm):
            if let active = state.activeDeployment, active.phase == .blocked {
                return line(
                    .next, "#\(active.id) waits until \(alarm.label) is off; nothing else, until somebody acts",
                    isTrouble: true)
            }
            return line(
                .next,
                "nothing by itself: \(alarm.label) went on after the last deployment was over, and a person decides "
                    + "whether to go back (`lastgood rollback`)", isTrouble: true)
        case .heldByHand, .held, .calm: return calm
        }
    }

    private func extended(_ bake: Bake) -> Explanation.Line {
        line(
            .next,
            "it is good as soon as nothing is in the way any more, and without a verdict \(ahead(bake.latestEnd))",
            until: bake.latestEnd)
    }

    private var calm: Explanation.Line {
        if let active = state.activeDeployment {
            return active.bake == nil
                ? deadline(active, "the rollout goes on, and its bake follows") : bakeEnd(active, nil)
        }
        if let left = state.releaseTakenBack, state.deployment?.awaitsJudgement ?? false { return judgement(left) }
        if state.pendingRollback != nil { return line(.next, "whoever acts begins the rollback that was asked for") }
        if let live = state.liveRelease, let doubt = state.tenures[live]?.doubt, let policy, !state.isAlarming {
            let end = max(doubt.calmSince ?? doubt.since, state.liveSince ?? doubt.since) + policy.bake.duration
            return line(.next, "\(live) is good again \(ahead(end)), if no alarm goes on before", until: end)
        }
        if state.liveRelease == nil { return line(.next, "nothing, until the first release is deployed") }
        return line(.next, "nothing, until somebody deploys or an alarm goes on")
    }

    private func undecided(_ deployment: Deployment) -> Explanation.Line {
        let what: String
        switch policy?.onInconclusive ?? .hold {
        case .hold: what = "a person decides: `lastgood mark … good`, or `lastgood rollback`"
        case .succeed: what = "it succeeds, as the configuration says"
        case .rollBack: what = "it is taken back, as the configuration says"
        }
        return line(.next, "#\(deployment.id): \(what)", isTrouble: policy?.onInconclusive ?? .hold == .hold)
    }

    /// When a bake is over, and what it takes.
    private func bakeEnd(_ deployment: Deployment, _ condition: String?) -> Explanation.Line {
        guard let bake = deployment.bake else { return line(.next, "its bake goes on") }
        var conditions = [condition].compactMap(\.self)
        if bake.requests < bake.minimumRequests {
            conditions.append("once \(counted(bake.minimumRequests - bake.requests, "more request")) were served")
        }
        if let traffic = bake.traffic, traffic.isLow, let share = policy?.bake.minimumTraffic {
            conditions.append("once there is \(decimal(share)) % of the usual traffic")
        }
        let what = conditions.isEmpty ? "if no alarm goes on before" : conditions.joined(separator: " and ")
        return line(
            .next,
            "\(deployment.release) is good \(ahead(bake.endsAt)) at the earliest, \(what); a high-severity alarm takes "
                + "it back at once", until: bake.endsAt)
    }

    private func deadline(_ deployment: Deployment, _ what: String) -> Explanation.Line {
        guard let policy, let from = deployment.progressDueFrom else { return line(.next, what) }
        let end = from + policy.progressDeadline
        let then = deployment.isRollback ? "it has failed" : "it is taken back"
        return line(.next, "\(what); without progress \(then) \(ahead(end))", until: end)
    }

    private func judgement(_ left: String) -> Explanation.Line {
        guard let policy, let due = judgementDue(state, policy) else {
            return line(.next, "whether going back from \(left) helped is told soon")
        }
        return line(
            .next,
            "whether going back from \(left) helped is told \(ahead(due)) at the earliest, by what the alarms show of the "
                + "time after it", until: due)
    }
}
