import Decisions
import Model
import Testing

@Suite struct ReplacementTests {
    private func replaced(_ bench: Bench) -> [Int] {
        bench.bodies.compactMap { if case .instanceStopping(let slot, _?) = $0 { slot } else { nil } }
    }

    @Test func anInstanceThatIsUnhealthyForLongIsReplacedAndTheReasonIsKept() throws {
        var bench = try Bench.settled()
        let old = try #require(bench.state.instances.first)
        try bench.tell(.instanceHealthChanged(slot: old.slot, health: .unhealthy, detail: "no answer within 2 s"))
        try bench.pass(29)
        #expect(replaced(bench).isEmpty)
        try bench.pass(1)
        #expect(
            bench.bodies.contains(
                .instanceStopping(slot: old.slot, reason: "unhealthy for 30 s: no answer within 2 s")))
        #expect(bench.state.instances.count == 3)
        #expect(bench.state.instances.allSatisfy { $0.isAvailable && $0.key != old.key })
        #expect(bench.state.instances.allSatisfy { $0.release == bench.state.liveRelease })
    }

    @Test func anInstanceThatGetsWellAgainIsLeftAlone() throws {
        var bench = try Bench.settled()
        try bench.tell(.instanceHealthChanged(slot: 1, health: .unhealthy, detail: nil))
        try bench.pass(20)
        try bench.tell(.instanceHealthChanged(slot: 1, health: .healthy, detail: nil))
        try bench.tell(.instanceHealthChanged(slot: 1, health: .unhealthy, detail: nil))
        try bench.pass(20)
        #expect(replaced(bench).isEmpty)
    }

    @Test func whereAllAreUnhealthyOneIsReplacedAndTheOthersWaitUntilItServes() throws {
        var bench = try Bench.settled()
        let live = try #require(bench.state.liveRelease)
        bench.sick = [live]
        for slot in 1...3 {
            try bench.tell(.instanceHealthChanged(slot: slot, health: .unhealthy, detail: "its database is down"))
        }
        for _ in 0..<20 { try bench.pass(1) }
        for _ in 0..<9 { try bench.pass(1) }
        #expect(replaced(bench).isEmpty)
        for _ in 0..<20 { try bench.pass(1) }
        #expect(replaced(bench) == [1])
        // The one that was started serves now: the next has its turn.
        bench.sick = []
        let new = try #require(bench.state.instances.first { $0.health == .unknown })
        try bench.tell(.instanceHealthChanged(slot: new.slot, health: .healthy, detail: nil))
        for _ in 0..<90 { try bench.pass(1) }
        #expect(Set(replaced(bench)) == [1, 2, 3])
        #expect(bench.state.instances.allSatisfy { $0.isAvailable })
    }

    @Test func anInstanceThatNeverBecomesHealthyIsReplacedOncePerDeadline() throws {
        var bench = try Bench.settled()
        let live = try #require(bench.state.liveRelease)
        bench.sick = [live]
        try bench.tell(.instanceExited(slot: 2, reason: "killed"))
        try bench.settle()
        for _ in 0..<30 { try bench.pass(1) }
        #expect(replaced(bench).isEmpty)
        try bench.pass(1)
        #expect(replaced(bench) == [2])
        for _ in 0..<30 { try bench.pass(1) }
        #expect(replaced(bench) == [2])
        #expect(bench.bodies.contains(.instanceStopping(slot: 2, reason: "never healthy for 31 s")))
    }

    @Test func afterARollbackThatFailedAHungInstanceIsReplacedByWhatServes() throws {
        var bench = try Bench.failed()
        let serving = try #require(bench.state.instances.first { $0.isAvailable })
        bench.sick = []
        try bench.tell(.instanceHealthChanged(slot: serving.slot, health: .unhealthy, detail: nil))
        for _ in 0..<120 { try bench.pass(1) }
        #expect(replaced(bench).contains(serving.slot))
        #expect(bench.state.instances.count { $0.isAvailable } == 3)
    }
}
