import GRDB
import Model

/// What each event is, and that it has left behind what follows from it.
extension SQLiteLedger {
    /// Every event can be read, and has a time.
    func checkEvents(_ progress: (Int) -> Void) throws -> LedgerCheck {
        var unreadable: [String] = []
        var count = 0
        try forEachEvent(in: EventSpan()) { event in
            count += 1
            if count % 10_000 == 0 { progress(10_000) }
            guard unreadable.count < Self.mostNamed else { return }
            if case .unknown(let kind, _) = event.body, EventBody.knows(kind) {
                unreadable.append("#\(event.sequence) (\(kind)) cannot be read")
            } else if event.time.milliseconds <= 0 {
                unreadable.append("#\(event.sequence) has no time")
            }
        }
        return unreadable.isEmpty
            ? LedgerCheck(subject: "contents", state: .ok, detail: "\(counted(count, "event")) can be read")
            : LedgerCheck(subject: "contents", state: .fault, detail: unreadable.joined(separator: "; "))
    }

    /// Every release that was registered, and every deployment that was asked for, has its row.
    func checkRows() throws -> [LedgerCheck] {
        try [
            missing(
                "releases", "release",
                """
                kind = 'releaseRegistered' AND NOT EXISTS (
                    SELECT 1 FROM releases WHERE application = event.application AND position = event.sequence)
                """),
            missing(
                "deployments", "deployment",
                """
                kind IN ('deploymentRequested', 'rollbackDecided')
                    AND NOT EXISTS (SELECT 1 FROM deployments WHERE id = event.sequence)
                """),
        ]
    }

    private static let mostNamed = 5

    private func missing(_ subject: String, _ noun: String, _ condition: String) throws -> LedgerCheck {
        try read { database in
            // What is in the archive has left its rows here too, but not always its events.
            let numbers = try Int64.fetchAll(
                database, sql: "SELECT sequence FROM events AS event WHERE sequence > ? AND \(condition)",
                arguments: [try EventArchive.through(database)])
            guard !numbers.isEmpty else {
                let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(subject)") ?? 0
                return LedgerCheck(subject: subject, state: .ok, detail: "\(count), one for each that events tell of")
            }
            let names = numbers.prefix(Self.mostNamed).map { "#\($0)" }.joined(separator: ", ")
            let more = numbers.count > Self.mostNamed ? ", …" : ""
            return LedgerCheck(
                subject: subject, state: .fault,
                detail:
                    "\(counted(numbers.count, noun)) that events tell of \(numbers.count == 1 ? "is" : "are") missing: "
                    + names + more)
        }
    }
}
