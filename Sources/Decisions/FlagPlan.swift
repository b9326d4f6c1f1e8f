import Model

/// What a deployment's flag has to do before and after its instances are exchanged.
struct FlagPlan {
    let state: EnvironmentState
    let deployment: Deployment

    /// Forward, the new release comes with the flag off; back, the flag goes off before anything else.
    /// - Returns: what is to be done; nothing where it is only waited for, and `nil` where it stands right.
    func before() -> [EventBody]? {
        // What could not be set is not waited for: a rollback goes on without it.
        if deployment.flagFailure != nil { return nil }
        return deployment.isRollback ? turnOffForRollback() : turn(.off)
    }

    /// The flag goes on once everything runs the new release; back, where the release is gone to with which it came.
    func after() -> [EventBody]? {
        if deployment.flagFailure != nil { return nil }
        return deployment.isRollback ? turnOnAgain() : turn(.on)
    }

    /// Whether a rollback is over with the flag, and the instances stay as they are.
    var leavesInstances: Bool {
        guard deployment.isRollback, deployment.flagFailure == nil, case .flag(_, nil) = deployment.strategy else {
            return false
        }
        return true
    }

    private func turn(_ side: FlagSide) -> [EventBody]? {
        guard case .flag(let flag, _) = deployment.strategy else { return nil }
        if state.flagSetting != nil { return [] }
        let wanted = FlagSetting(deployment: deployment.id, release: deployment.release, flag: flag, side: side)
        if let known = state.flag?.setting, known.deployment == deployment.id {
            // Once it is on, nobody asks for what was before.
            if known.side == side || known.side == .on { return nil }
        }
        return [.flagSetting(wanted)]
    }

    /// Who goes to a release again wants what it was there for: with its flag off it would act as the one before it.
    private func turnOnAgain() -> [EventBody]? {
        if state.flagSetting != nil { return [] }
        guard var setting = state.flag?.setting, setting.side == .off, setting.release == deployment.release else {
            return nil
        }
        setting.deployment = deployment.id
        setting.side = .on
        return [.flagSetting(setting)]
    }

    /// Whichever way the instances go: a rollback leaves nothing on that came with the release that it leaves.
    private func turnOffForRollback() -> [EventBody]? {
        guard case .rollback(_, let left?) = deployment.kind else { return nil }
        if state.flagSetting?.deployment == deployment.id, state.flagSetting?.side == .off { return [] }
        if left != deployment.release, let pending = state.flagSetting, pending.side == .off {
            // What another deployment was about to do for the same release is this one's to do now.
            guard pending.release == left else { return [] }
            var own = pending
            own.deployment = deployment.id
            return [.flagSetting(own)]
        }
        // What is left may bear the name of what is gone to, after a rollback away from it that failed.
        guard var setting = state.settingThatIsOn, setting.release != deployment.release,
            setting.release == left || isOver(deployment.release, setting)
        else { return nil }
        setting.deployment = deployment.id
        setting.side = .off
        return [.flagSetting(setting)]
    }

    /// Whether a flag came on with what followed a release: whoever goes back there leaves that too, whatever came later
    /// and is left first.
    private func isOver(_ release: String, _ setting: FlagSetting) -> Bool {
        state.flag?.setting.release == setting.release && state.flag?.previous == release
    }
}

extension EnvironmentState {
    /// The setting by which a flag is on, or may be: one that is under way counts as done where that is worse.
    var settingThatIsOn: FlagSetting? {
        if let flagSetting, flagSetting.side == .on { return flagSetting }
        return flag?.setting.side == .on ? flag?.setting : nil
    }

    /// The setting that is to be carried out now: turning a flag on is no longer wanted once its deployment is taken back.
    var flagToSet: FlagSetting? {
        guard let setting = flagSetting else { return nil }
        let isWanted = activeDeployment?.id == setting.deployment && activeDeployment?.phase == .rollingOut
        return setting.side == .off || isWanted ? setting : nil
    }
}
