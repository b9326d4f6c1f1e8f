import Dashboard
import Ledger
import Model

extension SQLiteLedger {
    /// What was so at a moment.
    /// - Throws: a ``Failure`` where that moment's events are in the archive.
    func past(_ moment: Timestamp) throws -> PastMoment {
        if let end = try archiveEnd(), moment < end {
            throw Failure(
                .failed, "what was so then is in the archive",
                mend: "`lastgood events --archive` tells it; the ledger begins at \(end.rfc3339)")
        }
        return PastMoment(time: moment, fleet: try fleet(at: moment))
    }

    /// What ran when in environments, as far back as their last deployments go.
    func timeline(_ addresses: [EnvironmentAddress]) throws -> [EnvironmentAddress: TimelineLane] {
        var lanes: [EnvironmentAddress: TimelineLane] = [:]
        for address in addresses {
            let records = try history(of: address, limit: 500)
            var lane = TimelineLane()
            for record in records.reversed() {
                if let from = record.liveFrom {
                    lane.blocks.append(
                        .init(
                            from: from, until: record.liveUntil, release: record.release,
                            deployment: record.id))
                }
                if record.kind == .rollback { lane.rollbacks.append(record.requestedAt) }
            }
            lane.spells = TimelineLane.Spell.all(try alarmEvents(of: address))
            lanes[address] = lane
        }
        return lanes
    }
}

/// What was so at one moment of the past.
struct PastMoment: Sendable {
    var time: Timestamp
    var fleet: FleetState
}

extension SQLiteLedger {
    /// An environment's newest deployments, as they were known at a moment where one is given.
    func history(
        of address: EnvironmentAddress, filter: String? = nil, limit: Int, at moment: PastMoment?
    ) throws -> [DeploymentRecord] {
        guard let moment else { return try history(of: address, filter: filter, limit: limit) }
        let state = moment.fleet.environment(address)
        return try history(of: address, before: moment.fleet.sequence.next, filter: filter, limit: limit)
            .compactMap { $0.asOf(moment.time, state) }
    }

    func environment(_ address: EnvironmentAddress, at moment: PastMoment?) throws -> EnvironmentState? {
        guard let moment else { return try environment(address) }
        return moment.fleet.environment(address)
    }

    func application(_ name: String, at moment: PastMoment?) throws -> ApplicationState {
        guard let moment else { return try application(name) }
        return moment.fleet.application(name)
    }
}

extension Int64 {
    /// The number after an event's, for what asks for all before a number.
    var next: Int64 { self == .max ? .max : self + 1 }
}
