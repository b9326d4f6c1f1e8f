import TestSupport
import Testing

@testable import Model

@Suite struct SnapshotTests {
    private func decode(_ bytes: [UInt8]) -> EnvironmentState? {
        bytes.withUnsafeBytes { Snapshot.decode($0, address: SnapshotSamples.address) }
    }

    @Test func theBytesOfASnapshotNeverChange() throws {
        #expect(try Snapshot.encode(SnapshotSamples.baking()) == SnapshotGolden.baking)
        #expect(try Snapshot.encode(SnapshotSamples.rollingBack()) == SnapshotGolden.rollingBack)
    }

    @Test func aSnapshotIsReadAsItWasWritten() throws {
        #expect(try decode(SnapshotGolden.baking) == SnapshotSamples.baking())
        #expect(try decode(SnapshotGolden.rollingBack) == SnapshotSamples.rollingBack())
        var apart = try SnapshotSamples.baking()
        apart.setApart = SetApart(event: 7, reason: "no deployment #9 is under way here")
        #expect(decode(Snapshot.encode(apart)) == apart)
    }

    @Test func snapshotsOfVersion2StillRead() throws {
        #expect(try decode(SnapshotGolden.bakingOfVersion2) == SnapshotSamples.baking())
        #expect(try decode(SnapshotGolden.rollingBackOfVersion2) == SnapshotSamples.rollingBack())
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
