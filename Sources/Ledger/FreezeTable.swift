import GRDB
import Model

/// The freezes that people set by hand, and until which event each was known: as of any moment of the past, too.
enum FreezeTable {
    /// Brings the freezes up to date with an event.
    static func update(_ event: Event, _ database: Database) throws {
        guard event.body.concernsFreezes else { return }
        // Here, where no other process can write in between.
        let before = try all(upTo: nil, database)
        var after = before
        try after.apply(event)
        for gone in before.all where !after.all.contains(gone) {
            try database.execute(
                sql: "UPDATE freezes SET endedBy = ? WHERE id = ?", arguments: [event.sequence, gone.id])
        }
        for new in after.all where !before.all.contains(new) {
            try database.execute(
                sql: "INSERT INTO freezes (id, endedBy, state) VALUES (?, NULL, ?)", arguments: [new.id, new.stored])
        }
    }

    /// - Parameter sequence: the last event that counts; `nil` for all.
    static func all(upTo sequence: Int64?, _ database: Database) throws -> PlacedFreezes {
        let last = sequence ?? .max
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT id, state FROM freezes WHERE id <= ?1 AND (endedBy IS NULL OR endedBy > ?1) ORDER BY id
                    """), arguments: [last])
        return PlacedFreezes(try rows.map(decode))
    }

    private static func decode(_ row: Row) throws -> PlacedFreeze {
        let (id, text): (Int64, String) = (try row.value(0, of: .freezes), try row.value(1, of: .freezes))
        do throws(StoredJSONFault) { return try PlacedFreeze(id: id, stored: text) } catch {
            throw FaultyValue(row, 1, .freezes, "cannot be read: \(error)")
        }
    }
}

extension SQLiteLedger {
    public func freezes() throws -> PlacedFreezes { try read { try FreezeTable.all(upTo: nil, $0) } }
}
