import Foundation
import GRDB
import Model

/// What came of healing a piece of a ledger.
public struct Healing: Equatable, Sendable {
    /// Those that can be acted on since then, and could not before.
    public var ready: [EnvironmentAddress] = []
    /// Whether nothing is left to do.
    public var isDone = true

    public init(ready: [EnvironmentAddress] = [], isDone: Bool = true) {
        self.ready = ready
        self.isDone = isDone
    }
}

extension SQLiteLedger {
    /// Makes states again from their events, where their snapshots are of an older fold or cannot be read: a piece of
    /// that work, a fraction of a second long.
    ///
    /// Whoever leads calls it again and again, renewing the lease meanwhile, until nothing is left. What it has done is
    /// kept, whoever goes on with it. Those that cannot be acted on until then come first, and of them those in which
    /// something happened last; all others are acted on meanwhile with the snapshot that they have.
    ///
    /// Where an event does not follow, a snapshot that can be read stays as it is: it was made by the fold that took
    /// the event in. Without one, the environment is set apart.
    /// - Parameters:
    ///   - first: what is needed before all others.
    ///   - events: how many events to fold.
    public func heal(first: Set<EnvironmentAddress>, atMost events: Int) throws -> Healing {
        let piece = try read { try Self.piece($0, first: first, atMost: events) }
        guard !piece.isEmpty else { return Healing() }
        return try write { database in
            var ready: [EnvironmentAddress] = []
            for folded in piece where try Self.finish(folded, database) { ready.append(folded.state.address) }
            return Healing(ready: ready, isDone: false)
        }
    }

    /// Heals what somebody asks something of, so that it can be answered; others may be healed by the way.
    ///
    /// The lock is held for moments only, also where millions of events have to be folded.
    public func makeReady(_ addresses: some Sequence<EnvironmentAddress>) throws {
        let addresses = Set(addresses)
        while true {
            let needed = try read { database in
                try addresses.filter { try EnvironmentTable.mustBeMadeAgain($0, database) }
            }
            guard !needed.isEmpty else { return }
            if try heal(first: needed, atMost: Self.healedAtOnce).isDone { return }
        }
    }

    /// A state on its way.
    private struct Piece {
        var state: EnvironmentState
        /// What stands in the table now, so that nothing is overwritten that changed meanwhile.
        var unfinishedBefore: Data?
        var foldBefore: Int64
        var isWhole: Bool
        var hasReadableSnapshot: Bool
    }

    private static func piece(
        _ database: Database, first: Set<EnvironmentAddress>, atMost events: Int
    ) throws -> [Piece] {
        var left = events
        var pieces: [Piece] = []
        let needed = first.sorted()
        let others = try waiting(database, atMost: events).filter { !first.contains($0) }
        for address in needed + others where left > 0 {
            guard
                let row = try Row.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT application, environment, snapshot, unfinished, fold FROM environments
                            WHERE application = ? AND environment = ?
                            """), arguments: [address.application, address.environment])
            else { continue }
            let (fold, unfinished) = progress(row, fold: 4, unfinished: 3)
            let isReadable = try EnvironmentTable.decode(row, 2, address) != nil
            // A damaged snapshot is made again too, whoever finds it.
            if isReadable, fold >= Snapshot.fold { continue }
            var state =
                try EnvironmentTable.decode(row, 3, address) ?? EnvironmentTable.base(address, database)
            // An environment without events takes its turn too.
            left -= 1
            let folded = try EnvironmentTable.fold(&state, database, atMost: &left)
            pieces.append(
                Piece(
                    state: state, unfinishedBefore: unfinished, foldBefore: fold, isWhole: folded == .whole,
                    hasReadableSnapshot: isReadable))
        }
        return pieces
    }

    /// What is left to heal, in its order; none where all is well.
    private static func waiting(_ database: Database, atMost limit: Int) throws -> [EnvironmentAddress] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT application, environment FROM environments WHERE fold < ?
                    ORDER BY \(EnvironmentTable.isReadable), CASE WHEN \(EnvironmentTable.isReadable) THEN 0 ELSE (
                        SELECT max(sequence) FROM events e
                        WHERE e.application = environments.application AND e.environment = environments.environment
                    ) END DESC LIMIT ?
                    """), arguments: [Snapshot.fold, limit]
        ).map { try $0.address(0, of: .environments) }
    }

    /// How far it is. What cannot be read stands for nothing that was done, so that the environment is made again.
    private static func progress(_ row: Row, fold: Int, unfinished: Int) -> (fold: Int64, unfinished: Data?) {
        ((try? row.value(fold, of: .environments)) ?? 0, try? row.value(unfinished, of: .environments))
    }

    /// - Returns: whether the environment can be acted on since then, and could not before.
    private static func finish(_ piece: Piece, _ database: Database) throws -> Bool {
        var state = piece.state
        let key: StatementArguments = [state.address.application, state.address.environment]
        let now = try Row.fetchOne(
            database, sql: "SELECT fold, unfinished FROM environments WHERE application = ? AND environment = ?",
            arguments: key)
        // Removed meanwhile, or done by another process.
        guard let now, progress(now, fold: 0, unfinished: 1) == (piece.foldBefore, piece.unfinishedBefore) else {
            return false
        }
        var isWhole = piece.isWhole
        if isWhole {
            // What was written while it was folded is little, and nothing more is written now.
            var left = EnvironmentTable.mostEventsReadAtOnce
            isWhole = try EnvironmentTable.fold(&state, database, atMost: &left) == .whole
        }
        if !isWhole {
            try database.execute(
                sql: "UPDATE environments SET unfinished = ? WHERE application = ? AND environment = ?",
                arguments: [Data(Snapshot.encode(state))] + key)
        } else if state.setApart != nil, piece.hasReadableSnapshot {
            try database.execute(
                sql: "UPDATE environments SET fold = ?, unfinished = NULL WHERE application = ? AND environment = ?",
                arguments: [Snapshot.fold] + key)
        } else if state.isRemoved {
            try EnvironmentTable.save(state, database)
        } else {
            try database.execute(
                sql: """
                    UPDATE environments SET snapshot = ?, fold = ?, unfinished = NULL
                    WHERE application = ? AND environment = ?
                    """, arguments: [Data(Snapshot.encode(state)), Snapshot.fold] + key)
        }
        return isWhole && !piece.hasReadableSnapshot && state.setApart == nil
    }

    /// How many environments are left to heal.
    public func countToHeal() throws -> Int {
        try read { database in
            try Int.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM environments WHERE fold < ?"),
                arguments: [Snapshot.fold]) ?? 0
        }
    }

    /// About a fifth of a second's work.
    public static let healedAtOnce = 10_000
}
