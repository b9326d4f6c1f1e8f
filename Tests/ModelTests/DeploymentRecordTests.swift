import Model
import Testing

/// What is told of a deployment later, and of a moment before.
@Suite struct DeploymentRecordTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    private func record(_ id: Int64, _ phase: Phase, kind: DeploymentRecord.Kind = .forward) -> DeploymentRecord {
        DeploymentRecord(
            id: id, release: "1.9", releaseOrder: 2, revision: nil, kind: kind, trigger: .person, actor: "ana",
            phase: phase, requestedAt: at(10), startedAt: at(20), endedAt: at(40), liveFrom: at(30), liveUntil: at(50),
            reason: "leak", outcome: "1.9 is live", alarms: ["faults"])
    }

    @Test func nothingIsKnownOfADeploymentBeforeItCame() throws {
        let record = record(7, .succeeded)
        #expect(record.asOf(at(9), nil) == nil)
        let cases: [(Int64, Phase, Timestamp?, Timestamp?, Timestamp?)] = [
            (10, .pending, nil, nil, nil), (20, .rollingOut, nil, nil, nil), (30, .baking, at(30), nil, nil),
            (40, .succeeded, at(30), nil, at(40)), (50, .succeeded, at(30), at(50), at(40)),
        ]
        for (second, phase, from, until, ended) in cases {
            let then = try #require(record.asOf(at(second), nil))
            #expect(then.phase == phase && then.liveFrom == from && then.liveUntil == until && then.endedAt == ended)
            #expect(then.outcome == (phase == .succeeded ? "1.9 is live" : nil), "after \(second) s")
            #expect(then.alarms == (phase == .succeeded ? ["faults"] : []), "after \(second) s")
        }
    }

    @Test func whatWasUnderWayIsKnownFromTheStateOfThatMoment() throws {
        var story = Story()
        let id = try story.deploy("1.9")
        var record = record(id, .rolledBack)
        record.requestedAt = at(0)
        (record.startedAt, record.endedAt) = (at(0), Timestamp(milliseconds: .max))
        try story.tell(.bakeInconclusive(deployment: id, reason: "too few requests"))
        let then = try #require(record.asOf(Timestamp(milliseconds: 2_000_000), story.state))
        #expect(then.phase == .baking && then.outcome == nil && then.alarms.isEmpty && then.endedAt == nil)
    }

    @Test func whyARollbackWasDoneStaysTrueWhateverIsLiveNow() {
        #expect(record(7, .succeeded, kind: .rollback).why == "leak")
        #expect(record(7, .failed, kind: .rollback).why == "1.9 is live", "how it failed")
        #expect(record(7, .rolledBack).why == "1.9 is live")
    }
}
