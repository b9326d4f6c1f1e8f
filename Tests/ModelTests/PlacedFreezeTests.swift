import Model
import Testing

/// Freezes that people set by hand, as the fold keeps them.
@Suite struct PlacedFreezeTests {
    private static func at(_ second: Int) -> Timestamp { Timestamp(milliseconds: Int64(second) * 1000) }

    private static func freeze(_ name: String, until second: Int) -> Freeze {
        Freeze(
            name: name, environments: "*/prod-*", from: at(0), until: at(second), untilInWords: "then", reason: "why")
    }

    private var fleet = FleetState()
    private var sequence: Int64 = 0

    private mutating func say(_ body: EventBody, at second: Int, by actor: String = "ana") throws {
        sequence += 1
        try fleet.apply(
            Event(
                sequence: sequence, time: Self.at(second), actor: actor, token: nil, application: nil,
                environment: nil, body: body))
    }

    private var names: [String] { fleet.freezes.all.map(\.freeze.name) }

    @Test mutating func aSecondOfTheSameNameIsRefusedWhileTheFirstIsNotOver() throws {
        try say(.freezeAdded(Self.freeze("sales", until: 100)), at: 1)
        #expect(throws: FoldError.freezeExists(name: "sales", actor: "ana", since: Self.at(1))) {
            try say(.freezeAdded(Self.freeze("sales", until: 200)), at: 99, by: "bob")
        }
        #expect(fleet.freezes.all.map(\.actor) == ["ana"])
        try say(.freezeAdded(Self.freeze("sales", until: 200)), at: 100, by: "bob")
        #expect(fleet.freezes.all.map(\.actor) == ["bob"])
    }

    @Test mutating func whatIsTakenAwayIsGoneAndWhatIsNotThereCannotBe() throws {
        try say(.freezeAdded(Self.freeze("sales", until: 100)), at: 1)
        try say(.freezeAdded(Self.freeze("move", until: 50)), at: 2)
        try say(.freezeRemoved(name: "sales", reason: nil), at: 3)
        #expect(names == ["move"])
        #expect(throws: FoldError.unknownFreeze("sales")) {
            try say(.freezeRemoved(name: "sales", reason: nil), at: 4)
        }
        #expect(throws: FoldError.unknownFreeze("move")) { try say(.freezeRemoved(name: "move", reason: nil), at: 50) }
        #expect(fleet.freezes.ahead(of: Self.at(49)).count == 1)
        #expect(fleet.freezes.ahead(of: Self.at(50)).isEmpty)
    }

    @Test mutating func whatTheLedgerKeepsOfOneReadsAsTheSame() throws {
        try say(.freezeAdded(Self.freeze("sales", until: 100)), at: 1)
        let placed = try #require(fleet.freezes.all.first)
        #expect(try PlacedFreeze(id: placed.id, stored: placed.stored) == placed)
    }
}
