import Decisions
import Model

/// How the newest deployment stands, and where a rollback would go.
extension ExplanationWriter {
    var deployment: [Explanation.Line] {
        if let pending = state.pendingRollback {
            return [line(.deployment, "\(pending.actor) has asked for a rollback \(since(pending.since))")] + newest
        }
        return newest
    }

    private var newest: [Explanation.Line] {
        guard let deployment = state.deployment else { return [] }
        let head = "#\(deployment.id), \(deployment.release) by \(deployment.actor)"
        switch deployment.phase {
        case .pending:
            let since = deployment.preparingSince.map { ", since \(clock.both($0))" } ?? ""
            return [line(.deployment, "\(head), is about to begin: its artifact is made ready\(since)")]
        case .blocked: return [line(.deployment, "\(head), stands at the gate: \(deployment.outcome ?? "")")]
        case .rollingOut:
            return [line(.deployment, rollout(head, deployment), isTrouble: deployment.isRollback)]
                + comparison(deployment)
        case .baking: return bake(head, deployment) + comparison(deployment)
        case .rollingBack: return [line(.deployment, "\(head), is being taken back", isTrouble: true)]
        case .succeeded where deployment.isRollback: return rollback(deployment)
        case .failed:
            let what = deployment.isRollback ? "the rollback to \(deployment.release) (#\(deployment.id))" : head
            return [line(.deployment, "\(what) failed: \(deployment.outcome ?? "")", isTrouble: true)]
        case .succeeded, .rolledBack, .cancelled:
            let ended = deployment.endedAt.map { " at \(clock.both($0))" } ?? ""
            return [
                line(
                    .deployment,
                    "\(head), ended\(ended): \(deployment.phase.stateWord.word), \(deployment.outcome ?? "")")
            ]
        }
    }

    /// How its release does beside the one before it, where that is worth saying.
    private func comparison(_ deployment: Deployment) -> [Explanation.Line] {
        guard let found = deployment.comparison else { return [] }
        return [line(.deployment, found.inWords(deployment.release), isTrouble: found.outcome != .notTheRelease)]
    }

    private func rollout(_ head: String, _ deployment: Deployment) -> String {
        let what =
            deployment.isRollback
            ? "\(deployment.release) comes back (#\(deployment.id), by \(deployment.actor))" : "\(head), rolls out"
        let flag = state.areUsersBack ? ", its flag is off and users are back" : ""
        let count = "\(state.instancesDone) of \(counted(deployment.instances, "instance"))"
        let box: String
        if case .baking(let until) = deployment.oneBox {
            box = "; one box bakes alone until \(clock.both(until))"
        } else {
            box = ""
        }
        let why = deployment.isRollback ? (deployment.reason.map { ", because of \($0)" } ?? "") : ""
        return "\(what), \(deployment.strategy.inWords): \(count) serve it\(flag)\(box)\(why)"
    }

    /// `baking: 4 of 15 min, 61 of 100 requests`.
    private func bake(_ head: String, _ deployment: Deployment) -> [Explanation.Line] {
        guard let bake = deployment.bake else { return [line(.deployment, "\(head), bakes")] }
        let time = "\(Condition.countdown(bake, now))"
        let requests =
            bake.minimumRequests > 0
            ? ", \(min(bake.requests, bake.minimumRequests)) of \(counted(bake.minimumRequests, "request"))" : ""
        var result = [line(.deployment, "\(head), bakes: \(time)\(requests)", until: bake.endsAt)]
        if let why = bake.inconclusiveBecause {
            result.append(line(.deployment, "its bake came to no verdict: \(why)", isTrouble: true))
        } else if let why = bake.extendedBecause {
            result.append(
                line(.deployment, "its bake is extended until \(clock.both(bake.latestEnd)) at the most: \(why)"))
        } else if let usual = bake.traffic?.usual, let share = policy?.bake.minimumTraffic {
            result.append(
                line(
                    .deployment,
                    "traffic \(usual.inWords), by \(counted(usual.days, "day")): with less than \(decimal(share)) % of it "
                        + "the bake does not pass"))
        }
        return result
    }

    private func rollback(_ deployment: Deployment) -> [Explanation.Line] {
        var left = ""
        if case .rollback(_, let suspect?) = deployment.kind { left = " from \(suspect)" }
        let by = deployment.trigger == .automatic ? "lastgood by itself" : deployment.actor
        let ended = deployment.endedAt.map { " at \(clock.both($0))" } ?? ""
        let why = deployment.reason.map { ": \($0)" } ?? ""
        let done = line(
            .deployment, "#\(deployment.id), \(by), went back\(left) to \(deployment.release)\(ended)\(why)")
        guard let judgement = deployment.judgement else { return [done] }
        return [done, line(.deployment, "that \(judgement.inWords)", isTrouble: judgement.hasHelped == false)]
    }

    // MARK: where r goes

    var backTo: [Explanation.Line] {
        guard let policy else { return [] }
        switch proposeRollback(state, application: evidence.application, policy: policy) {
        case .failure(let refusal): return [line(.backTo, "a rollback goes nowhere now: \(refusal.reason)")]
        case .success(let proposal):
            let good = proposal.toGoodSince.map { ", good since \(clock.both($0))" } ?? ", \(proposal.why(now: now))"
            let how = proposal.way.sentence.map { ", \($0)" } ?? ", \(proposal.way.inWords)"
            let past = Duration.median(evidence.background.rollbackTimes).map { middle in
                "; rollbacks here took \(middle.inWords) (\(counted(evidence.background.rollbackTimes.count, "rollback")))"
            }
            let text =
                "a rollback goes back to \(proposal.to)\(good)\(how), "
                + "\(counted(proposal.instances, "instance"))\(past ?? "")"
            return [line(.backTo, text)] + proposal.warnings.map { line(.backTo, $0, isTrouble: true) }
        }
    }
}
