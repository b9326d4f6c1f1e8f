import Model

/// An environment that the rollback of another one concerns, too: it has the same release, or the same alarm.
public struct Kin: Equatable, Sendable {
    public var address: EnvironmentAddress
    /// What it runs, or is being given.
    public var release: String?
    public var hasSameRelease: Bool
    /// The alarms of the other one that are on here, too, as people see them.
    public var alarms: [String]
}

extension FleetState {
    /// The other environments of an application that have the release that is left in one of them, or an alarm that is
    /// on there; the ones in alarm first. Those that go back already are left out.
    public func kin(of address: EnvironmentAddress, leaving release: String) -> [Kin] {
        let shared = Set(environment(address)?.alarms.filter { $0.state == .alarm }.map(\.name) ?? [])
        var found: [(kin: Kin, position: Int)] = []
        for (other, state) in environments where other.application == address.application && other != address {
            let hasSame = state.releaseInQuestion == release
            let alarms = state.alarms.filter { $0.state == .alarm && (hasSame || shared.contains($0.name)) }
            guard hasSame || !alarms.isEmpty, !state.isGoingBack else { continue }
            let kin = Kin(
                address: other, release: state.releaseInQuestion, hasSameRelease: hasSame, alarms: alarms.map(\.label))
            found.append((kin, state.position))
        }
        return found.sorted {
            ($0.kin.alarms.isEmpty ? 1 : 0, $0.position, $0.kin.address)
                < ($1.kin.alarms.isEmpty ? 1 : 0, $1.position, $1.kin.address)
        }.map(\.kin)
    }
}

extension EnvironmentState {
    /// Whether a rollback is under way here, or was asked for.
    public var isGoingBack: Bool { pendingRollback != nil || activeDeployment?.isRollback == true }
}
