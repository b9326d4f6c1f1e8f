import Dispatch
import GRDB
import Model
import Synchronization

/// Snapshots of many environments, decoded on other processors while the next ones are read: a screen shows nothing
/// before that is done.
struct SnapshotRows {
    /// What stands for an environment.
    enum Found: Sendable {
        case nothing
        /// A snapshot without a byte.
        case empty
        case state(EnvironmentState)
        case unreadable
    }

    /// In the order in which they came.
    let all: [(address: EnvironmentAddress, found: Found)]

    /// Fewer are decoded sooner than another thread has woken up.
    private static let perPiece = 500

    /// - Parameter statement: gives applications, environments and their snapshots.
    init(_ statement: Statement, arguments: StatementArguments = StatementArguments()) throws {
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        let (decoded, group) = (Decoded(), DispatchGroup())
        var piece = Piece()
        while let row = try rows.next() {
            try piece.take(row)
            guard piece.addresses.count == Self.perPiece else { continue }
            decoded.begin(piece, group)
            piece = Piece()
        }
        let last = piece.decoded()
        group.wait()
        all = decoded.pieces + last
    }

    /// Rows that are decoded together.
    private struct Piece: Sendable {
        private(set) var addresses: [EnvironmentAddress] = []
        private var bytes: [UInt8] = []
        /// Where each snapshot lies in them; `nil` where there is none.
        private var places: [Range<Int>?] = []

        mutating func take(_ row: Row) throws {
            addresses.append(try row.address(0, of: .environments))
            if row.hasNull(atIndex: 2) { return places.append(nil) }
            let start = bytes.count
            try row.withUnsafeData(atIndex: 2) { data in
                data?.withUnsafeBytes { bytes.append(contentsOf: $0) }
            }
            places.append(start..<bytes.count)
        }

        func decoded() -> [(address: EnvironmentAddress, found: Found)] {
            bytes.withUnsafeBytes { bytes in
                zip(addresses, places).map { address, place in
                    guard let place else { return (address, .nothing) }
                    if place.isEmpty { return (address, .empty) }
                    let snapshot = UnsafeRawBufferPointer(rebasing: bytes[place])
                    return (address, Snapshot.decode(snapshot, address: address).map(Found.state) ?? .unreadable)
                }
            }
        }
    }

    /// Where the threads put what they have decoded.
    private final class Decoded: Sendable {
        private struct State {
            var begun = 0
            var pieces: [Int: [(address: EnvironmentAddress, found: Found)]] = [:]
        }

        private let state = Mutex(State())

        func begin(_ piece: Piece, _ group: DispatchGroup) {
            let number = state.withLock { state in
                state.begun += 1
                return state.begun
            }
            DispatchQueue.global(qos: .userInitiated).async(group: group) {
                let decoded = piece.decoded()
                self.state.withLock { $0.pieces[number] = decoded }
            }
        }

        /// All of them, once they are done.
        var pieces: [(address: EnvironmentAddress, found: Found)] {
            state.withLock { state in
                defer { state.pieces = [:] }
                return (0...state.begun).flatMap { state.pieces[$0] ?? [] }
            }
        }
    }
}
