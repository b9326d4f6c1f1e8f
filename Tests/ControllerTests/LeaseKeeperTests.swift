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

    /// A clock that a test has pass and beat.
    private struct BeatingClock: ControllerClock {
        let hand: HandClock
        let stream: AsyncStream<Void>
        let beat: AsyncStream<Void>.Continuation
        /// Comes once somebody waits for its beats.
        let isFollowed: AsyncStream<Void>
        private let follows: AsyncStream<Void>.Continuation

        init(_ hand: HandClock) {
            self.hand = hand
            (stream, beat) = AsyncStream.makeStream()
            (isFollowed, follows) = AsyncStream.makeStream()
        }

        var now: Timestamp { hand.now }
        var uptime: Duration { hand.uptime }
        func pause(_ duration: Duration) async {}
        func beats(every pause: Duration) -> AsyncStream<Void> {
            follows.yield()
            return stream
        }
    }

    /// Whether something comes to be, looked at on the thread that asks.
    private func comesToBe(_ isSo: () throws -> Bool) rethrows -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if try isSo() { return true }
            usleep(1_000)
        }
        return false
    }

    /// A disk that hangs holds a thread for each who waits for it, and Swift has as many as there are cores.
    @Test func aLeaseIsRenewedAlsoWhileEachOfSwiftsThreadsWaits() async throws {
        let folder = NSTemporaryDirectory() + "lastgood-lease-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
        let clock = BeatingClock(HandClock(Timestamp(milliseconds: 1_764_000_000_000)))
        let keeper = LeaseKeeper(
            ledger: ledger,
            holder: LeaseHolder(name: "a", host: "a", process: ProcessIdentity(pid: 1, startTime: 1)), clock: clock,
            isGone: { _ in false })
        let keeping = Task { await keeper.keepOn() }
        defer { keeping.cancel() }
        for await _ in clock.isFollowed { break }
        let first = try #require(try ledger.currentLease())
        #expect(try isRenewedWhileAllWait(clock, ledger, first))
    }

    /// Holds the thread that it is called on, too.
    private func isRenewedWhileAllWait(_ clock: BeatingClock, _ ledger: SQLiteLedger, _ first: Lease) throws -> Bool {
        let (open, waiting) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        func wait() {
            waiting.signal()
            open.wait()
        }
        let threads = ProcessInfo.processInfo.activeProcessorCount
        for _ in 0..<threads { Task.detached { wait() } }
        defer { for _ in 0..<threads { open.signal() } }
        // Where one of them does not begin, something else holds its thread.
        for _ in 1..<threads { _ = waiting.wait(timeout: .now() + 1) }

        clock.hand.pass(.seconds(2))
        clock.beat.yield()
        return try comesToBe { try ledger.currentLease()?.expiresAt == first.expiresAt + .seconds(2) }
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
