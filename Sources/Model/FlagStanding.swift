/// A feature flag, and the two of its variants between which a strategy goes.
public struct FlagSwitch: Hashable, Sendable {
    public var flag: String
    /// The variant with which the new release does what is new in it.
    public var on: String
    /// The variant with which it does what the release before it did.
    public var off: String

    public init(flag: String, on: String, off: String) {
        self.flag = flag
        self.on = on
        self.off = off
    }

    public func variant(_ side: FlagSide) -> String { side == .on ? on : off }
}

/// Which of a switch's two variants.
public enum FlagSide: String, Sendable, CaseIterable { case on, off }

/// A flag that is to be set for a deployment: on record before its file is touched.
public struct FlagSetting: Hashable, Sendable {
    public var deployment: Int64
    /// The release whose new ways it turns on or off.
    public var release: String
    public var flag: FlagSwitch
    public var side: FlagSide

    public init(deployment: Int64, release: String, flag: FlagSwitch, side: FlagSide) {
        self.deployment = deployment
        self.release = release
        self.flag = flag
        self.side = side
    }

    public var variant: String { flag.variant(side) }
}

/// What a flag's file says of it.
public enum FlagReading: Hashable, Sendable {
    /// What everybody gets whom no rule of the flag picks out.
    case variant(String)
    /// Why nobody can say.
    case unknown(reason: String)
}

/// Where a flag stands, as it was set last for a deployment here.
public struct FlagStanding: Hashable, Sendable {
    public var setting: FlagSetting
    /// The release as which ``FlagSetting/release`` acts while the flag is off; `nil` where none was live before it.
    public var previous: String?
    public var since: Timestamp
    /// What the file was found to say instead; `nil` while it says what it was set to.
    public var drift: FlagReading?

    public init(setting: FlagSetting, previous: String?, since: Timestamp, drift: FlagReading? = nil) {
        self.setting = setting
        self.previous = previous
        self.since = since
        self.drift = drift
    }

    /// `flag new-checkout is at old, though it was set to new`; `nil` while it is as it was set.
    public var driftInWords: String? {
        switch drift {
        case .variant(let found):
            "flag \(setting.flag.flag) is at \(found), though it was set to \(setting.variant)"
        case .unknown(let reason): "nobody knows where flag \(setting.flag.flag) stands: \(reason)"
        case nil: nil
        }
    }

    /// What is to be written of what was found in the file; `nil` where it is known.
    public func news(of reading: FlagReading) -> EventBody? {
        if reading == .variant(setting.variant) {
            return drift == nil ? nil : .flagRestored(flag: setting.flag.flag, variant: setting.variant)
        }
        guard reading != drift else { return nil }
        return .flagDrifted(flag: setting.flag.flag, wanted: setting.variant, found: reading)
    }
}

extension EnvironmentState {
    /// The flag, where the live release runs with it off, as after a rollback that left its instances alone.
    public var flagTakenBack: FlagStanding? {
        guard let flag, flag.setting.side == .off, flag.setting.release == liveRelease else { return nil }
        return flag
    }

    /// The release as which users are served: the live one, unless a flag makes it act as the one before it.
    public var actingRelease: String? { flagTakenBack?.previous ?? liveRelease }

    /// What is to be said of the flag beside the live release; `nil` where there is nothing.
    public var flagInWords: String? {
        guard let flag = flagTakenBack else { return nil }
        return "flag \(flag.setting.flag.flag) off" + (flag.previous.map { ", acts as \($0)" } ?? "")
    }
}
