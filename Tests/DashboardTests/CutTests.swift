import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// Where there is too little room, what tells one thing from another and what comes of it stays.
@Suite struct CutTests {
    @Test(arguments: [
        ("1.9.0-build2", 11, "1.9…-build2"), ("1.9.0-build2", 12, "1.9.0-build2"), ("1.9.0", 3, "1.…"),
        ("✗ migration db/0003_drop.sql has no way down", 24, "✗ migra… has no way down"), ("版本版本版本", 9, "版…本版本"),
    ]) func theEndStays(text: String, width: Int, cut: String) {
        #expect(cutInside(text, to: width) == cut)
        #expect(columns(of: cutInside(text, to: width)) <= width)
    }

    private func ended(_ judgement: RollbackJudgement?) -> EndedDeployment {
        let start = Timestamp(milliseconds: 0)
        return EndedDeployment(
            address: Gallery.address("prod-eu"),
            record: DeploymentRecord(
                id: 41, release: "1.8.2", releaseOrder: 1, revision: nil, kind: .rollback, trigger: .automatic,
                actor: "lastgood", phase: .succeeded, requestedAt: start, startedAt: start + .seconds(2),
                endedAt: start + .seconds(41), liveFrom: nil, liveUntil: nil,
                reason: "alarm faults 17.9 % > 5 % (2 of 3)", outcome: nil, alarms: ["faults"], judgement: judgement,
                leaving: "1.9.0"))
    }

    @Test func howLongARollbackTookIsToldAlsoWhereWhyIsCut() {
        let helped = RollbackJudgement.helped(readings: ["faults 0 %"], after: .seconds(50))
        #expect(
            ended(helped).words() == "automatic: faults 17.9 % > 5 %; 41 s from the alarm to all traffic; helped: "
                + "faults 0 %, alarm off 50 s after the decision")
        let soon = RollbackJudgement.helped(readings: ["faults 0 %"], after: .milliseconds(640))
        #expect(soon.inWords == "helped: faults 0 %, alarm off 640 ms after the decision")
        #expect(ended(nil).words(width: 56) == "automatic: faults 17.9 % > 5 %; back in 41 s")
        #expect(ended(helped).words(width: 50) == "back in 41 s, helped · faults 17.9 % > 5 %")
        #expect(ended(helped).words(width: 37) == "back in 41 s, helped · faults 17.9 %…")
        for width in 8...140 { #expect(columns(of: ended(helped).words(width: width)) <= width, "\(width)") }
    }

    @Test(arguments: [(80, 24), (100, 30), (120, 35)])
    func aHeldRowSaysUntilWhenAndWhetherItHelpedHoweverLongItsReleaseIsCalled(width: Int, height: Int) throws {
        var desk = try Desk(width, height)
        let id = try desk.gallery.begin("prod-us", "1.9.0-build2", order: 3, instances: 4)
        let decision = RollbackDecision(
            takesBack: id, suspect: "1.9.0-build2", to: "1.8.2", order: 1, trigger: .automatic,
            reason: "alarm faults 17.9 % > 5 % (2 of 3)", alarms: ["faults"])
        let back = try desk.gallery.tell("prod-us", .rollbackDecided(decision)).sequence
        try desk.gallery.tell(
            "prod-us",
            .deploymentStarted(deployment: back, release: "1.8.2", strategy: .rolling, instances: 4, alarmsOnBefore: [])
        )
        try desk.gallery.tell("prod-us", .releaseSwitched(deployment: back, release: "1.8.2"))
        try desk.gallery.tell(
            "prod-us", .deploymentEnded(deployment: id, release: "1.9.0-build2", phase: .rolledBack, reason: "faults"))
        try desk.gallery.tell("prod-us", .holdPlaced(suspect: "1.9.0-build2", order: 3, reason: "faults"))
        try desk.gallery.tell(
            "prod-us", .deploymentEnded(deployment: back, release: "1.8.2", phase: .succeeded, reason: "went to 1.8.2"))
        try desk.gallery.tell(
            "prod-us",
            .rollbackJudged(
                deployment: back, left: "1.9.0-build2", judgement: .helped(readings: ["faults 0 %"], after: .seconds(2))
            ))
        _ = desk.gallery.look()
        #expect(desk.text.contains("· helped"), "\(desk.text)")
        #expect(desk.text.contains("until > 1.9.0-build2") || desk.text.contains("until newer"), "\(desk.text)")
        #expect(desk.text.contains("faults 17.9 %"), "\(desk.text)")
        desk.press([.end, .enter])
        #expect(desk.text.contains("└ 1.9.0-build2 taken back"), "\(desk.text)")
        #expect(desk.text.contains("faults 17.9 %") && desk.text.contains("· until "), "\(desk.text)")
    }

    @Test func whatAMarkDoesIsReadToItsEnd() throws {
        var gallery = try Gallery(80, 24)
        try gallery.incident()
        let text = gallery.look([.home, .down, .down, .character("m")]).text
        #expect(text.contains("where it is") && text.contains("it stays."), "\(text)")
    }
}
