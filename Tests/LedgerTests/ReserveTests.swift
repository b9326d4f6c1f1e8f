import Foundation
import Model
import Testing

@testable import Ledger

@Suite struct ReserveTests {
    private let folder: String
    private let reserve: LedgerReserve

    init() throws {
        folder = NSTemporaryDirectory() + "lastgood-reserve-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        reserve = LedgerReserve(ledger: "\(folder)/ledger.sqlite")
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private var allocated: Int {
        var status = stat()
        return stat(reserve.path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }

    @Test func itIsAllocatedAndGivenUpPieceByPiece() throws {
        defer { remove() }
        #expect(reserve.giveUp() == .isEmpty)
        let whole = reserve.make()
        try #require(whole > LedgerReserve.piece, "there is too little room here")
        #expect(allocated >= whole && whole <= LedgerReserve.whole)
        var status = stat()
        #expect(stat(reserve.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        for left in stride(from: whole - LedgerReserve.piece, through: 0, by: -LedgerReserve.piece) {
            #expect(reserve.giveUp() == .gave(left: left))
            #expect(allocated <= left + 65_536)
        }
        #expect(reserve.giveUp() == .isEmpty)
        #expect(reserve.make() == whole)
    }

    @Test func nobodyWaitsForAnotherProcessThatIsAtIt() throws {
        defer { remove() }
        let whole = reserve.make()
        let file = open(reserve.path, O_RDWR)
        #expect(flock(file, LOCK_EX) == 0)
        #expect(reserve.giveUp() == .isBusy)
        close(file)
        #expect(reserve.giveUp() == .gave(left: whole - LedgerReserve.piece))
    }

    @Test func aLinkInItsPlaceIsLeftAlone() throws {
        defer { remove() }
        let other = "\(folder)/other"
        try Data(count: 100).write(to: URL(fileURLWithPath: other))
        try FileManager.default.createSymbolicLink(atPath: reserve.path, withDestinationPath: other)
        #expect(reserve.make() == 0 && reserve.giveUp() == .isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: other)).count == 100)
    }

    @Test func thePieceGoesToTheLogWithoutAChangeOfItsLength() throws {
        defer { remove() }
        let ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
        try #require(ledger.reserve.make() > 0)
        try ledger.append(
            .freezeAdded(
                Freeze(
                    name: "a", environments: "*", from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: 1),
                    untilInWords: "then", reason: "b")),
            to: .ledger, actor: "ana", at: Timestamp(milliseconds: 0), token: nil)
        let length = ledger.logLength()
        guard case .gave = ledger.reserve.giveUp() else { return #expect(Bool(false), "nothing was given") }
        #expect(ledger.logLength() == length)
        try ledger.append(
            .freezeRemoved(name: "a", reason: nil), to: .ledger, actor: "ana", at: Timestamp(milliseconds: 0),
            token: nil)
        #expect(try ledger.lastSequence() == 2)
    }

    @Test func whatTheEventsSayOfItIsReadWithTheFleetNowAndThen() throws {
        defer { remove() }
        let ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
        let token = try ledger.acquireLease(
            LeaseHolder(name: "a", host: "a", process: ProcessIdentity(pid: 1, startTime: 1)),
            at: Timestamp(milliseconds: 0), lasting: .seconds(60), isGone: { _ in false }
        ).token
        var expected: [Int?] = [nil]
        for (body, left) in [
            (EventBody.ledgerReserveUsed(bytes: 1 << 20, left: 3 << 20), 3 << 20),
            (.ledgerReserveUsed(bytes: 1 << 20, left: 0), 0), (.ledgerReserveMade(bytes: 4 << 20), nil),
        ] as [(EventBody, Int?)] {
            try ledger.append(body, to: .ledger, actor: "lastgood", at: Timestamp(milliseconds: 1), token: token)
            expected.append(left)
            #expect(try ledger.fleet().reserveLeft == left)
            #expect((try ledger.fullDisk() == nil) == (left == nil))
        }
        for (number, left) in expected.enumerated() {
            #expect(try ledger.fleet(upTo: Int64(number + 1)).reserveLeft == left, "\(number)")
        }
    }
}
