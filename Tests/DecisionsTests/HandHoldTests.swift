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

    @Test func aSecondIsRefusedWithWhoHoldsAlready() throws {
        var bench = try bench(until: .person)
        let since = bench.now
        try bench.pass(10)
        #expect(throws: FoldError.holdExists(actor: "bob", since: since)) {
            try bench.tell(.holdPlacedByHand(until: .person, reason: "me too"))
        }
    }
}
