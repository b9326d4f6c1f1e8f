import Foundation
import GRDB
import Model
import Synchronization

/// The ledger in one SQLite file in WAL mode; several processes may have it open at once.
public final class SQLiteLedger: Ledger {
    public let path: String
    /// What was changed about the rights of the files, for whoever opened it to say.
    public let notes: [String]
    var pool: DatabasePool { opened.withLock { $0.pool } }
    let reserve: LedgerReserve
    private let place: LedgerPlace
    private let opened: Mutex<Opened>
    private let configuration: GRDB.Configuration
    /// How many seconds are waited for another process that has the file locked.
    static let longestWait = 5

    /// Opens the ledger, and makes it where it is not there yet.
    /// - Parameters:
    ///   - access: who may read and write it; `nil` leaves the files that are there as they are.
    ///   - readsWithoutRoom: whether it is opened to be read where the disk is full, and takes nothing of the reserve before
    ///     something is written: that is for who looks once, and not for who stays.
    /// - Throws: ``LedgerError``; the file is left as it was then.
    public init(path: String, access: LedgerAccess? = nil, readsWithoutRoom: Bool = false) throws {
        self.path = path
        reserve = LedgerReserve(ledger: path)
        do {
            let file = try LedgerFile(path: path, access: access ?? .owner)
            file.make()
            let isCurrent =
                try readsWithoutRoom
                ? Self.checkWithoutRoom(path) : Self.makingRoom(toOpen: path) { try Self.check(path) }
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(TimeInterval(Self.longestWait))
            configuration.maximumReaderCount = 3
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // Taken in by a file that is still empty only; see sqlite.org, "PRAGMA auto_vacuum".
                if !database.configuration.readonly { try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            }
            self.configuration = configuration
            let opened = try Self.open(path, configuration, isToBeRead: isCurrent && readsWithoutRoom)
            if !isCurrent { try Self.migrate(opened.pool) }
            self.opened = Mutex(opened)
            place = LedgerPlace(path: path)
            notes = access == nil ? [] : file.settle()
        } catch let error as CocoaError {
            throw LedgerError.unavailable(path: path, detail: error.localizedDescription)
        } catch {
            throw LedgerError.from(error, path: path)
        }
    }

    /// The file as it is opened.
    private struct Opened {
        var pool: DatabasePool
        /// Why nothing can be written; whoever only reads need not know. `nil` where it can be.
        var obstacle: LedgerError?
        /// The file as it was when it was opened untouched; `nil` where changes are noticed.
        var still: StillFile?
        /// That of before, which others may be reading from.
        var former: DatabasePool?
    }

    /// Opening it to write takes some room on the disk. Where there is none, it is opened to be read: who looks at a
    /// screen in the worst moment must see something.
    private static func open(
        _ path: String, _ configuration: GRDB.Configuration, isToBeRead: Bool
    ) throws -> Opened {
        func opened() throws -> Opened { Opened(pool: try DatabasePool(path: path, configuration: configuration)) }
        guard isToBeRead else { return try makingRoom(toOpen: path, opened) }
        do { return try opened() } catch {
            guard let obstacle = LedgerError.from(error, path: path) as? LedgerError, obstacle.leavesReading
            else { throw error }
            var reading = configuration
            reading.readonly = true
            for still in [nil, StillFile(path: path)] {
                guard let pool = try? DatabasePool(path: still?.name ?? path, configuration: reading),
                    (try? pool.read { try Schema.migrator.hasCompletedMigrations($0) }) == true
                else { continue }
                return Opened(pool: pool, obstacle: obstacle, still: still)
            }
            throw error
        }
    }

    /// Opens it to write, where it was opened to be read for want of room.
    private func openToWrite() throws {
        try opened.withLock { opened in
            guard opened.obstacle != nil else { return }
            var next = try Self.open(path, configuration, isToBeRead: false)
            next.former = opened.pool
            opened = next
        }
    }

    private static func checkWithoutRoom(_ path: String) throws -> Bool {
        do { return try check(path) } catch {
            guard (LedgerError.from(error, path: path) as? LedgerError)?.leavesReading == true,
                let still = StillFile(path: path)
            else { throw error }
            return try check(path, opening: still.name)
        }
    }

    /// Several processes may come upon an older ledger at once; one of them migrates it.
    private static func migrate(_ pool: DatabasePool) throws {
        do { try Schema.migrator.migrate(pool) } catch {
            guard try pool.read(Schema.migrator.hasCompletedMigrations) else { throw error }
        }
    }

    /// Looks at an existing file without changing a byte of it.
    /// - Returns: whether its tables are those of this version.
    ///
    /// Only SQLite itself may open the file: whoever else closes it drops all locks of this process on it, see
    /// sqlite.org, "How To Corrupt An SQLite Database File", 2.2.
    private static func check(_ path: String, opening place: String? = nil) throws -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        guard place != nil || access(path, R_OK | W_OK) == 0 else { throw LedgerError.unwritable(path) }
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: place ?? path, configuration: configuration)
        let (isNewer, isCurrent) = try queue.read { database in
            (try Schema.migrator.hasBeenSuperseded(database), try Schema.migrator.hasCompletedMigrations(database))
        }
        if isNewer { throw LedgerError.newerVersion(path: path) }
        return isCurrent
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let (pool, still) = opened.withLock { ($0.pool, $0.still) }
        if let still, still != StillFile(path: path) { throw LedgerError.replaced(path: path) }
        do { return try pool.read(body) } catch { throw LedgerError.from(error, path: path) }
    }

    /// - Throws: ``LedgerError/replaced(path:)`` too, so that nothing is said to a file that nobody else sees.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            try place.check()
            try openToWrite()
            return try makingRoom { try commit(body) }
        } catch { throw LedgerError.from(error, path: path) }
    }

    func commit<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction { database in
            var result: Value?
            try database.inTransaction(.immediate) {
                result = try body(database)
                return .commit
            }
            return result!  // inTransaction throws where the body did not end
        }
    }

    /// Without a transaction of ours around it.
    func writeApart<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            try place.check()
            try openToWrite()
            return try pool.writeWithoutTransaction(body)
        } catch { throw LedgerError.from(error, path: path) }
    }

    // MARK: writing

    public func append(
        _ entries: [Entry], actor: String, at time: Timestamp, token: Int64?
    ) throws -> [Event] {
        if entries.isEmpty { return [] }
        // Whoever leads heals by the way; a person waits for an answer.
        if token == nil { try makeReady(entries.compactMap(\.subject.address)) }
        return try write { database in
            if token != nil || entries.contains(where: { $0.body.needsLease }) {
                guard let lease = try Self.lease(database), lease.isInForce(for: token, at: time) else {
                    throw LedgerError.leaseLost
                }
                // Whoever writes is there: where writing takes long, no renewal waits behind it for too long.
                if lease.isDue(at: time) { try Self.renew(lease.token, at: time, lasting: Lease.length, database) }
            }
            return try Self.append(entries, actor: actor, at: time, token: token, to: database)
        }
    }

    static func append(
        _ entries: [Entry], actor: String, at time: Timestamp, token: Int64?, to database: Database
    ) throws -> [Event] {
        // A pipeline may put more than a name into it.
        let actor = Secrets.hiding(in: actor)
        var sequence = try lastSequence(database)
        var batch = Batch(database)
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO events (sequence, time, actor, token, application, environment, kind, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        var events: [Event] = []
        for entry in entries {
            sequence = try sequence.successor("the highest events.sequence")
            let event = Event(
                sequence: sequence, time: time, actor: actor, token: token, application: entry.subject.application,
                environment: entry.subject.environment, body: entry.body)
            try insert.execute(arguments: [
                sequence, time.milliseconds, actor, token, event.application, event.environment, entry.body.kind,
                entry.body.stored,
            ])
            try batch.apply(event)
            events.append(event)
            if sequence.isMultiple(of: Waypoint.interval) {
                try batch.save()
                try Waypoint.write(at: sequence, database)
            }
        }
        try batch.save()
        return events
    }

    // MARK: the lease

    static func lease(_ database: Database) throws -> Lease? {
        guard
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT one, holder, token, expiresAt FROM lease"))
        else { return nil }
        return Lease(
            holder: try row.json(1, of: .lease), token: try row.value(2, of: .lease),
            expiresAt: Timestamp(milliseconds: try row.value(3, of: .lease)))
    }

    /// - Throws: ``LedgerError/replaced(path:)`` too: whoever only watches hears of it here.
    public func currentLease() throws -> Lease? {
        try place.check()
        return try read(Self.lease)
    }

    public func acquireLease(
        _ candidate: LeaseHolder, at time: Timestamp, lasting: Duration, isGone: (LeaseHolder) -> Bool
    ) throws -> Lease {
        try write { database in
            let known = try Self.lease(database)
            if let known, known.holder != candidate, known.isHeld(at: time, isGone: isGone) { return known }
            let token = try (known?.token ?? 0).successor("lease.token")
            let lease = Lease(holder: candidate, token: token, expiresAt: time + lasting)
            let holder = String(decoding: try JSONEncoder().encode(candidate), as: UTF8.self)
            try database.execute(
                sql: "INSERT OR REPLACE INTO lease (one, holder, token, expiresAt) VALUES (1, ?, ?, ?)",
                arguments: [holder, token, lease.expiresAt.milliseconds])
            let change = Entry(.ledger, .leaderChanged(holder: candidate.name))
            _ = try Self.append([change], actor: candidate.name, at: time, token: token, to: database)
            return lease
        }
    }

    public func renewLease(_ token: Int64, at time: Timestamp, lasting: Duration) throws -> Bool {
        try write { try Self.renew(token, at: time, lasting: lasting, $0) }
    }

    /// - Returns: whether the lease with that token is the one that was given last.
    @discardableResult
    private static func renew(
        _ token: Int64, at time: Timestamp, lasting: Duration, _ database: Database
    ) throws -> Bool {
        try database.cachedStatement(sql: "UPDATE lease SET expiresAt = ? WHERE token = ?")
            .execute(arguments: [(time + lasting).milliseconds, token])
        return database.changesCount == 1
    }

    public func releaseLease(_ token: Int64) throws {
        try write { database in
            try database.execute(sql: "UPDATE lease SET expiresAt = 0 WHERE token = ?", arguments: [token])
        }
    }

    // MARK: reading

    /// Numbers of what is in the archive are never given out again.
    static func lastSequence(_ database: Database) throws -> Int64 {
        let last = try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(sequence) FROM events")) ?? 0
        return max(last, try EventArchive.through(database))
    }

    public func lastSequence() throws -> Int64 { try read(Self.lastSequence) }

    public func fleet() throws -> FleetState {
        try read { database in
            let leader = try Self.lease(database)?.holder.name
            return FleetState(
                sequence: try Self.lastSequence(database), environments: try EnvironmentTable.all(database),
                applications: try ApplicationTable.all(database), leader: leader,
                plans: try PlanTable.newest(database, limit: FleetState.plansKept),
                freezes: try FreezeTable.all(upTo: nil, database), reserveLeft: try ReserveNews.left(database))
        }
    }

    /// The columns that ``event(_:)`` reads, in its order.
    static let eventColumns = "sequence, time, actor, token, application, environment, kind, body"

    static func event(_ row: Row) throws -> Event {
        Event(
            sequence: try row.value(0, of: .events), time: Timestamp(milliseconds: try row.value(1, of: .events)),
            actor: try row.value(2, of: .events), token: try row.value(3, of: .events),
            application: try row.value(4, of: .events), environment: try row.value(5, of: .events),
            body: EventBody(kind: try row.value(6, of: .events), stored: try row.value(7, of: .events)))
    }

    public func environment(_ address: EnvironmentAddress) throws -> EnvironmentState? {
        try read { try EnvironmentTable.state(address, $0) }
    }

    public func application(_ name: String) throws -> ApplicationState {
        try read { try ApplicationTable.state(name, $0) }
    }

    public func events(_ query: EventQuery) throws -> [Event] {
        try read { database in
            var conditions = ["sequence > ?"]
            // Of what is in the archive, only some is left here.
            var arguments: StatementArguments = [max(query.after, try EventArchive.through(database))]
            if let since = query.since {
                conditions.append("time >= ?")
                arguments += [since.milliseconds]
            }
            if let before = query.before {
                conditions.append("sequence < ?")
                arguments += [before]
            }
            if let application = query.subject.application {
                conditions.append("application = ?")
                arguments += [application]
            }
            if let environment = query.subject.environment {
                conditions.append("environment = ?")
                arguments += [environment]
            }
            arguments += [query.limit]
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Self.eventColumns) FROM events WHERE \(conditions.joined(separator: " AND "))
                    ORDER BY sequence \(query.isNewestFirst ? "DESC" : "ASC") LIMIT ?
                    """, arguments: arguments)
            return try rows.map(Self.event)
        }
    }

    /// What the target was told for the newest deployment of a release in an environment; `nil` where that was not
    /// written down.
    /// - Parameter last: the last event that counts; `nil` for all.
    public func settings(
        of release: String, in address: EnvironmentAddress, upTo last: Int64? = nil
    ) throws -> [String: String]? {
        try read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(Self.eventColumns) FROM events
                    WHERE application = ? AND environment = ? AND kind = 'targetTold'
                        AND \(Schema.isLookedUp) AND sequence <= ?
                    ORDER BY sequence DESC
                    """, arguments: [address.application, address.environment, last ?? .max])
            while let row = try rows.next() {
                if case .targetTold(_, release, let settings) = try Self.event(row).body { return settings }
            }
            return nil
        }
    }

    /// Watches for what other processes, and other connections of this one, write.
    public func changes() throws -> LedgerChanges { LedgerChanges(try DatabaseQueue(path: path), path: path) }

    public func watch() throws -> any LedgerWatch { try changes() }
}

/// Tells cheaply whether anything was written: one pragma on a connection of its own, no query.
public final class LedgerChanges: LedgerWatch {
    private let queue: DatabaseQueue
    private let path: String

    fileprivate init(_ queue: DatabaseQueue, path: String) {
        self.queue = queue
        self.path = path
    }

    /// Changes whenever another connection commits; see `PRAGMA data_version`.
    public func version() throws -> Int64 {
        do {
            return try queue.writeWithoutTransaction {
                try Int64.fetchOne($0.cachedStatement(sql: "PRAGMA data_version")) ?? 0
            }
        } catch { throw LedgerError.from(error, path: path) }
    }
}
