import Model

/// Why a deployment must be taken back, in words, and through which alarms.
struct RollbackTrigger: Equatable {
    var reason: String
    var alarms: [String]
    /// Whether the release is thought to have caused it; what befell it makes no release suspect.
    var blamesRelease = true

    /// The semantics' first rule: what rolls a deployment back that is rolling out or baking.
    ///
    /// What was on when the deployment began (`alarmsOnBefore`) has closed its gate, and was told to whoever went past it
    /// with an override. Until it has been off once it triggers nothing, also where the same release has raised it in a
    /// deployment before: it would else be taken back at once, and an override would be none. It counts as no health
    /// either, so that no bake passes over it; and once it has been off, it is like any other.
    static func find(
        _ state: EnvironmentState, _ deployment: Deployment, _ policy: EnvironmentPolicy,
        _ surroundings: GateSurroundings, _ now: Timestamp
    ) -> RollbackTrigger? {
        byAggregate(state, deployment, policy, surroundings) ?? byInstanceAlarms(state, deployment, policy)
            ?? byRollout(state, deployment, policy, now) ?? byHealth(state, deployment, policy)
            ?? byComparison(deployment, policy)
    }

    private static func byComparison(_ deployment: Deployment, _ policy: EnvironmentPolicy) -> RollbackTrigger? {
        guard let comparison = deployment.comparison, comparison.outcome == .worse, !policy.comparison.isOff else {
            return nil
        }
        return RollbackTrigger(reason: comparison.inWords(deployment.release), alarms: [])
    }

    private static func byAggregate(
        _ state: EnvironmentState, _ deployment: Deployment, _ policy: EnvironmentPolicy,
        _ surroundings: GateSurroundings
    ) -> RollbackTrigger? {
        // What is on elsewhere is not among the alarms that were on before: it is told by when it went on.
        let aggregate = state.highSeverity(policy.highSeverity, ignoring: deployment.alarmsOnBefore) {
            surroundings.state(of: $0, isNegated: $1, for: deployment)
        }
        guard aggregate.state == .alarm else { return nil }
        let causes = state.alarmsOn.filter {
            aggregate.own.contains($0.name) && !deployment.alarmsOnBefore.contains($0.identity)
        }
        let sentences = causes.map(\.sentence) + aggregate.elsewhere.map(surroundings.sentence)
        return RollbackTrigger(
            // What is off can be what it is for.
            reason: "alarm "
                + (sentences.isEmpty ? policy.highSeverity?.inWords ?? "" : sentences.joined(separator: "; ")),
            alarms: causes.map(\.label) + aggregate.elsewhere.map(\.description))
    }

    private static func byInstanceAlarms(
        _ state: EnvironmentState, _ deployment: Deployment, _ policy: EnvironmentPolicy
    ) -> RollbackTrigger? {
        // Instances of the old release that were in alarm before cannot be the new release's doing.
        let before = Set(deployment.alarmsOnBefore.map(\.name))
        let causes = alarmsOfInstances(of: deployment.release, state, policy, ignoring: before)
        guard !causes.isEmpty else { return nil }
        let new = state.instances.count { $0.release == deployment.release }
        return RollbackTrigger(
            reason: "alarm on \(Set(causes.compactMap(\.instanceKey)).count) of \(new) new instances: "
                + causes.map(\.sentence).joined(separator: "; "),
            alarms: causes.map(\.label))
    }

    /// The alarms of the instances of a release that are its own, as no other release's instances have them; none where
    /// fewer instances have them than `instanceAlarmThreshold`.
    static func alarmsOfInstances(
        of release: String, _ state: EnvironmentState, _ policy: EnvironmentPolicy, ignoring ignored: Set<String>
    ) -> [AlarmStatus] {
        let its = Set(state.instances.filter { $0.release == release }.map(\.key))
        let on = state.alarmsOn.filter { $0.scope == .instance }
        func isIts(_ alarm: AlarmStatus) -> Bool { alarm.instanceKey.map(its.contains) ?? false }
        let onOthers = Set(on.filter { !isIts($0) }.map(\.name))
        let causes = on.filter { isIts($0) && !onOthers.contains($0.name) && !ignored.contains($0.name) }
        return Set(causes.compactMap(\.instanceKey)).count >= policy.instanceAlarmThreshold ? causes : []
    }

    private static func byRollout(
        _ state: EnvironmentState, _ deployment: Deployment, _ policy: EnvironmentPolicy, _ now: Timestamp
    ) -> RollbackTrigger? {
        if deployment.crashes >= EnvironmentPolicy.crashLimit {
            return RollbackTrigger(
                reason: "\(deployment.release) does not stay up: \(deployment.lastCrash ?? "instances exited")",
                alarms: [])
        }
        guard deployment.phase == .rollingOut else { return nil }
        if let failure = deployment.flagFailure {
            return RollbackTrigger(reason: failure, alarms: [], blamesRelease: false)
        }
        let fault = deployment.infrastructureFaults > 0 ? deployment.lastInfrastructureFault : nil
        if let fault, deployment.infrastructureFaults >= EnvironmentPolicy.crashLimit {
            return RollbackTrigger(
                reason: "\(deployment.release) could not be started here: \(fault)", alarms: [], blamesRelease: false)
        }
        guard let progress = deployment.progressDueFrom, now - progress > policy.progressDeadline else { return nil }
        if let failure = state.frontFailure ?? state.frontDrift(keepingOut: deployment.release)?.inWords {
            return RollbackTrigger(
                reason: "no progress for \(policy.progressDeadline.inFull): \(failure)", alarms: [],
                blamesRelease: false)
        }
        let waiting = state.instances.filter { $0.release == deployment.release && !$0.isReady }
        let detail = waiting.compactMap(\.healthDetail).first.map { " (\($0))" } ?? ""
        let slots = waiting.map { "#\($0.slot)" }.joined(separator: ", ")
        // An instance that started and never became healthy is the release's; one that could not start is not.
        let hasStarted = waiting.contains { $0.stage == .running }
        let why =
            waiting.isEmpty
            ? fault ?? "the rollout is stuck"
            : hasStarted
                ? "instance \(slots) never became healthy\(detail)" : fault ?? "instance \(slots) never started"
        return RollbackTrigger(
            reason: "no progress for \(policy.progressDeadline.inFull): \(why)", alarms: [],
            blamesRelease: hasStarted || deployment.crashes > 0)
    }

    private static func byHealth(
        _ state: EnvironmentState, _ deployment: Deployment, _ policy: EnvironmentPolicy
    ) -> RollbackTrigger? {
        // A set that has served says nothing of the one that serves.
        let unhealthy = state.instances.filter {
            $0.stage == .running && $0.health == .unhealthy && (!$0.isStandingBy || $0.release == deployment.release)
        }
        let new = unhealthy.filter { $0.release == deployment.release }
        guard new.count == unhealthy.count, new.count >= max(1, policy.instanceAlarmThreshold) else { return nil }
        let detail = new.compactMap(\.healthDetail).first.map { ": \($0)" } ?? ""
        return RollbackTrigger(
            reason: "health check fails on instance \(new.map { "#\($0.slot)" }.joined(separator: ", "))\(detail)",
            alarms: [])
    }
}
