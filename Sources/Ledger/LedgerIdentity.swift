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
            try Self.identity(database, path).value(1, of: .identity)
        }
    }

    /// The last event of before this ledger had an identity, as one has that an older version began; 0 where none is.
    public func eventsBeforeIdentity() throws -> Int64 {
        try read { try Self.identity($0, path).value(3, of: .identity) }
    }

    /// What only this ledger knows: whoever can read its file can read it, and nobody else.
    public func secret() throws -> [UInt8] {
        try read { database in
            let row = try Self.identity(database, path)
            let secret: Data = try row.value(2, of: .identity)
            guard secret.count == 32 else { throw FaultyValue(row, 2, .identity, "is \(secret.count) bytes, not 32") }
            return Array(secret)
        }
    }

    private static func identity(_ database: Database, _ path: String) throws -> Row {
        guard let row = try Row.fetchOne(database, sql: "SELECT one, name, secret, eventsBefore FROM identity") else {
            throw LedgerError.corrupt(path: path, detail: "it has no identity")
        }
        return row
    }
}
