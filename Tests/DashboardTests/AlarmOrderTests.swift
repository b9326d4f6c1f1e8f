import Model
import Terminal
import Testing

@testable import Dashboard

/// The alarms of the whole fleet are put in their order once; whatever happens then moves only those that it is about.
@Suite struct AlarmOrderTests {
    private static let names = Gallery.places.map(\.0)

    /// A dashboard that shows the alarms, while they go on and off in turn.
    private func changes(_ each: (inout Desk, Int) throws -> Void) throws {
        var desk = try Desk(160, 30)
        desk.press([.character("a")])
        for step in 0..<60 {
            desk.gallery.now = desk.gallery.now + .seconds(1)
            let states: [AlarmState] = [.alarm, .insufficientData, .ok]
            let alarm = Gallery.alarms[step % 2]
            try desk.hear(
                Self.names[step * 7 % Self.names.count], desk.gallery.alarm(alarm, states[step * 5 % 3], value: 2))
            try each(&desk, step)
            var anew = desk.gallery.state
            anew.arrangeAlarms()
            #expect(desk.gallery.state.alarmRows == anew.alarmRows, "step \(step)")
        }
    }

    @Test func whatTheLedgerTellsLeadsToTheSameOrderAsPuttingAllAnew() throws { try changes { _, _ in } }

    @Test func whatAlarmsShowNowLeadsToTheSameOrderAsPuttingAllAnew() throws {
        try changes { desk, step in
            let address = Gallery.address(Self.names[step % Self.names.count])
            let known = try #require(desk.gallery.fleet.environments[address]?.alarms)
            let readings = known.map { status in
                var status = status
                status.value = Quantity(Double(step), status.threshold.unit)
                if step % 4 == 0 { status.state = .alarm }
                // Some are too old to be of now, and some of them get so.
                return AlarmReading(status: status, time: desk.gallery.now - .seconds(step % 3 * 40))
            }
            _ = desk.gallery.state.update(.readings(step % 5 == 0 ? [:] : [address: readings]))
        }
    }

    @Test func theEnvironmentsOfAnApplicationFollowTheConfiguration() throws {
        var desk = try Desk()
        desk.press([.character("v")])
        #expect(desk.gallery.state.releases.environments == Self.names.map(Gallery.address))
        try desk.hear("canary", .environmentDeclared(stage: "prod", position: 0))
        try desk.hear("beta", .environmentDeclared(stage: "beta", position: 9))
        #expect(desk.gallery.state.releases.environments.first == Gallery.address("canary"))
        #expect(desk.gallery.state.releases.environments.last == Gallery.address("beta"))
        try desk.hear("gamma", .environmentRemoved(configuration: nil))
        #expect(desk.gallery.state.releases.environments.contains(Gallery.address("gamma")) == false)
    }

    @Test func troubleComesFirstWhateverItIs() throws {
        for trouble in [
            EventBody.problemNoted(reason: "disk"), .instanceExited(slot: 5, reason: "exit 1"),
            .instanceHealthChanged(slot: 5, health: .unhealthy, detail: "503"),
        ] {
            var desk = try Desk()
            desk.press([.character("s")])
            let calm = desk.gallery.state.rows
            try desk.hear("prod-eu", .instanceHealthChanged(slot: 5, health: .unhealthy, detail: "503"))
            try desk.hear("prod-eu", trouble)
            let rows = desk.gallery.state.rows
            let state = try #require(desk.gallery.state.environment(Gallery.address("prod-eu")))
            let isTrouble = desk.gallery.state.condition(state).rank < 11
            #expect(rows.first == (isTrouble ? Gallery.address("prod-eu") : calm.first), "\(trouble)")
        }
    }
}
