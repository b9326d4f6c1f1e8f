import Ledger
import Model

/// Reads what comes into the ledger, each event once.
struct LedgerReader {
    private let ledger: any Ledger
    private let watch: any LedgerWatch
    private var version: Int64?
    private var sequence: Int64 = 0

    init(_ ledger: any Ledger) throws {
        self.ledger = ledger
        watch = try ledger.watch()
    }

    /// Begins after an event, as after the state at that event was read.
    mutating func begin(after sequence: Int64) {
        self.sequence = sequence
        version = nil
    }

    /// Hands over what was written since the last look; where nothing was, that costs next to nothing.
    /// - Parameter take: where it throws, the same events are handed over again the next time.
    /// - Returns: whether anything was written.
    mutating func takeNews(_ take: ([Event]) throws -> Void) throws -> Bool {
        let current = try watch.version()
        guard current != version else { return false }
        var query = EventQuery()
        query.after = sequence
        while true {
            let events = try ledger.events(query)
            try take(events)
            sequence = events.last?.sequence ?? sequence
            query.after = sequence
            if events.count < query.limit { break }
        }
        version = current
        return true
    }
}
