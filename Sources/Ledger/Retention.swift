import Archive
import Foundation
import GRDB
import Model

/// What came of a piece of retention.
public struct Retention: Equatable, Sendable {
    /// How many events went into the archive.
    public var moved = 0
    /// Whether nothing that is old enough is left.
    public var isDone = true
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
            guard let lock = try archive.lock() else { return Retention(isDone: false) }
            return try withExtendedLifetime(lock) { try retire(before: cutoff, atMost: events, into: archive) }
        } catch let error as ArchiveError {
            throw LedgerError.archive(path: archive.folder, detail: error.description)
        }
    }

    private func retire(before cutoff: Timestamp, atMost limit: Int, into archive: EventArchive) throws -> Retention {
        let (through, known, page) = try read { database in
            let through = try EventArchive.through(database)
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT \(Self.eventColumns) FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?"),
                arguments: [through, limit])
            return (through, try EventArchive.files(database), try rows.map(Self.event))
        }
        let old = page.prefix { $0.time < cutoff }
        if old.isEmpty { return Retention() }
        var files: [EventArchive.File] = []
        for (name, events) in Dictionary(grouping: old, by: { EventArchive.name($0.time) }).sorted(by: {
            $0.key < $1.key
        }) {
            var file =
                known.first { $0.name == name }
                ?? EventArchive.File(name: name, length: 0, first: events[0].sequence, last: 0, count: 0)
            let lines = archive.lines(of: name)
            let start = file.length
            file.length = try lines.append(events.map(\.archived), after: start, mode: archive.access.fileMode)
            try Self.confirm(events, in: lines, from: start)
            file.last = events.last?.sequence ?? file.last
            file.count += Int64(events.count)
            files.append(file)
        }
        try write { database in
            // Somebody else may have been faster; a lock on a shared disk may be none.
            guard try EventArchive.through(database) == through else { return }
            try Self.forget(old, database)
            for file in files {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO archive (file, length, first, last, count) VALUES (?, ?, ?, ?, ?)",
                    arguments: [file.name, file.length, file.first, file.last, file.count])
            }

        }
        try writeApart { database in
            // Gives back the space of ledgers that can; see sqlite.org, "PRAGMA incremental_vacuum".
            try database.execute(sql: "PRAGMA incremental_vacuum(2000)")
        }
        return Retention(moved: old.count, isDone: old.count < page.count || page.count < limit)
    }

    private static func confirm(_ events: [Event], in lines: CompressedLines, from start: Int64) throws {
        var found: [String] = []
        try lines.forEachLine(from: start) { found.append(String($0)) }
        guard found == events.map(\.archived) else {
            throw ArchiveError("\(lines.path) does not hold what was written to it")
        }
    }

    /// Kinds that are looked up however old they are, and are few.
    private static let keptKinds = ["targetTold", "releaseMarked", "rollbackDecided"]

    private static func forget(_ events: ArraySlice<Event>, _ database: Database) throws {
        var bases: [EnvironmentAddress: EnvironmentState] = [:]
        for event in events {
            guard let address = event.address else { continue }
            var state = try bases[address] ?? EnvironmentTable.base(address, database)
            if state.setApart == nil {
                do { try state.apply(event) } catch {
                    state.setApart = SetApart(event: event.sequence, reason: "\(error)")
                }
            }
            bases[address] = state
        }
        for (address, state) in bases {
            try database.execute(
                sql: "INSERT OR REPLACE INTO bases (application, environment, snapshot) VALUES (?, ?, ?)",
                arguments: [address.application, address.environment, Data(Snapshot.encode(state))])
        }
        guard let first = events.first?.sequence, let last = events.last?.sequence else { return }
        let kept = keptKinds.map { "'\($0)'" }.joined(separator: ", ")
        try database.execute(
            sql: "DELETE FROM events WHERE sequence BETWEEN ? AND ? AND kind NOT IN (\(kept))",
            arguments: [first, last])
    }

    /// The events that are in the archive, in their order.
    /// - Throws: ``LedgerError/archive(path:detail:)`` where a file is not there any more or damaged, after what could be
    ///   read.
    public func forEachArchivedEvent(in span: EventSpan, _ body: (Event) throws -> Void) throws {
        let archive = EventArchive(besideLedger: path)
        let subjects = span.subjects.map(Set.init)
        for file in try read(EventArchive.files) {
            // A month's file holds what happened in that month alone.
            if let since = span.since, file.name < EventArchive.name(since) { continue }
            if let until = span.until, file.name > EventArchive.name(until) { continue }
            do {
                try archive.lines(of: file.name).forEachLine { line in
                    let event = try Event(archived: line)
                    guard event.sequence <= file.last, span.holds(event, subjects) else { return }
                    try body(event)
                }
            } catch let error as ArchiveError {
                throw LedgerError.archive(path: archive.folder, detail: error.description)
            } catch let fault as StoredJSONFault {
                throw LedgerError.archive(
                    path: archive.folder, detail: "a line of \(file.name) cannot be read: \(fault)")
            }
        }
    }

    /// The last event that is in the archive, and when it was; `nil` where nothing is.
    public func archivedThrough() throws -> (sequence: Int64, files: Int)? {
        let files = try read(EventArchive.files)
        return files.map(\.last).max().map { ($0, files.count) }
    }
}

extension EventSpan {
    fileprivate func holds(_ event: Event, _ chosen: Set<Subject>?) -> Bool {
        if let since, event.time < since { return false }
        if let until, event.time > until { return false }
        guard kinds.hold(event.body.kind) else { return false }
        guard let chosen else { return true }
        return chosen.contains(
            event.address.map(Subject.environment) ?? event.application.map(Subject.application) ?? .ledger)
    }
}
