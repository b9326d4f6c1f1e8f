import Model
import Terminal
import Testing

@testable import Dashboard

@Suite struct SpellTests {
    private func event(_ second: Int64, _ body: EventBody) -> Event {
        Event(
            sequence: second, time: Timestamp(milliseconds: second * 1000), actor: "lastgood", token: 1,
            application: "shop", environment: "prod", body: body)
    }

    private func alarm(_ name: String, _ state: AlarmState, _ severity: Severity = .high, slot: Int? = nil) -> EventBody
    {
        .alarmChanged(
            AlarmStatus(
                name: name, instance: slot, instanceKey: slot.map(Int64.init), kind: "memory", severity: severity,
                state: state, since: Timestamp(milliseconds: 0), value: nil, threshold: Quantity(1, .percent),
                comparison: .above, evidence: ""))
    }

    @Test func anAlarmIsOnFromWhereItGoesOnToWhereItIsNotAnyMore() {
        let spells = TimelineLane.Spell.all([
            event(1, alarm("faults", .alarm)), event(2, alarm("memory", .alarm, .medium, slot: 3)),
            // It is worse now, and still the same.
            event(3, alarm("faults", .alarm)), event(5, alarm("faults", .ok)),
            // Of an alarm whose instance is gone nobody says that it is over.
            event(7, .instanceStopped(slot: 3)), event(8, alarm("faults", .alarm)),
        ])
        #expect(spells.map(\.name) == ["faults", "memory#3", "faults"])
        #expect(spells.map(\.severity) == [.high, .medium, .high])
        #expect(spells.map { $0.until?.milliseconds } == [5000, 7000, nil])
    }

    @Test func whileAnAlarmIsOnTheBarIsRed() throws {
        var gallery = try Gallery(200, 50)
        let frame = gallery.look([.character("t")])
        // The high one is on for two minutes and a half, the medium one for five.
        let row = try #require((0..<50).first { frame.row($0).contains { $0.scalar == "▲" } })
        let red = frame.row(row).count { $0.style == Role.danger.number && $0.scalar != "▲" }
        let column = Double(gallery.state.timelineSpan.milliseconds) / Double(gallery.state.plotWidth) / 1000
        #expect(abs(Double(red) - 150 / column) <= 3, "\(red) columns of \(column) s")
    }
}
