import Model

/// What a plan finds in the environment of a step that it has not begun.
public enum StepProspect: Equatable, Sendable {
    /// What whoever made the plan saw: it can be begun, as far as others are concerned.
    case asSeen
    /// Somebody else is changing it; where that ends is waited for.
    case changing
    /// Somebody else has brought it to the step's release.
    case there
    /// Somebody else has brought it to another release.
    case overtaken(Overtaking)
    /// A rollback of somebody else's to the step's release has failed, for the reason that is said: a person has to act.
    case stuck(String)
}

extension EnvironmentState {
    /// What others have done here since a plan was made; the plan and whoever is asked about it look at the same.
    public func prospect(of step: RollbackPlan.Step) -> StepProspect {
        guard let leaving = step.leaving, let found = releaseInQuestion, found != leaving else { return .asSeen }
        // What was asked for since it came there is not this plan's to take back.
        if isWhole(on: step.to) || (found == step.to && liveRelease == step.to) { return .there }
        // A flag has brought users there, and the instances stay.
        if flagTakenBack?.previous == step.to, activeDeployment?.hasChangedSomething != true, pendingRollback == nil {
            return .there
        }
        // It may end where the step would, or be taken back to where it was.
        if activeDeployment?.phase == .rollingOut || activeDeployment?.isRollback == true || pendingRollback != nil {
            return .changing
        }
        if let failed = failedRollback, failed.release == step.to {
            return .stuck(
                "the rollback to \(step.to) by \(failed.actor) (#\(failed.id)) failed: \(failed.outcome ?? "")")
        }
        return .overtaken(lastChange)
    }

    /// Who brought the environment to what it runs or was about to run.
    var lastChange: Overtaking {
        let release = releaseInQuestion ?? ""
        if let failed = failedRollback {
            // It got there, or what it was to take back is still the last that was done.
            let change = liveRelease == failed.release ? failed : takenBack
            if let change { return Overtaking(release: change.release, deployment: change.id, actor: change.actor) }
            return Overtaking(release: release, deployment: liveRelease == release ? liveDeployment : nil)
        }
        if let deployment, deployment.hasChangedSomething {
            return Overtaking(release: release, deployment: deployment.id, actor: deployment.actor)
        }
        return Overtaking(release: release, deployment: liveDeployment)
    }
}

extension Deployment {
    /// Whether an instance of it may ever have run.
    var hasChangedSomething: Bool {
        switch phase {
        case .pending, .blocked, .cancelled: false
        case .rollingOut, .baking, .succeeded, .failed, .rollingBack, .rolledBack: true
        }
    }
}

extension PlanState {
    /// What going on would find in each environment that is not settled and not under way.
    ///
    /// - Parameter environments: `nil` for one that nobody carries.
    public func left(
        _ environments: (EnvironmentAddress) -> EnvironmentState?
    ) -> [(step: RollbackPlan.Step, prospect: StepProspect)] {
        zip(plan.waves.joined(), statuses.joined()).compactMap { step, status in
            guard status == .waiting || status.ending?.failure != nil else { return nil }
            return (step, environments(step.address)?.prospect(of: step) ?? .asSeen)
        }
    }
}
