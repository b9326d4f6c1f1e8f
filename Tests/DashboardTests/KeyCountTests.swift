import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// How many keys lie between an alarm and what is done about it, in an incident whose way back holds a danger.
@Suite struct KeyCountTests {
    /// Somebody at the overview whose cursor is on the environment in alarm, who takes a second for each key.
    private struct Person {
        var gallery: Gallery
        private(set) var keys = 0
        private(set) var acts: [Act] = []

        init() throws {
            gallery = try Gallery(100, 30)
            for name in ["prod-eu", "prod-us"] { try gallery.deploy(name, "1.9.0", order: 2, instances: 4) }
            gallery.now = gallery.now + .seconds(240)
            try gallery.tell("prod-eu", gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
            gallery.now = gallery.now + .seconds(20)
            _ = gallery.look()
            gallery.state.select(Gallery.address("prod-eu"))
        }

        mutating func press(_ key: Key) {
            keys += 1
            gallery.now = gallery.now + .seconds(1)
            _ = gallery.state.update(.tick(gallery.now, zone: 0))
            let effects = gallery.state.update(.key(key))
            acts += Desk.orders(effects)
            gallery.answer(effects)
        }

        mutating func type(_ text: String) { for character in text { press(.character(character)) } }
    }

    @Test func fromTheAlarmToAConfirmedRollbackOfProductionAreFourKeysAndItsName() throws {
        var person = try Person()
        person.press(.character("r"))
        person.press(.control("x"))
        person.press(.enter)
        person.type("prod-eu")
        person.press(.enter)
        #expect(person.keys - "prod-eu".count <= 4)
        guard case .rollBack(let order)? = person.acts.first else {
            Issue.record("\(render(person.gallery.state).text)")
            return
        }
        #expect(order.address == Gallery.address("prod-eu") && order.to == "1.8.2")
        #expect(order.reason == "1.9.0: faults 5.2 % > 1 % in prod-eu")
    }

    @Test func fromTheAlarmToARunningPlanOverBothAreTwelveKeysAtTheMost() throws {
        var person = try Person()
        person.press(.character("r"))
        person.press(.control("p"))
        person.press(.enter)
        person.press(.control("x"))
        person.press(.enter)
        person.type("prod")
        person.press(.enter)
        #expect(person.keys <= 12)
        guard case .makePlan(let plan)? = person.acts.first else {
            Issue.record("\(render(person.gallery.state).text)")
            return
        }
        #expect(plan.steps.map(\.address.environment) == ["prod-eu", "prod-us"])
        #expect(plan.reason == "1.9.0: faults 5.2 % > 1 % in prod-eu")
        let id = try person.gallery.tellLedger(.planMade(plan))
        _ = person.gallery.state.update(.loaded(person.gallery.fleet))
        _ = person.gallery.state.update(.answered(1, .written(id)))
        #expect(render(person.gallery.state).text.contains("Plan #\(id)  ↺ running"))
    }
}
