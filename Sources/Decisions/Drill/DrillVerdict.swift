import Model

/// What came of a drill.
extension DrillRun {
    func verdict() -> DrillOutcome.Verdict {
        guard let newest = state.deployment else { return .impossible("nothing was deployed") }
        if newest.isRollback, newest.id > deployment {
            return newest.phase == .succeeded
                ? .rolledBack : .rollbackFailed(newest.outcome ?? "it came to no end")
        }
        let length = newest.endedAt.map { ($0 - drill.now).wholeSeconds.inWords }
        switch newest.phase {
        case .cancelled:
            return .stayed("the deployment ends before it has changed anything: \(newest.outcome ?? "")")
        case .failed: return .stayed("there is nowhere to go back to: \(newest.outcome ?? "")")
        case .succeeded
        where hasFault && (outcome.faultAfter ?? .zero) >= (newest.endedAt ?? now) - drill.now:
            return .stayed(
                "its bake was over after \(length ?? "some time"), and what comes up later takes nothing back by itself: "
                    + "it puts the release in question and closes the gate, and a person decides (`lastgood rollback`)"
            )
        case .succeeded:
            return .stayed(
                "\(whyNothing); it succeeds after \(length ?? "some time"): \(newest.outcome ?? "")")
        case .pending, .blocked, .rollingOut, .baking, .rollingBack, .rolledBack:
            let inconclusive =
                newest.bake?.inconclusiveBecause.map { "; the bake is inconclusive: \($0)" } ?? ""
            return .stayed("\(whyNothing)\(inconclusive); a person decides")
        }
    }

    /// Why what is wrong took nothing back.
    var whyNothing: String {
        guard hasFault else { return "it never came to the moment at which it was to go wrong" }
        guard case .alarm(let name) = drill.fault else {
            return "\(drill.fault.inWords), and that takes nothing back"
        }
        if drill.environment.alarmState(name) == .alarm {
            return "alarm \(name) was on before: it triggers nothing"
        }
        guard let alarm = policy.alarms.first(where: { $0.name == name }), alarm.scope == .service
        else {
            return
                "fewer than \(counted(policy.instanceAlarmThreshold, "instance")) of the new release are in alarm "
                + "\(name), or others are in it, too"
        }
        guard let expression = policy.highSeverity else {
            return "no alarm has high severity here, so that none takes a deployment back"
        }
        return "alarm \(name) alone takes nothing back: that is for \(expression.inWords)"
    }
}
