/// What events of flags make of an environment.
extension EnvironmentState {
    mutating func takeFlagEvent(_ event: Event) {
        switch event.body {
        case .flagSetting(let setting): flagSetting = setting
        case .flagSet(let setting, _):
            if flagSetting == setting { flagSetting = nil }
            if problem == flag?.driftInWords { problem = nil }
            flag = standing(setting, event.time)
            if deployment?.id == setting.deployment, deployment?.phase == .rollingOut {
                deployment?.lastProgressAt = event.time
            }
            // Where its instances stay, this is how it is left.
            if let back = deployment, back.id == setting.deployment, back.isRollback {
                noteLeft(by: back, at: event.time)
            }
        case .flagFailed(let setting, let reason):
            if flagSetting == setting { flagSetting = nil }
            if deployment?.id == setting.deployment { deployment?.flagFailure = reason }
            // It may be on all the same: whoever goes back turns it off.
            if setting.side == .on { flag = standing(setting, event.time, drift: .unknown(reason: reason)) }
            problem = reason
        case .flagDrifted(let name, _, let found):
            guard flag?.setting.flag.flag == name else { return }
            flag?.drift = found
            problem = flag?.driftInWords
        case .flagRestored(let name, _):
            guard flag?.setting.flag.flag == name else { return }
            if problem == flag?.driftInWords { problem = nil }
            flag?.drift = nil
        default: break
        }
    }

    private func standing(_ setting: FlagSetting, _ time: Timestamp, drift: FlagReading? = nil) -> FlagStanding {
        let forward = [deployment, takenBack].compactMap(\.self).first {
            // A release that comes again to where it runs with its flag off brings what it brought before.
            $0.id == setting.deployment && !$0.isRollback && $0.previousRelease != setting.release
        }
        return FlagStanding(
            setting: setting, previous: forward.map(\.previousRelease) ?? previous(of: setting), since: time,
            drift: drift)
    }

    /// The release as which that of a setting acts while its flag is off: what was live before the deployment that turned
    /// it on.
    private func previous(of setting: FlagSetting) -> String? {
        if let flag, flag.setting.release == setting.release { return flag.previous }
        return takenBack?.release == setting.release ? takenBack?.previousRelease : nil
    }
}
