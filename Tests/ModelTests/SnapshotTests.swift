import TestSupport
import Testing

@testable import Model

@Suite struct SnapshotTests {
    private func decode(_ bytes: [UInt8]) -> EnvironmentState? {
        bytes.withUnsafeBytes { Snapshot.decode($0, address: SnapshotSamples.address) }
    }

    @Test func theBytesOfASnapshotNeverChange() throws {
        func check(_ name: String, _ state: EnvironmentState, _ golden: [UInt8]) {
            let bytes = Snapshot.encode(state)
            let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            #expect(bytes == golden, "GOLDEN \(name) \(digits)")
        }
        check("baking", try SnapshotSamples.baking(), SnapshotGolden.baking)
        check("rollingBack", try SnapshotSamples.rollingBack(), SnapshotGolden.rollingBack)
        check("doubted", try SnapshotSamples.doubted(), SnapshotGolden.doubted)
        check("shifting", try SnapshotSamples.shifting(), SnapshotGolden.shifting)
        check("held", try SnapshotSamples.held(), SnapshotGolden.held)
        check("sick", try SnapshotSamples.sick(), SnapshotGolden.sick)
        check("compared", try SnapshotSamples.compared(), SnapshotGolden.compared)
        check("flagged", try SnapshotSamples.flagged(), SnapshotGolden.flagged)
        check("drifted", try SnapshotSamples.drifted(), SnapshotGolden.drifted)
    }

    @Test func aSnapshotIsReadAsItWasWritten() throws {
        #expect(try decode(SnapshotGolden.baking) == SnapshotSamples.baking())
        #expect(try decode(SnapshotGolden.rollingBack) == SnapshotSamples.rollingBack())
        #expect(try decode(SnapshotGolden.doubted) == SnapshotSamples.doubted())
        #expect(try decode(SnapshotGolden.doubtedBeforeFronts) == SnapshotSamples.doubted())
        #expect(try decode(SnapshotGolden.shifting) == SnapshotSamples.shifting())
        #expect(try decode(SnapshotGolden.held) == SnapshotSamples.held())
        #expect(try decode(SnapshotGolden.sick) == SnapshotSamples.sick())
        #expect(try decode(SnapshotGolden.compared) == SnapshotSamples.compared())
        #expect(try decode(SnapshotGolden.bakingBeforeComparisons) == SnapshotSamples.baking())
        #expect(try decode(SnapshotGolden.bakingBeforeUsualTraffic) == SnapshotSamples.baking())
        // Before clocks were followed that are set back in a bake, too.
        var compared = try SnapshotSamples.compared(isClockSet: false)
        compared.deployment?.bake?.traffic = nil
        // The event that told of it came later, too.
        compared.lastEvent -= 1
        #expect(decode(SnapshotGolden.comparedBeforeUsualTraffic) == compared)
        #expect(try decode(SnapshotGolden.flagged) == SnapshotSamples.flagged())
        #expect(try decode(SnapshotGolden.drifted) == SnapshotSamples.drifted())
        #expect(try decode(SnapshotGolden.sickBeforeDrift) == SnapshotSamples.sick())
        // What it does with the release came later.
        var held = try SnapshotSamples.held()
        held.handHold?.came = nil
        held.lastEvent -= 1
        #expect(decode(SnapshotGolden.heldBeforeReleasesCame) == held)
        held.handHold?.deploys = false
        #expect(decode(SnapshotGolden.heldBeforeFlags) == held)
        #expect(try decode(SnapshotGolden.shiftingBeforeFlags) == SnapshotSamples.shifting())
        for end in SnapshotSamples.ends {
            let state = try SnapshotSamples.fold([.holdPlacedByHand(until: end, reason: "why")])
            #expect(decode(Snapshot.encode(state)) == state, "\(end)")
        }
        for judgement in SnapshotSamples.judgements {
            var state = try SnapshotSamples.judged()
            state.deployment?.judgement = judgement
            #expect(decode(Snapshot.encode(state)) == state, "\(judgement)")
        }
        var apart = try SnapshotSamples.baking()
        apart.setApart = SetApart(event: 7, reason: "no deployment #9 is under way here")
        #expect(decode(Snapshot.encode(apart)) == apart)
    }

    /// Where a new field is set in no sample, nothing would notice that it is not kept.
    @Test func everyFieldOfARecordIsSetInASample() throws {
        let baking = try SnapshotSamples.baking()
        let back = try SnapshotSamples.rollingBack()
        let doubted = try SnapshotSamples.doubted()
        let shifting = try SnapshotSamples.shifting()
        func check<Record: SnapshotValue>(_ samples: [Record?], except exempt: Set<String> = []) {
            let blank = Mirror(reflecting: Record.blank).children.map { "\($0.value)" }
            let fields = samples.compactMap { $0 }.map { Array(Mirror(reflecting: $0).children) }
            for (index, first) in blank.enumerated() {
                let name = fields.first?[index].label ?? ""
                guard !exempt.contains(name) else { continue }
                #expect(fields.contains { "\($0[index].value)" != first }, "\(Record.self).\(name)")
            }
        }
        let held = try SnapshotSamples.held()
        let flagged = try SnapshotSamples.flagged()
        let deployments = [
            baking.deployment, back.deployment, back.takenBack, doubted.deployment, shifting.deployment,
            held.deployment, flagged.deployment, try SnapshotSamples.judged().deployment,
            try SnapshotSamples.compared().deployment,
        ]
        check(deployments)
        check(deployments.map { $0?.comparedWith })
        check(deployments.map { $0?.comparison })
        check(deployments.map { $0?.comparison?.new })
        check(deployments.map { $0?.bake })
        check(deployments.map { $0?.bake?.traffic })
        check(deployments.map { $0?.bake?.traffic?.usual })
        check(doubted.tenures.all)
        check(doubted.tenures.all.map(\.doubt))
        check([doubted.pendingLink])
        check([baking.pendingRollback])
        check([back.hold])
        check([held.handHold])
        check([held.handHold?.came])
        check(baking.instances + doubted.instances + shifting.instances)
        check([shifting.trafficShift])
        check([flagged.flag])
        check([flagged.flagSetting])
        check(SnapshotSamples.drift.findings)
        check(baking.alarms, except: ["comparison"])
        // What is in no state at all, or only in one that is set apart.
        let states = [
            baking, back, doubted, shifting, held, flagged, try SnapshotSamples.sick(), try SnapshotSamples.drifted(),
        ].map {
            Dictionary(
                Mirror(reflecting: $0).children.map { ($0.label ?? "", "\($0.value)") },
                uniquingKeysWith: { first, _ in first })
        }
        for child in Mirror(reflecting: EnvironmentState(address: SnapshotSamples.address)).children {
            let name = child.label ?? ""
            guard !["address", "isRemoved", "deployments", "flags", "setApart"].contains(name) else { continue }
            #expect(states.contains { $0[name] != "\(child.value)" }, "\(name)")
        }
    }

    @Test func snapshotsOfVersion2StillRead() throws {
        // What came later was not in them.
        var baking = try SnapshotSamples.baking()
        baking.pendingRollback?.request.leaving = nil
        baking.pendingLink = nil
        #expect(decode(SnapshotGolden.bakingOfVersion2) == baking)
        #expect(try decode(SnapshotGolden.bakingWithoutHandHolds) == SnapshotSamples.baking())
        var back = try SnapshotSamples.rollingBack()
        back.pendingLink = nil
        #expect(decode(SnapshotGolden.rollingBackOfVersion2) == back)
    }

    @Test func aSnapshotOfAVersionThatIsNotReadIsRefused() {
        for version in [0, 1, Snapshot.version + 1, 255] {
            #expect(decode([version] + SnapshotGolden.baking.dropFirst()) == nil)
        }
    }

    /// A record with one field more than this version knows, between two others.
    @Test func aFieldOfANewerVersionIsPassedOverAndOneThatIsNotThereKeepsItsFirstValue() {
        var writer = SnapshotCoder(version: Snapshot.version)
        var (first, newer, last) = ("first", "newer", "last")
        writer.record {
            $0(&first)
            $0.added(&newer)
        }
        writer(&last)
        writer.bytes.withUnsafeBytes { bytes in
            var reader = SnapshotCoder(reading: bytes)
            var (one, other) = ("", "")
            reader.record { $0(&one) }
            reader(&other)
            #expect(one == "first" && other == "last" && reader.isIntact)
        }

        var older = SnapshotCoder(version: Snapshot.version)
        older.record { $0(&first) }
        older(&last)
        older.bytes.withUnsafeBytes { bytes in
            var reader = SnapshotCoder(reading: bytes)
            var (one, added, other) = ("", "as it was", "")
            reader.record {
                $0(&one)
                $0.added(&added)
            }
            reader(&other)
            #expect(one == "first" && added == "as it was" && other == "last" && reader.isIntact)
        }
    }

    @Test func everyWordHasACodeOfItsOwn() {
        func check<Word: SnapshotWord & CaseIterable>(_: Word.Type) {
            for word in Word.allCases { #expect(Word.codes.count { $0.value == word } == 1, "\(word)") }
            #expect(Set(Word.codes.map(\.key)).count == Word.codes.count)
        }
        check(Trigger.self)
        check(Phase.self)
        check(Strategy.Kind.self)
        check(FlagSide.self)
        check(ReleaseComparison.Outcome.self)
        check(ReleaseComparison.Measure.self)
        check(ReleaseComparison.Basis.self)
        check(Instance.Stage.self)
        check(Health.self)
        check(Severity.self)
        check(AlarmState.self)
        check(AlarmDefinition.Comparison.self)
        check(Quantity.Unit.self)
    }

    @Test func aSnapshotThatWasCutOffIsRefused() {
        for golden in [SnapshotGolden.baking, SnapshotGolden.bakingOfVersion2] {
            for length in 0..<golden.count { #expect(decode(Array(golden[..<length])) == nil) }
        }
    }
}
