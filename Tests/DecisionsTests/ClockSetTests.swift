import Decisions
import Model
import Testing

@Suite struct ClockSetTests {
    private static let jumps: [Duration] = [.seconds(3600), .seconds(-3600)]

    /// The clock is set, which is on record before anything is decided.
    private func set(_ bench: inout Bench, _ shift: Duration) throws {
        bench.now += shift
        try bench.tell(.clockSet(by: shift), actor: "lastgood")
    }

    @Test(arguments: jumps) func aBakeTakesAsLongAsItWouldHave(_ shift: Duration) throws {
        var bench = try Bench.settled()
        bench.bakeRequests = 1_000_000
        try bench.ask("1.1", order: 2)
        let bake = try #require(bench.state.deployment?.bake)
        let length = (bake.earliestEnd - bake.startedAt).milliseconds / 1000
        try bench.calm()
        try bench.pass(1)
        try set(&bench, shift)
        try bench.pass(Int(length) - 2)
        #expect(bench.state.deployment?.phase == .baking)
        try bench.pass(1)
        #expect(bench.state.deployment?.phase == .succeeded)
        let inWords = (bake.earliestEnd - bake.startedAt).inWords
        #expect(bench.state.deployment?.outcome == "baked for \(inWords) without an alarm, 1000000 requests")
    }

    @Test(arguments: jumps) func aDeadlineIsMissedOnlyByTheTimeThatPassed(_ shift: Duration) throws {
        var bench = try Bench.settled()
        bench.sick = ["1.1"]
        try bench.ask("1.1", order: 2)
        try bench.pass(10)
        try set(&bench, shift)
        try bench.pass(20)
        #expect(bench.state.deployment?.phase == .rollingOut)
        try bench.pass(2)
        #expect(bench.decisions.last?.reason.contains("no progress for 30 s") == true)
    }

    @Test(arguments: jumps) func anInstanceHasItsTimeToBecomeHealthyAndToGetWell(_ shift: Duration) throws {
        var bench = try Bench.settled()
        func isReplaced() -> Bool {
            bench.bodies.contains { if case .instanceStopping(_, _?) = $0 { true } else { false } }
        }
        let live = try #require(bench.state.liveRelease)
        bench.sick = [live]
        try bench.tell(.instanceExited(slot: 1, reason: "killed"))
        try bench.pass(3)
        try bench.tell(.instanceHealthChanged(slot: 2, health: .unhealthy, detail: nil))
        try bench.pass(1)
        try set(&bench, shift)
        try bench.pass(25)
        #expect(!isReplaced())
        try bench.pass(6)
        #expect(isReplaced())
    }
}
