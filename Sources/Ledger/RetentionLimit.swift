import GRDB
import Model

extension SQLiteLedger {
    /// How long a ledger must have been in use after a silence before that is taken for time that passed.
    static let trial: Duration = .seconds(7 * 86_400)

    /// Moves what is older than `keep` into the archive: a piece of that work, see ``retire(before:atMost:)``.
    ///
    /// A silence that is as long as events are kept looks the same whether nobody used the ledger or a clock was set
    /// forward. What was before it stays until the ledger tells of a week after it, or of `keep` where that is less.
    /// - Parameter now: what the machine's clock shows, right or wrong.
    /// - Throws: as ``retire(before:atMost:)``.
    public func retire(olderThan keep: Duration, at now: Timestamp, atMost events: Int = 2_000) throws -> Retention {
        guard let silence = try read({ try Self.silence(keep, now, $0) }) else {
            return try retire(before: now - keep, atMost: events)
        }
        var piece = try retire(before: silence.start - keep, atMost: events)
        if piece.isDone, piece.stoppedBecause == nil { piece.stoppedBecause = silence.reason(keep) }
        return piece
    }

    /// A time of which the ledger tells nothing.
    private struct Silence {
        var start: Timestamp
        var end: Timestamp

        func reason(_ keep: Duration) -> String {
            "nothing is known of the time from \(start.rfc3339) to \(end.rfc3339), as where a clock was set; "
                + "if it passed, they go once the ledger has been in use for \(min(keep, SQLiteLedger.trial).inFull)"
        }
    }

    /// The silence that is not long over, or lasts still; `nil` where there is none as long as events are kept.
    private static func silence(_ keep: Duration, _ now: Timestamp, _ database: Database) throws -> Silence? {
        func time(_ extreme: String, _ condition: String, _ arguments: StatementArguments) throws -> Timestamp? {
            try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT \(extreme)(time) FROM events WHERE \(condition)"),
                arguments: arguments
            ).map(Timestamp.init(milliseconds:))
        }
        let start = (now - min(keep, trial)).milliseconds
        let end = try time("min", "time BETWEEN ? AND ?", [start, now.milliseconds]) ?? now
        guard let last = try time("max", "time < ?", [start]), end - last >= keep else { return nil }
        return Silence(start: last, end: end)
    }
}
