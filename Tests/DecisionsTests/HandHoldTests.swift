import Decisions
import Model
import Testing

/// What a hold that a person has placed lets in, and what ends it.
@Suite struct HandHoldTests {
    private static let commit = "0123456789abcdef0123456789abcdef01234567"

    private func bench(until end: HoldEnd) throws -> Bench {
        var bench = try Bench.settled()
        try bench.tell(.holdPlacedByHand(until: end, reason: "the schema moves"), actor: "bob")
        return bench
    }

    @Test(arguments: [
        (HoldEnd.person, [false, false], "until a person lifts it"),
        (.release("1.1"), [true, false], "until 1.1 comes"),
        (.newer(than: "1.1", order: 2), [false, true], "until a release registered after 1.1 comes"),
        (.commit(commit), [false, false], "until a release with the commit 0123456789ab comes"),
    ])
    func onlyWhatItWaitsForIsLetInAndLiftsIt(_ end: HoldEnd, _ admitted: [Bool], _ words: String) throws {
        for ((release, order), isAdmitted) in zip([("1.1", Int64(2)), ("1.2", 3)], admitted) {
            var bench = try bench(until: end)
            #expect(bench.state.handHold?.inWords == "held by bob: the schema moves; \(words)")
            try bench.ask(release, order: order)
            #expect((bench.state.liveRelease == release) == isAdmitted, "\(release)")
            #expect((bench.state.handHold == nil) == isAdmitted, "\(release)")
            if !isAdmitted {
                #expect(bench.state.deployment?.outcome == "blocked: held by bob: the schema moves; \(words)")
            }
        }
    }

    @Test func aReleaseThatWasSeenToContainTheCommitIsLetInAndAnyOtherIsNot() throws {
        for (revisions, isAdmitted) in [([Self.commit], true), (["f00d"], false), ([], false)] {
            var bench = try bench(until: .commit(Self.commit))
            try bench.tell(
                .deploymentRequested(
                    DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .pipeline, revisions: revisions)))
            try bench.settle()
            #expect((bench.state.liveRelease == "1.1") == isAdmitted, "\(revisions)")
            #expect((bench.state.handHold == nil) == isAdmitted, "\(revisions)")
        }
    }

    @Test func aRollbackPassesAndLeavesItWhereItIsBesideItsOwn() throws {
        var bench = try Bench.settled()
        try bench.ask("1.1", order: 2)
        try bench.tell(.holdPlacedByHand(until: .person, reason: "the schema moves"), actor: "bob")
        try bench.alarm("faults", .alarm)
        #expect(bench.state.liveRelease == "1.0")
        #expect(bench.state.hold?.suspect == "1.1")
        try bench.alarm("faults", .ok)
        let reasons = gateReasons(bench.state, application: bench.application, release: "1.2", order: 3)
        #expect(reasons.map(\.summary) == ["held by bob: the schema moves; until a person lifts it"])
        try bench.ask("1.2", order: 3, override: "urgent")
        #expect(bench.state.liveRelease == "1.2")
        #expect(bench.state.hold == nil, "a newer release has come")
        #expect(bench.state.handHold?.actor == "bob", "who goes past it once has not lifted it")
    }

    @Test func whatWaitsBeginsByItselfOnceAPersonHasLiftedThemAll() throws {
        var bench = try bench(until: .person)
        try bench.ask("1.1", order: 2, waits: true)
        #expect(bench.state.activeDeployment?.phase == .blocked)
        try bench.tell(.holdLifted(reason: "it has moved", which: .all))
        try bench.settle()
        #expect(bench.state.liveRelease == "1.1")
        #expect(!bench.state.isHeld)
    }

    // MARK: what came while something else was under way

    /// 1.1 is live, and held until 1.2 comes, which is deployed then.
    private func awaiting(_ change: (inout EnvironmentPolicy) -> Void = { _ in }) throws -> Bench {
        var bench = try Bench.settled(change)
        try bench.tell(.holdPlacedByHand(until: .release("1.2"), reason: "a leak", deploys: true), actor: "bob")
        return bench
    }

    private func came(_ bench: inout Bench) throws {
        try bench.tell(.awaitedReleaseCame(AwaitedRelease(release: "1.2", order: 3)))
        try bench.settle()
    }

    private func asked(_ bench: Bench) -> [DeploymentRequest] {
        bench.bodies.compactMap { body in
            if case .deploymentRequested(let request) = body, request.release == "1.2" { request } else { nil }
        }
    }

    @Test func whatAHoldWaitsForIsDeployedOnceTheRollbackThatWasUnderWayIsDone() throws {
        var bench = try awaiting()
        try bench.ask("1.1", order: 2, override: "urgent")
        bench.lingering = ["1.1"]
        try bench.alarm("faults", .alarm)
        #expect(bench.state.activeDeployment?.isRollback == true)
        try came(&bench)
        #expect(asked(bench).isEmpty && bench.state.awaitedRelease?.release == "1.2")
        bench.lingering = []
        try bench.settle()
        #expect(bench.state.liveRelease == "1.0" && bench.state.activeDeployment?.phase == .blocked, "an alarm is on")
        try bench.alarm("faults", .ok)
        #expect(bench.state.liveRelease == "1.2" && !bench.state.isHeld)
        let request = try #require(asked(bench).first)
        #expect(asked(bench).count == 1 && request.waitsForGate && request.trigger == .pipeline)
        #expect(request.reason == "the hold of bob waited for it: a leak")
    }

    @Test func aBakeThatIsUnderWayGoesToItsEndFirst() throws {
        var bench = try awaiting()
        try bench.ask("1.1", order: 2, override: "urgent")
        try came(&bench)
        try bench.calm()
        #expect(bench.state.deployment?.release == "1.1" && bench.state.deployment?.phase == .baking)
        try bench.pass(61)
        #expect(bench.state.liveRelease == "1.2")
    }

    @Test func whatWaitsBehindTheHoldMakesRoomForWhatTheHoldWaitsFor() throws {
        var bench = try awaiting()
        try bench.ask("1.1", order: 2, waits: true)
        let waiting = try #require(bench.state.activeDeployment)
        #expect(waiting.phase == .blocked)
        try came(&bench)
        #expect(bench.state.liveRelease == "1.2")
        #expect(
            bench.bodies.contains(
                .deploymentEnded(
                    deployment: waiting.id, release: "1.1", phase: .cancelled,
                    reason: "1.2 comes, for which the environment is held")))
    }

    @Test func itIsAskedForOnceHoweverThatEnds() throws {
        var bench = try awaiting()
        bench.preparation["1.2"] = .failed("no space")
        try came(&bench)
        #expect(bench.state.deployment?.phase == .cancelled && bench.state.isHeld)
        for _ in 0..<5 { try bench.pass(10) }
        #expect(asked(bench).count == 1 && bench.state.awaitedRelease == nil)
    }

    @Test func onceAPersonHasLiftedTheHoldNothingIsDeployedForIt() throws {
        var bench = try awaiting()
        try bench.ask("1.1", order: 2, override: "urgent")
        try came(&bench)
        try bench.tell(.holdLifted(reason: "not needed", which: .all))
        try bench.calm()
        try bench.pass(61)
        #expect(bench.state.liveRelease == "1.1" && asked(bench).isEmpty)
        try came(&bench)
        #expect(bench.state.awaitedRelease == nil && asked(bench).isEmpty, "without a hold nobody waits for it")
    }

    @Test func aSecondIsRefusedWithWhoHoldsAlready() throws {
        var bench = try bench(until: .person)
        let since = bench.now
        try bench.pass(10)
        #expect(throws: FoldError.holdExists(actor: "bob", since: since)) {
            try bench.tell(.holdPlacedByHand(until: .person, reason: "me too"))
        }
    }
}
