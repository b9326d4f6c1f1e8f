import Foundation
import Ledger
import Model
import Testing

@testable import Controller

@Suite struct LeaseKeeperTests {
    private func keepers() throws -> (folder: String, clock: HandClock, first: LeaseKeeper, second: LeaseKeeper) {
        let folder = NSTemporaryDirectory() + "lastgood-lease-" + UUID().uuidString
        let ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
        let clock = HandClock(Timestamp(milliseconds: 1_764_000_000_000))
        let keepers = ["first", "second"].enumerated().map { number, name in
            LeaseKeeper(
                ledger: ledger,
                holder: LeaseHolder(
                    name: name, host: name, process: ProcessIdentity(pid: Int32(number + 1), startTime: 1)),
                clock: clock, isGone: { _ in false })
        }
        return (folder, clock, keepers[0], keepers[1])
    }

    @Test func aLeaseThatNobodyRenewsIsTakenAlsoWhereTheClockWasSetBack() async throws {
        let (folder, clock, first, second) = try keepers()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let token = try #require(try await first.keep())
        #expect(try await second.keep() == nil)
        // The first is gone, on a machine that nobody can look into; by the clock its lease lasts for minutes.
        clock.set(by: .seconds(-300))
        for _ in 0..<5 {
            clock.pass(.seconds(1))
            #expect(try await second.keep() == nil, "it may be renewed yet")
        }
        clock.pass(.seconds(2))
        let next = try await second.keep()
        #expect(next.map { $0 > token } == true)
        #expect(try await first.confirm(token) == false, "who slept meanwhile does not act")
    }

    @Test func whoCannotSeeThatTheHolderIsGoneTakesOverWithinFiveSecondsOfItsLastRenewal() async throws {
        let (folder, clock, first, second) = try keepers()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // The second looks at another time than the first renews, wherever that falls.
        for offset in stride(from: 0, through: 300, by: 60) {
            let token = try #require(try await first.keep())
            var passed = Duration.zero
            clock.pass(.milliseconds(offset))
            while try await second.keep() == nil, passed < .seconds(20) {
                clock.pass(.milliseconds(10))
                passed += .milliseconds(10)
            }
            #expect(passed + .milliseconds(offset) <= .seconds(5), "\(offset)")
            #expect(try await first.confirm(token) == false)
            await second.giveBack()
            clock.pass(.seconds(1))
        }
    }

    @Test func aLeaseThatIsRenewedIsNotTakenHoweverTheClockIsSet() async throws {
        let (folder, clock, first, second) = try keepers()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let token = try #require(try await first.keep())
        for shift in [0, -300, 2, -2, 0, 0, 0, 0, 0, 0, 0, 0] {
            clock.set(by: .seconds(shift))
            clock.pass(.seconds(1))
            #expect(try await first.keep() == token)
            #expect(try await second.keep() == nil, "\(shift)")
        }
    }
}
