import Foundation
import GRDB

/// What tells one ledger from every other, made once with its tables.
enum LedgerIdentity {
    static func create(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE identity (
                    one INTEGER PRIMARY KEY CHECK (one = 1),
                    name TEXT NOT NULL,
                    secret BLOB NOT NULL,
                    -- The last event that was there already.
                    eventsBefore INTEGER NOT NULL
                );
                """)
        // The system's generator is one that nobody can predict.
        var generator = SystemRandomNumberGenerator()
        let name = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        var secret = Data(capacity: 32)
        for _ in 0..<32 { secret.append(UInt8.random(in: .min ... .max, using: &generator)) }
        try database.execute(
            sql: """
                INSERT INTO identity (one, name, secret, eventsBefore)
                VALUES (1, ?, ?, (SELECT coalesce(max(sequence), 0) FROM events))
                """,
            arguments: [name, secret])
    }
}

extension SQLiteLedger {
    /// Tells this ledger from every other, also from one that comes to lie at the same path; a copy has the same.
    public func identity() throws -> String {
        try read { database in
            guard let name = try String.fetchOne(database, sql: "SELECT name FROM identity") else {
                throw LedgerError.corrupt(path: path, detail: "it has no identity")
            }
            return name
        }
    }

    /// The last event of before this ledger had an identity, as one has that an older version began; 0 where none is.
    public func eventsBeforeIdentity() throws -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT eventsBefore FROM identity") ?? 0 }
    }

    /// What only this ledger knows: whoever can read its file can read it, and nobody else.
    public func secret() throws -> [UInt8] {
        try read { database in
            guard let secret = try Data.fetchOne(database, sql: "SELECT secret FROM identity"), secret.count == 32
            else {
                throw LedgerError.corrupt(path: path, detail: "it has no secret")
            }
            return Array(secret)
        }
    }
}
