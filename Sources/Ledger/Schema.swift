import GRDB

/// The tables, as migrations; a ledger with a migration that is not listed here is of a newer version.
enum Schema {
    /// What `events_looked_up` holds. SQLite takes a partial index for a query that says this in these words, see
    /// sqlite.org, "Partial Indexes".
    static let isLookedUp = "kind IN ('targetTold', 'highSeverityChanged')"

    /// What `deployments_gone_wrong` holds.
    static let hasGoneWrong = "kind = 'forward' AND phase IN ('failed', 'rolledBack')"

    /// What `events_of_reserve` holds.
    static let isOfReserve = "kind IN ('ledgerReserveUsed', 'ledgerReserveMade')"

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE events (
                        sequence INTEGER PRIMARY KEY,
                        time INTEGER NOT NULL,
                        actor TEXT NOT NULL,
                        token INTEGER,
                        application TEXT,
                        environment TEXT,
                        kind TEXT NOT NULL,
                        body TEXT NOT NULL
                    );
                    CREATE INDEX events_by_environment ON events (application, environment, sequence);
                    CREATE INDEX events_by_time ON events (time);

                    -- What follows is derived from the events, in the same transaction.
                    CREATE TABLE environments (
                        application TEXT NOT NULL,
                        environment TEXT NOT NULL,
                        snapshot BLOB NOT NULL,
                        PRIMARY KEY (application, environment)
                    ) WITHOUT ROWID;
                    CREATE TABLE applications (
                        application TEXT PRIMARY KEY,
                        state TEXT NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE releases (
                        application TEXT NOT NULL,
                        version TEXT NOT NULL,
                        position INTEGER NOT NULL,
                        registeredAt INTEGER NOT NULL,
                        facts TEXT NOT NULL,
                        PRIMARY KEY (application, version)
                    ) WITHOUT ROWID;
                    CREATE TABLE deployments (
                        id INTEGER PRIMARY KEY,
                        application TEXT NOT NULL,
                        environment TEXT NOT NULL,
                        release TEXT NOT NULL,
                        releaseOrder INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        trigger TEXT NOT NULL,
                        actor TEXT NOT NULL,
                        phase TEXT NOT NULL,
                        requestedAt INTEGER NOT NULL,
                        startedAt INTEGER,
                        endedAt INTEGER,
                        liveFrom INTEGER,
                        liveUntil INTEGER,
                        reason TEXT,
                        outcome TEXT,
                        alarms TEXT NOT NULL
                    );
                    CREATE INDEX deployments_by_environment ON deployments (application, environment, id);

                    CREATE TABLE lease (
                        one INTEGER PRIMARY KEY CHECK (one = 1),
                        holder TEXT NOT NULL,
                        token INTEGER NOT NULL,
                        expiresAt INTEGER NOT NULL
                    );
                    """)
        }
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    -- Plans, derived from their events as the other tables are.
                    CREATE TABLE plans (
                        id INTEGER PRIMARY KEY,
                        isOpen INTEGER NOT NULL,
                        state TEXT NOT NULL
                    );
                    """)
        }
        migrator.registerMigration("3") { database in try LedgerIdentity.create(database) }
        migrator.registerMigration("4") { database in
            try database.execute(
                sql: """
                    -- By which fold a snapshot was made; 0 where it is not known.
                    ALTER TABLE environments ADD COLUMN fold INTEGER NOT NULL DEFAULT 0;
                    -- How far the state has been made again from the events.
                    ALTER TABLE environments ADD COLUMN unfinished BLOB;
                    CREATE INDEX environments_by_fold ON environments (fold);
                    """)
        }
        migrator.registerMigration("5") { database in
            try database.execute(
                sql: """
                    -- The files that hold older events, and how much of each is good.
                    CREATE TABLE archive (
                        file TEXT PRIMARY KEY,
                        length INTEGER NOT NULL,
                        first INTEGER NOT NULL,
                        last INTEGER NOT NULL,
                        count INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    -- What those events led to.
                    CREATE TABLE bases (
                        application TEXT NOT NULL,
                        environment TEXT NOT NULL,
                        snapshot BLOB NOT NULL,
                        PRIMARY KEY (application, environment)
                    ) WITHOUT ROWID;
                    -- What is looked up of an environment among very many events.
                    CREATE INDEX events_looked_up ON events (application, environment, kind, sequence)
                    WHERE \(isLookedUp);
                    """)
        }
        migrator.registerMigration("6") { database in
            try database.execute(
                sql: """
                    -- How far the clock was ahead of the time since the machine's start, in milliseconds.
                    CREATE TABLE clock (
                        one INTEGER PRIMARY KEY CHECK (one = 1),
                        boot TEXT NOT NULL,
                        lead INTEGER NOT NULL
                    );
                    """)
        }
        migrator.registerMigration("7") { database in
            try database.execute(
                sql: """
                    -- Events after which the states of what changed since the one before were kept.
                    CREATE TABLE waypoints (
                        sequence INTEGER PRIMARY KEY,
                        -- By which fold.
                        fold INTEGER NOT NULL,
                        -- The latest time of all events up to it.
                        latest INTEGER NOT NULL,
                        leader TEXT
                    );
                    -- What those states are of: an environment; an application, where the environment is empty; a plan,
                    -- where both are.
                    CREATE TABLE waypointSubjects (
                        id INTEGER PRIMARY KEY,
                        application TEXT NOT NULL,
                        environment TEXT NOT NULL,
                        plan INTEGER NOT NULL,
                        UNIQUE (application, environment, plan)
                    );
                    CREATE TABLE waypointStates (
                        subject INTEGER NOT NULL,
                        waypoint INTEGER NOT NULL,
                        -- As in the table that has the state of today; nothing where the environment was not there.
                        state NOT NULL,
                        PRIMARY KEY (subject, waypoint)
                    ) WITHOUT ROWID;
                    CREATE INDEX waypointStates_by_waypoint ON waypointStates (waypoint);
                    """)
        }
        migrator.registerMigration("8") { database in
            try database.execute(
                sql: "CREATE INDEX deployments_gone_wrong ON deployments (application, id) WHERE \(hasGoneWrong)")
        }
        migrator.registerMigration("9") { database in
            try database.execute(
                sql: """
                    -- What people froze by hand, derived from the events; endedBy is the event after which it is gone.
                    CREATE TABLE freezes (
                        id INTEGER PRIMARY KEY,
                        endedBy INTEGER,
                        state TEXT NOT NULL
                    );
                    """)
        }
        migrator.registerMigration("10") { database in
            try database.execute(sql: "ALTER TABLE deployments ADD COLUMN judgement TEXT")
        }
        migrator.registerMigration("notifications") { database in
            try database.execute(
                sql: """
                    -- How far each notification has told of the events. It is no part of what follows from them.
                    CREATE TABLE notifications (
                        name TEXT PRIMARY KEY,
                        -- The last event that it is done with.
                        sequence INTEGER NOT NULL,
                        state TEXT NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("leaving") { database in
            // Of what is older, it is what was there before, as nearly as can be told.
            try database.execute(
                sql: """
                    ALTER TABLE deployments ADD COLUMN leaving TEXT;
                    UPDATE deployments SET leaving = (
                        SELECT earlier.release FROM deployments earlier
                        WHERE earlier.application = deployments.application
                            AND earlier.environment = deployments.environment AND earlier.id < deployments.id
                            AND (earlier.liveFrom IS NOT NULL
                                OR deployments.kind = 'rollback' AND earlier.phase IN ('rolledBack', 'rollingBack'))
                        ORDER BY earlier.id DESC LIMIT 1);
                    """)
        }
        migrator.registerMigration("reserve") { database in
            try database.execute(
                sql: "CREATE INDEX events_of_reserve ON events (sequence) WHERE \(isOfReserve)")
        }
        return migrator
    }
}
