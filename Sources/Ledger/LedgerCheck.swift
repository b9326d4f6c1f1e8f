import Foundation
import GRDB
import Model

/// One thing that was looked at in a ledger.
public struct LedgerCheck: Equatable, Sendable {
    public enum State: String, Sendable { case ok, waiting, fault }

    /// What was looked at, such as `file`, `events` or `shop/prod`.
    public var subject: String
    public var state: State
    public var detail: String
}

extension SQLiteLedger {
    /// Looks at everything that is in the ledger, and changes nothing; whoever acts goes on meanwhile.
    /// - Parameters:
    ///   - tell: is told of each thing that was looked at.
    ///   - progress: is told, from time to time, how many of how many events have been folded.
    public func check(tell: (LedgerCheck) throws -> Void, progress: (Int, Int) -> Void = { _, _ in }) throws {
        try withoutRetention { try checkAll(tell, progress) }
    }

    private func checkAll(_ tell: (LedgerCheck) throws -> Void, _ progress: (Int, Int) -> Void) throws {
        /// What cannot even be looked at is a fault, and keeps nobody from looking at the rest.
        func fault(_ subject: String, _ look: () throws -> LedgerCheck) -> LedgerCheck {
            do { return try look() } catch { return LedgerCheck(subject: subject, state: .fault, detail: "\(error)") }
        }
        try tell(fault("file", checkFile))
        try tell(fault("events", checkNumbers))
        for check in try checkArchive() { try tell(check) }
        // Each is read twice: by itself, and as what it leads to.
        let total = try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM events") ?? 0 } * 2
        var folded = 0
        try tell(
            fault("contents") {
                try checkEvents { count in
                    folded += count
                    progress(folded, total)
                }
            })
        for check in try checkRows() { try tell(check) }
        for address in Set(try addressesOfStates() + addresses()).sorted() {
            try tell(
                fault(address.description) {
                    try checkState(address) { count in
                        folded += count
                        progress(folded, total)
                    }
                })
        }
    }

    /// The pages of the file and its indexes; see sqlite.org, "PRAGMA integrity_check".
    private func checkFile() throws -> LedgerCheck {
        let problems = try read { try String.fetchAll($0, sql: "PRAGMA integrity_check(20)") }
        return problems == ["ok"]
            ? LedgerCheck(subject: "file", state: .ok, detail: "whole, with all its indexes")
            : LedgerCheck(subject: "file", state: .fault, detail: problems.joined(separator: "; "))
    }

    /// Every event since the archive is there.
    private func checkNumbers() throws -> LedgerCheck {
        try read { database in
            let through = try EventArchive.through(database)
            let row = try Row.fetchOne(
                database, sql: "SELECT count(*), max(sequence) FROM events WHERE sequence > ?", arguments: [through])
            let count: Int64 = try row?.value(0, of: .events) ?? 0
            let last: Int64 = try (row?.value(1, of: .events) as Int64??)?.flatMap(\.self) ?? through
            let missing = last - through - count
            guard missing != 0 else {
                return LedgerCheck(subject: "events", state: .ok, detail: "\(count), up to #\(last), without a gap")
            }
            let gaps = try Int64.fetchAll(
                database,
                sql: """
                    SELECT sequence FROM events e WHERE sequence > ? + 1
                        AND NOT EXISTS (SELECT 1 FROM events WHERE sequence = e.sequence - 1) LIMIT 5
                    """, arguments: [through])
            let places = gaps.map { "before #\($0)" }.joined(separator: ", ")
            return LedgerCheck(subject: "events", state: .fault, detail: "\(missing) are missing, \(places)")
        }
    }

    private func checkArchive() throws -> [LedgerCheck] {
        let archive = EventArchive(besideLedger: path)
        return try read(EventArchive.files).map { file in
            var (count, last) = (Int64(0), Int64(0))
            var fault: String?
            do {
                let lines = archive.lines(of: file.name)
                if lines.length < file.length { fault = "\(lines.length) of \(file.length) bytes are left" }
                try lines.forEachLine(upTo: file.length) { line in
                    let sequence = try Event(archived: line).sequence
                    if sequence <= last { fault = fault ?? "#\(sequence) comes after #\(last)" }
                    (count, last) = (count + 1, sequence)
                }
            } catch { fault = fault ?? "\(error)" }
            if fault == nil, count != file.count { fault = "\(count) of \(file.count) events are left" }
            return LedgerCheck(
                subject: file.name, state: fault == nil ? .ok : .fault,
                detail: fault ?? "\(counted(count, "event")), up to #\(last)")
        }
    }

    private func addressesOfStates() throws -> [EnvironmentAddress] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT application, environment FROM environments ORDER BY application, environment"
            ).map { try $0.address(0, of: .environments) }
        }
    }

    private static let foldedAtOnce = 2_000

    /// What an environment's events lead to, beside its snapshot.
    private func checkState(_ address: EnvironmentAddress, count: (Int) -> Void) throws -> LedgerCheck {
        func result(_ state: LedgerCheck.State, _ detail: String) -> LedgerCheck {
            LedgerCheck(subject: address.description, state: state, detail: detail)
        }
        let key: StatementArguments = [address.application, address.environment]
        // Before the snapshot, which so is newer than all of them.
        let waypoints = try read { try Waypoint.waypoints(of: address, $0) }
        let (snapshot, fold, begun) = try read { database -> (EnvironmentState?, Int64, EnvironmentState) in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT application, environment, snapshot, fold FROM environments
                    WHERE application = ? AND environment = ?
                    """, arguments: key)
            guard let row else { return (nil, 0, EnvironmentState(address: address)) }
            return (
                try EnvironmentTable.decode(row, 2, address), try row.value(3, of: .environments),
                try EnvironmentTable.base(address, database)
            )
        }
        guard let snapshot else { return result(.fault, "events tell of it, and its state is missing") }
        if let why = snapshot.setApart { return result(.fault, "set apart: \(why)") }
        var state = begun
        var events = 0
        func advance(upTo last: Int64) throws {
            var folded = EnvironmentTable.Folded.more
            while folded == .more {
                var left = Self.foldedAtOnce
                folded = try read { try EnvironmentTable.fold(&state, $0, upTo: last, atMost: &left) }
                events += Self.foldedAtOnce - left
                count(Self.foldedAtOnce - left)
            }
        }
        for waypoint in waypoints {
            try advance(upTo: waypoint)
            if state.setApart != nil { break }
            guard try read({ try Waypoint.state(of: address, at: waypoint, $0) }) ?? state == state else {
                return result(.fault, "its events lead to another state than what was kept at #\(waypoint)")
            }
        }
        // No further than the snapshot: more may have come since.
        try advance(upTo: snapshot.lastEvent)
        if let why = state.setApart { return result(.fault, "its events do not lead anywhere: \(why)") }
        if state == snapshot {
            return result(.ok, "\(counted(events, "event")) lead\(events == 1 ? "s" : "") to its snapshot")
        }
        return fold < Snapshot.fold
            ? result(.waiting, "its snapshot is of an older version; whoever acts makes it again")
            : result(.fault, "its events lead to another state than its snapshot says")
    }
}
