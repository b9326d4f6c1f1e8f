import GRDB
import Model

extension SQLiteLedger {
    /// The fleet as it was at a moment: the fold of every event before the first one that came later.
    ///
    /// Read from the last waypoint before that, and from the beginning where there is none yet. What is in the archive
    /// is not told apart, see ``archiveEnd()``.
    public func fleet(at moment: Timestamp) throws -> FleetState {
        try fleet(startingWhere: "latest <= ?3", moment.milliseconds) { $0.time <= moment }
    }

    /// The fleet as it was after an event: the fold of every event up to it. What is before the end of the archive is
    /// not told apart.
    public func fleet(upTo sequence: Int64) throws -> FleetState {
        try fleet(startingWhere: "sequence <= ?3", sequence) { $0.sequence <= sequence }
    }

    private func fleet(
        startingWhere condition: String, _ argument: Int64, while isWanted: (Event) -> Bool
    ) throws -> FleetState {
        var fleet = try read { database in
            try Waypoint.last(where: condition, [argument], database).map { try Waypoint.fleet($0, database) }
                ?? Self.archivedFleet(database)
        }
        var query = EventQuery()
        query.after = fleet.sequence
        while true {
            // A page holds all that comes after a waypoint; where there is none, memory stays the same.
            let events = try events(query)
            for event in events {
                guard isWanted(event) else { return fleet }
                // What an older version wrote and this one does not take in must not hide the rest.
                try? fleet.apply(event)
            }
            guard let last = events.last, events.count == query.limit else { return fleet }
            query.after = last.sequence
        }
    }
}
