import Foundation
import GRDB
import Model

/// What things were like at moments of the past, one in every so many events: going back in time begins at the last one
/// before, and reads few events after it.
///
/// A waypoint keeps the states of only those subjects of which something happened since the one before; all others are
/// as they were there. The first one keeps them all, and so does one whose predecessor went into the archive. It is
/// written in the transaction that writes its event: whoever dies in between leaves neither. Like every snapshot it can
/// be made again from the events, see ``SQLiteLedger/check(tell:progress:)``.
enum Waypoint {
    /// A waypoint is at every event whose number is a multiple of this.
    static let interval: Int64 = 1_000

    /// From which waypoints on there are states: between two numbers, the newest of a subject is the one that counts.
    struct Span {
        /// The waypoint to begin at; an event's number.
        var waypoint: Int64
        /// Below this number, states are of older folds, or of what is in the archive.
        var after: Int64
        var leader: String?
    }

    // MARK: writing

    /// Keeps what things are like after the event of that number, which is the newest one.
    ///
    /// Nothing is kept while states wait to be made again by this version's fold: they would be wrong.
    static func write(at sequence: Int64, _ database: Database) throws {
        let through = try EventArchive.through(database)
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT sequence, latest FROM waypoints WHERE fold = ? ORDER BY sequence DESC LIMIT 1"),
            arguments: [Snapshot.fold])
        let last: Int64? = try row?.value(0, of: .waypoints)
        if let last, last >= through {
            try keepWhatChanged(after: last, at: sequence, database)
        } else {
            guard try !SQLiteLedger.mustHeal(database) else { return }
            try keepAll(at: sequence, database)
        }
        // Clocks may jump: what is looked for is the first event that is later than a moment.
        let latest = try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(time) FROM events")) ?? 0
        let known: Int64 = try row?.value(1, of: .waypoints) ?? .min
        try database.execute(
            sql: "INSERT INTO waypoints (sequence, fold, latest, leader) VALUES (?, ?, ?, ?)",
            arguments: [sequence, Snapshot.fold, max(latest, known), try SQLiteLedger.lease(database)?.holder.name])
        try forgetOlderFolds(database)
    }

    private static func keepAll(at sequence: Int64, _ database: Database) throws {
        let plans = try PlanTable.newest(database, limit: FleetState.plansKept).map(\.id)
        try keep(
            "SELECT application, environment FROM environments", "SELECT application FROM applications", plans,
            [], at: sequence, database)
    }

    private static func keepWhatChanged(after last: Int64, at sequence: Int64, _ database: Database) throws {
        let planned = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT \(SQLiteLedger.eventColumns) FROM events
                    WHERE sequence > ? AND sequence <= ? AND kind LIKE 'plan%'
                    """), arguments: [last, sequence]
        ).map(SQLiteLedger.event)
        let plans = planned.compactMap { event in
            if case .planMade = event.body { event.sequence } else { event.body.planID }
        }
        let kinds = ApplicationTable.kinds.map { "'\($0)'" }.joined(separator: ", ")
        try keep(
            """
            SELECT DISTINCT application, environment FROM events
            WHERE sequence > ? AND sequence <= ? AND environment IS NOT NULL
            """,
            """
            SELECT DISTINCT application FROM events
            WHERE sequence > ? AND sequence <= ? AND kind IN (\(kinds))
            """, Set(plans).sorted(), [last, sequence], at: sequence, database)
    }

    /// - Parameters:
    ///   - environments: a query for their applications and names.
    ///   - applications: a query for their names.
    ///   - range: the arguments of both.
    private static func keep(
        _ environments: String, _ applications: String, _ plans: [Int64], _ range: StatementArguments,
        at sequence: Int64, _ database: Database
    ) throws {
        try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO waypointSubjects (application, environment, plan)
                SELECT application, environment, 0 FROM (\(environments))
                """
        ).execute(arguments: range)
        // One that is not there any more is kept as nothing, so that what it was before does not stand for it.
        try database.cachedStatement(
            sql: """
                INSERT INTO waypointStates (subject, waypoint, state)
                SELECT subject.id, ?, coalesce(known.snapshot, x'') FROM (\(environments)) AS touched
                JOIN waypointSubjects AS subject ON subject.application = touched.application
                    AND subject.environment = touched.environment AND subject.plan = 0
                LEFT JOIN environments AS known ON known.application = touched.application
                    AND known.environment = touched.environment
                """
        ).execute(arguments: [sequence] + range)
        try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO waypointSubjects (application, environment, plan)
                SELECT application, '', 0 FROM (\(applications))
                """
        ).execute(arguments: range)
        try database.cachedStatement(
            sql: """
                INSERT INTO waypointStates (subject, waypoint, state)
                SELECT subject.id, ?, known.state FROM (\(applications)) AS touched
                JOIN waypointSubjects AS subject ON subject.application = touched.application
                    AND subject.environment = '' AND subject.plan = 0
                JOIN applications AS known ON known.application = touched.application
                """
        ).execute(arguments: [sequence] + range)
        for plan in plans {
            try database.cachedStatement(
                sql: "INSERT OR IGNORE INTO waypointSubjects (application, environment, plan) VALUES ('', '', ?)"
            ).execute(arguments: [plan])
            try database.cachedStatement(
                sql: """
                    INSERT INTO waypointStates (subject, waypoint, state)
                    SELECT subject.id, ?, known.state FROM waypointSubjects AS subject
                    JOIN plans AS known ON known.id = subject.plan WHERE subject.plan = ?
                    """
            ).execute(arguments: [sequence, plan])
        }
    }

    // MARK: forgetting

    /// What is before them can be told by the archive only: what that led to is in the bases.
    static func forget(through sequence: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM waypoints WHERE sequence <= ?", arguments: [sequence])
        try database.execute(sql: "DELETE FROM waypointStates WHERE waypoint <= ?", arguments: [sequence])
    }

    /// What another fold made is of no use; it goes in pieces, since the file is locked meanwhile.
    private static func forgetOlderFolds(_ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM waypoints WHERE fold <> ?").execute(arguments: [Snapshot.fold])
        try database.cachedStatement(
            sql: """
                DELETE FROM waypointStates WHERE waypoint IN (
                    SELECT DISTINCT waypoint FROM waypointStates
                    WHERE waypoint < (SELECT min(sequence) FROM waypoints) ORDER BY waypoint LIMIT 2
                )
                """
        ).execute()
    }

    // MARK: reading

    /// The last waypoint of which a condition holds; `nil` where none is.
    static func last(
        where condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> Span? {
        let through = try EventArchive.through(database)
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT sequence, leader, (SELECT min(sequence) FROM waypoints WHERE fold = ?1) FROM waypoints
                    WHERE fold = ?1 AND sequence > ?2 AND \(condition) ORDER BY sequence DESC LIMIT 1
                    """), arguments: [Snapshot.fold, through] + arguments)
        guard let row else { return nil }
        let first: Int64 = try row.value(2, of: .waypoints)
        return Span(
            waypoint: try row.value(0, of: .waypoints), after: max(through, first - 1),
            leader: try row.value(1, of: .waypoints))
    }

    /// What all was like there.
    static func fleet(_ span: Span, _ database: Database) throws -> FleetState {
        var environments = try EnvironmentTable.bases(database)
        let rows = try SnapshotRows(
            database.cachedStatement(
                sql: """
                    SELECT application, environment, (\(newest)) FROM waypointSubjects AS subject
                    WHERE environment <> ''
                    """), arguments: [span.waypoint, span.after])
        for (address, found) in rows.all {
            switch found {
            case .nothing: break
            case .empty: environments[address] = nil
            case .state(let state): environments[address] = state
            case .unreadable: environments[address] = try folded(address, upTo: span.waypoint, database)
            }
        }
        return FleetState(
            sequence: span.waypoint, environments: environments,
            applications: try applications(span, database), leader: span.leader,
            plans: FleetState.kept(try plans(span, database)),
            freezes: try FreezeTable.all(upTo: span.waypoint, database),
            reserveLeft: try ReserveNews.left(upTo: span.waypoint, database))
    }

    /// What a subject was like, the newest state of the span.
    private static let newest = """
        SELECT state FROM waypointStates WHERE subject = subject.id AND waypoint <= ? AND waypoint > ?
        ORDER BY waypoint DESC LIMIT 1
        """

    /// A snapshot that cannot be read is made again, as those of today are.
    private static func folded(
        _ address: EnvironmentAddress, upTo last: Int64, _ database: Database
    ) throws -> EnvironmentState {
        var state = try EnvironmentTable.base(address, database)
        var left = Int.max - 1
        _ = try EnvironmentTable.fold(&state, database, upTo: last, atMost: &left)
        return state
    }

    private static func applications(_ span: Span, _ database: Database) throws -> [String: ApplicationState] {
        var states = try ApplicationTable.folded(
            "sequence <= ?", [try EventArchive.through(database)], database)
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT application, (\(newest)) FROM waypointSubjects AS subject
                    WHERE environment = '' AND plan = 0
                    """), arguments: [span.waypoint, span.after])
        for row in rows where !row.hasNull(atIndex: 1) {
            states[try row.value(0, of: .waypointSubjects)] = try row.json(1, of: .waypointStates)
        }
        return states
    }

    private static func plans(_ span: Span, _ database: Database) throws -> [PlanState] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT plan, (\(newest)) FROM waypointSubjects AS subject WHERE plan > 0 ORDER BY plan
                    """), arguments: [span.waypoint, span.after]
        ).filter { !$0.hasNull(atIndex: 1) }.map(PlanTable.decode)
    }
}

extension Waypoint {
    // MARK: checking

    /// The waypoints at which a state of an environment was kept that counts, the oldest first.
    static func waypoints(of address: EnvironmentAddress, _ database: Database) throws -> [Int64] {
        guard let span = try last(where: "?3", [true], database) else { return [] }
        return try Int64.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT waypoint FROM waypointStates WHERE waypoint BETWEEN ? AND ? AND subject = (
                        SELECT id FROM waypointSubjects WHERE application = ? AND environment = ? AND plan = 0
                    ) ORDER BY waypoint
                    """),
            arguments: [span.after + 1, span.waypoint, address.application, address.environment])
    }

    /// What was kept of an environment at a waypoint; `nil` where that was pruned meanwhile, or the environment was not
    /// there.
    static func state(
        of address: EnvironmentAddress, at waypoint: Int64, _ database: Database
    ) throws -> EnvironmentState? {
        let rows = try SnapshotRows(
            database.cachedStatement(
                sql: """
                    SELECT application, environment, state FROM waypointSubjects
                    JOIN waypointStates ON subject = id AND waypoint = ?
                    WHERE application = ? AND environment = ? AND plan = 0
                    """), arguments: [waypoint, address.application, address.environment])
        switch rows.all.first?.found {
        case .state(let state): return state
        case .unreadable:
            var state = EnvironmentState(address: address)
            state.setApart = SetApart(event: waypoint, reason: "it cannot be read")
            return state
        case .nothing, .empty, nil: return nil
        }
    }
}
