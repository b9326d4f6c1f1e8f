import Foundation
import GRDB
import Model

extension Timestamp {
    /// The time by the machine's clock, for what nobody tells the time of.
    static var machineTime: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension SQLiteLedger {
    /// How often a piece of the reserve is given up for one write.
    private static let mostPieces = 4

    /// Writes, and where the disk is full makes room for it: first in the write-ahead log, then from the reserve.
    func makingRoom<Value>(_ write: () throws -> Value) throws -> Value {
        do { return try write() } catch {
            guard LedgerError.isWantOfRoom(error, path: path) else { throw error }
        }
        // What the log holds may be in the ledger's file by now; the log is then begun anew and need not grow.
        _ = try? pool.writeWithoutTransaction { try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(PASSIVE)") }
        var given: (used: Int, left: Int)?
        defer { if let given { sayUsed(given.used, left: given.left) } }
        for _ in 0..<Self.mostPieces {
            do { return try write() } catch {
                guard LedgerError.isWantOfRoom(error, path: path) else { throw error }
                switch reserve.giveUp() {
                case .gave(let left): given = ((given?.used ?? 0) + LedgerReserve.piece, left)
                case .isBusy: sched_yield()
                case .isEmpty: throw error
                }
            }
        }
        return try write()
    }

    /// Opens what needs room to be opened, with what the reserve has.
    static func makingRoom<Value>(toOpen path: String, _ open: () throws -> Value) throws -> Value {
        do { return try open() } catch {
            guard LedgerError.isWantOfRoom(error, path: path),
                case .gave = LedgerReserve(ledger: path).giveUp(handsOn: false)
            else { throw error }
            return try open()
        }
    }

    /// Whoever is told of it frees the disk; that it cannot be told changes nothing.
    private func sayUsed(_ used: Int, left: Int) { try? say(.ledgerReserveUsed(bytes: used, left: left)) }

    private func say(_ body: EventBody) throws {
        let entry = Entry(.ledger, body)
        _ = try commit { try Self.append([entry], actor: "lastgood", at: .machineTime, token: nil, to: $0) }
    }

    /// How far the disk must be from full again, so that what fills it does not make and use up the reserve by turns.
    private static let roomAgain = 8 << 20

    /// Makes the reserve where there is room, and says so where it was used.
    public func keepReserve() throws {
        let size = reserve.make()
        guard let room = reserve.room, room >= Self.roomAgain, try fullDisk() != nil else { return }
        try say(.ledgerReserveMade(bytes: size))
    }
}

extension SQLiteLedger {
    /// That the disk is full and what is left of the reserve, in words; `nil` where nothing of it was used.
    public func fullDisk() throws -> String? { try read(ReserveNews.last)?.summary }
}

/// What the events say of the reserve.
enum ReserveNews {
    /// The last event that told of its use; `nil` where there is room.
    /// - Parameter sequence: the last event that counts.
    private static func last(upTo sequence: Int64, _ database: Database) throws -> Event? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT \(SQLiteLedger.eventColumns) FROM events WHERE \(Schema.isOfReserve) AND sequence <= ?
                    ORDER BY sequence DESC LIMIT 1
                    """), arguments: [sequence])
        guard let event = try row.map(SQLiteLedger.event), case .ledgerReserveUsed = event.body else { return nil }
        return event
    }

    static func last(_ database: Database) throws -> Event? { try last(upTo: .max, database) }

    /// How many bytes are left of it while the disk is full; `nil` where it is not.
    static func left(upTo sequence: Int64 = .max, _ database: Database) throws -> Int? {
        guard case .ledgerReserveUsed(_, let left)? = try last(upTo: sequence, database)?.body else { return nil }
        return left
    }
}
