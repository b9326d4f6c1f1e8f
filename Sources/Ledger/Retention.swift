import Archive
import Foundation
import GRDB
import Model

/// What came of a piece of retention.
public struct Retention: Equatable, Sendable {
    /// How many events went into the archive.
    public var moved = 0
    /// Whether nothing more can be moved now.
    public var isDone = true
    /// Why what is old enough stays, where it does.
    public var stoppedBecause: String?
    /// Whether another process is at it, or looks at all of the ledger; nothing was done then.
    public var isHeldUp = false
}

extension SQLiteLedger {
    /// Moves the oldest events into the archive: a piece of that work, a fraction of a second long.
    ///
    /// Only what is before everything that is younger goes, so that what is left has no holes. The states that the events
    /// led to stay, as the base from which snapshots are made again; so does what is asked for however old it is. Every
    /// line is read back from the disk before its event goes from the ledger; whoever dies in between has lost nothing,
    /// and the next piece begins at the same place.
    /// - Parameters:
    ///   - cutoff: what is older goes.
    ///   - events: how many events to move.
    /// - Throws: ``LedgerError/archive(path:detail:)`` where a file cannot be written or is not as it was.
    public func retire(before cutoff: Timestamp, atMost events: Int = 2_000) throws -> Retention {
        let archive = EventArchive(besideLedger: path)
        do {
            guard let lock = try archive.lock() else { return Retention(isDone: false, isHeldUp: true) }
            return try withExtendedLifetime(lock) { try retire(before: cutoff, atMost: events, into: archive) }
        } catch let error as ArchiveError {
            throw LedgerError.archive(path: archive.folder, detail: error.description)
        }
    }

    private func retire(before cutoff: Timestamp, atMost limit: Int, into archive: EventArchive) throws -> Retention {
        let (through, known, old, bases, count, reason) = try read { database in
            let through = try EventArchive.through(database)
            let page = try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT \(Self.eventColumns) FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?"),
                arguments: [through, limit + 1]
            ).map(Self.event)
            // The newest stays, whatever its age: it tells how far the numbers have come.
            let old = page.dropLast().prefix { $0.time < cutoff }
            let (count, bases, reason) = try Self.bases(after: old, database)
            let younger = old.count < min(limit, page.count - 1) ? page[old.count] : nil
            return (
                through, try EventArchive.files(database), old, bases, count,
                try reason ?? younger.flatMap { try Self.delay(by: $0, before: cutoff, database) }
            )
        }
        let moved = old.prefix(count)
        if moved.isEmpty { return Retention(stoppedBecause: reason) }
        let files = try write(moved, into: archive, known)
        let isMoved = try write { database in
            // Somebody else may have been faster, and another version's states wait for the very events.
            guard try EventArchive.through(database) == through, try !Self.mustHeal(database) else { return false }
            try Self.forget(moved, bases, database)
            for file in files {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO archive (file, length, first, last, count) VALUES (?, ?, ?, ?, ?)",
                    arguments: [file.name, file.length, file.first, file.last, file.count])
            }
            return true
        }
        try giveBackSomeSpace()
        return Retention(
            moved: isMoved ? moved.count : 0, isDone: reason != nil || moved.count < limit, stoppedBecause: reason)
    }

    /// Why what is older than an event stays, where anything older than the limit comes after it.
    private static func delay(by event: Event, before cutoff: Timestamp, _ database: Database) throws -> String? {
        let holdsUp = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM events WHERE time < ? AND sequence > ?)"),
            arguments: [cutoff.milliseconds, event.sequence])
        return holdsUp == true
            ? "#\(event.sequence) is of \(event.time.rfc3339), younger than what comes after it: a clock was set" : nil
    }

    private func write(
        _ events: ArraySlice<Event>, into archive: EventArchive, _ known: [EventArchive.File]
    ) throws -> [EventArchive.File] {
        let months = Dictionary(grouping: events, by: { EventArchive.name($0.time) }).sorted { $0.key < $1.key }
        return try months.map { name, events in
            var file =
                known.first { $0.name == name }
                ?? EventArchive.File(name: name, length: 0, first: events[0].sequence, last: 0, count: 0)
            let (lines, start, texts) = (archive.writableLines(of: name), file.length, events.map(\.archived))
            if lines.length > start, !Self.isLeftover(in: lines, from: start, of: texts) { try lines.setAside() }
            file.length = try lines.append(texts, after: start)
            guard try lines.all(from: start) == texts else {
                throw ArchiveError("\(lines.path) does not hold what was written to it")
            }
            file.last = events.last?.sequence ?? file.last
            file.count += Int64(events.count)
            return file
        }
    }

    /// Whether what follows in a file is what a crash left there of these lines. Anything else may be the only copy, as
    /// where this ledger was restored from a backup.
    private static func isLeftover(in lines: CompressedLines, from start: Int64, of texts: [String]) -> Bool {
        var found: [String] = []
        // What was being written when the machine stopped ends in the middle.
        try? lines.forEachLine(from: start) { found.append(String($0)) }
        return texts.starts(with: found)
    }

    /// Kinds that are looked up however old they are, and are few.
    private static let keptKinds = ["targetTold"] + ApplicationTable.kinds

    /// Whether states are still made again from their events.
    static func mustHeal(_ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM environments WHERE fold < ? OR unfinished IS NOT NULL)"),
            arguments: [Snapshot.fold]) ?? false
    }

    /// What environments are after events, up to the first event that cannot be taken in: whoever can later must still
    /// find it.
    private static func bases(
        after events: some Collection<Event>, _ database: Database
    ) throws -> (count: Int, bases: [EnvironmentAddress: EnvironmentState], stoppedBecause: String?) {
        if try mustHeal(database) { return (0, [:], "states of an older version are being made again from them first") }
        var bases: [EnvironmentAddress: EnvironmentState] = [:]
        for (count, event) in events.enumerated() {
            func stop(_ why: String) -> (Int, [EnvironmentAddress: EnvironmentState], String?) {
                (count, bases, "#\(event.sequence) \(why)")
            }
            if case .unknown(let kind, _) = event.body {
                return stop("is of the kind \(kind), which is not known here")
            }
            guard let address = event.address else { continue }
            var state = try bases[address] ?? EnvironmentTable.base(address, database)
            if let why = state.setApart { return stop("is of \(address), which is set apart: \(why)") }
            do { try state.apply(event) } catch { return stop("does not follow: \(error)") }
            bases[address] = state
        }
        return (events.count, bases, nil)
    }

    private static func forget(
        _ events: ArraySlice<Event>, _ bases: [EnvironmentAddress: EnvironmentState], _ database: Database
    ) throws {
        for (address, state) in bases {
            try database.execute(
                sql: "INSERT OR REPLACE INTO bases (application, environment, snapshot) VALUES (?, ?, ?)",
                arguments: [address.application, address.environment, Data(Snapshot.encode(state))])
        }
        guard let first = events.first?.sequence, let last = events.last?.sequence else { return }
        try Waypoint.forget(through: last, database)
        let kept = keptKinds.map { "'\($0)'" }.joined(separator: ", ")
        try database.execute(
            sql: "DELETE FROM events WHERE sequence BETWEEN ? AND ? AND kind NOT IN (\(kept))",
            arguments: [first, last])
    }

    /// Does something while nothing is moved into the archive: what is read of both is whole.
    public func withoutRetention<Value>(_ body: () throws -> Value) throws -> Value {
        let lock = EventArchive(besideLedger: path).readingLock()
        return try withExtendedLifetime(lock) { try body() }
    }

    /// What the events that are in the archive led to, and the first event after them; `nil` where none are.
    public func archivedState() throws -> (fleet: FleetState, until: Timestamp)? {
        try read { database in
            try Self.archiveEnd(database).map { (try Self.archivedFleet(database), $0) }
        }
    }

    /// When the first event after those that are in the archive was; `nil` where none are there.
    public func archiveEnd() throws -> Timestamp? { try read(Self.archiveEnd) }

    private static func archiveEnd(_ database: Database) throws -> Timestamp? {
        let through = try EventArchive.through(database)
        guard through > 0,
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT sequence, time FROM events WHERE sequence > ? ORDER BY sequence LIMIT 1"),
                arguments: [through])
        else { return nil }
        return Timestamp(milliseconds: try row.value(1, of: .events))
    }

    /// What the events that are in the archive led to; nothing has happened where none are.
    static func archivedFleet(_ database: Database) throws -> FleetState {
        let through = try EventArchive.through(database)
        guard through > 0 else { return FleetState() }
        return FleetState(
            sequence: through, environments: try EnvironmentTable.bases(database),
            applications: try ApplicationTable.folded("sequence <= ?", [through], database),
            freezes: try FreezeTable.all(upTo: through, database))
    }

    /// The environments of which the archive tells.
    static func archivedAddresses(_ database: Database) throws -> [EnvironmentAddress] {
        try Row.fetchAll(database, sql: "SELECT application, environment FROM bases").map {
            try $0.address(0, of: .bases)
        }
    }
}
