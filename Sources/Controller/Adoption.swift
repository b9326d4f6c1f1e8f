import Model

/// Why a controller goes on as before, though it was given another configuration.
public struct AdoptionRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    public var description: String

    public init(description: String) { self.description = description }
}

extension Controller {
    /// Acts by another configuration from now on, in environments that are added, removed or changed; all others, and all
    /// instances, are left as they are.
    ///
    /// A turn that is under way goes on to its end first: nothing is decided by one configuration and done by another.
    /// - Throws: ``AdoptionRefusal`` where such a turn does not end; everything is as before then.
    public func adopt(_ next: Configuration, _ change: ConfigurationChange) async throws {
        guard let carrier else { throw AdoptionRefusal(description: "it was not made from a configuration") }
        let halted = change.touched.union(change.removed)
        schedule.hold(halted)
        defer {
            schedule.letGoOn(halted)
            wakeups.ring()
        }
        try await awaitEnds(of: halted)
        courier?.adopt(next.notifications)
        await carrier.sources.adopt(next.sources)
        carry(carrier.carried(next), retargeted: change.retargeted, changed: change.touched, configuration: next.path)
        healer.keep(for: next.ledgerKeep)
        for address in change.removed { await alarms.stopWatching(address) }
    }

    private func awaitEnds(of addresses: Set<EnvironmentAddress>) async throws {
        let deadline = clock.uptime + Self.longestTurn
        while let busy = addresses.first(where: { schedule.isAtWork($0) }) {
            guard clock.uptime < deadline else {
                throw AdoptionRefusal(
                    description: "what is under way in \(busy) has not come to a point from which it could go on by "
                        + "another configuration within \(Self.longestTurn.inWords)")
            }
            await clock.pause(.milliseconds(20))
            // Nothing pauses then any more.
            if Task.isCancelled { throw AdoptionRefusal(description: "the process ends") }
        }
    }

    /// Long enough for whatever a turn waits for.
    private static let longestTurn: Duration = .seconds(20)
}
