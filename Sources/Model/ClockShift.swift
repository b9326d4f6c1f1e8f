extension EnvironmentState {
    /// Whether anything here ends, or is given up, after a time that is counted from a moment on record.
    public var isTimed: Bool {
        activeDeployment != nil || deployment?.awaitsJudgement == true || keepOldUntil != nil || !recentCrashes.isEmpty
            || instances.contains { $0.health != .healthy }
            || liveRelease.flatMap { tenures[$0]?.doubt } != nil
    }

    /// Moves the moments that time is counted from, as the machine's clock was moved: an hour that did not pass ends no
    /// bake and misses no deadline. What happened when stays as it was written.
    mutating func shiftClock(by shift: Duration) {
        if var active = activeDeployment {
            active.lastProgressAt? += shift
            active.preparingSince? += shift
            if case .baking(let until) = active.oneBox { active.oneBox = .baking(until: until + shift) }
            active.bake?.startedAt += shift
            active.bake?.earliestEnd += shift
            active.bake?.latestEnd += shift
            // What came before the clock was set forward still counts, so that this moment only goes back.
            if shift < .zero { active.shiftedStart = active.comparedFrom.map { $0 + shift } }
            deployment = active
        } else if let done = deployment, done.awaitsJudgement {
            // Whether it helped is told once enough time has passed after it, whatever the clock shows.
            deployment?.shiftedEnd = done.judgedFrom.map { $0 + shift }
        }
        for index in instances.indices {
            switch instances[index].health {
            case .healthy: break
            case .unhealthy: instances[index].unhealthySince? += shift
            // From its start on, until the clock was moved.
            case .unknown:
                instances[index].unhealthySince =
                    (instances[index].unhealthySince ?? instances[index].startedAt) + shift
            }
        }
        keepOldUntil? += shift
        recentCrashes = recentCrashes.map { $0 + shift }
        if let live = liveRelease, !isAlarming, let liveSince {
            tenures.change(live) { tenure in
                guard let doubt = tenure.doubt else { return }
                tenure.doubt?.calmSince = max(doubt.calmSince ?? doubt.since, liveSince) + shift
            }
        }
    }
}
