import Dashboard
import Ledger
import Model

extension SQLiteLedger {
    /// The fleet as it was at a moment: the fold of every event up to it.
    func fleet(at moment: Timestamp) throws -> FleetState {
        var fleet = FleetState()
        var query = EventQuery()
        query.limit = 5000
        while true {
            let events = try events(query)
            for event in events {
                if event.time > moment { return fleet }
                // What an older version wrote and this one does not take in must not hide the rest.
                try? fleet.apply(event)
            }
            guard let last = events.last, events.count == query.limit else { return fleet }
            query.after = last.sequence
        }
    }

    /// What ran when in environments, as far back as their last deployments go.
    func timeline(_ addresses: [EnvironmentAddress]) throws -> [EnvironmentAddress: TimelineLane] {
        var lanes: [EnvironmentAddress: TimelineLane] = [:]
        for address in addresses {
            let records = try history(of: address, limit: 500)
            var lane = TimelineLane()
            for record in records.reversed() {
                if let from = record.liveFrom {
                    lane.blocks.append(.init(from: from, until: record.liveUntil, release: record.release))
                }
                if record.kind == .rollback { lane.rollbacks.append(record.requestedAt) }
            }
            lane.alarms = try alarmTimes(of: address)
            lanes[address] = lane
        }
        return lanes
    }
}
