import Model
import Testing

@testable import Controller

@Suite struct ConfigurationChangeTests {
    private func configuration(
        ledger: String = "/l", _ environments: [(name: String, line: String)], more: String = ""
    ) throws -> Configuration {
        let lines = environments.enumerated().map { index, environment in
            """
                  \(environment.name):
                    stage: \(environment.name)
                    target: {kind: local, directory: /srv/\(environment.name), command: [./server], ports: \(8100 + index * 10)-\(8109 + index * 10)}
                    \(environment.line)
            """
        }
        return try parse(
            "ledger: \(ledger)\napplications:\n  shop:\n    environments:\n\(lines.joined(separator: "\n"))\n\(more)")
    }

    private func address(_ name: String) -> EnvironmentAddress {
        EnvironmentAddress(application: "shop", environment: name)
    }

    @Test func whatIsTheSameIsNoChange() throws {
        let one = try configuration([("beta", "bake: {duration: 1m}")])
        let change = ConfigurationChange(from: one, to: one)
        #expect(change.touched.isEmpty && change.added.isEmpty && change.removed.isEmpty && change.refusal == nil)
        #expect(change.inWords == "nothing is different")
    }

    @Test func environmentsThatWereAddedRemovedAndChangedAreToldApart() throws {
        let last = try configuration([("beta", "bake: {duration: 1m}"), ("prod", "bake: {duration: 1m}")])
        let next = try configuration(
            [("gamma", ""), ("prod", "bake: {duration: 2m}")], more: "dashboard: {theme: dark}")
        let change = ConfigurationChange(from: last, to: next)
        #expect(change.added == [address("gamma")] && change.removed == [address("beta")])
        #expect(change.changed == [address("prod")] && change.touched == [address("prod")])
        #expect(change.inWords == "added shop/gamma; removed shop/beta; changed shop/prod")
    }

    @Test func anotherPlaceInTheFileChangesNothing() throws {
        let last = try configuration([("beta", ""), ("prod", "")])
        var next = last
        next.environments = last.environments.reversed()
        for index in next.environments.indices { next.environments[index].position = index }
        #expect(ConfigurationChange(from: last, to: next).touched.isEmpty)
    }

    @Test func aGateThatLooksAtANewNeighbourIsAffectedAndNotChanged() throws {
        let last = try configuration([("beta", ""), ("prod", "gates: {alarms: [\"*/*\"]}")])
        let next = try configuration([("beta", ""), ("prod", "gates: {alarms: [\"*/*\"]}"), ("late", "")])
        let change = ConfigurationChange(from: last, to: next)
        #expect(change.changed.isEmpty && change.affected == [address("prod")] && change.touched == [address("prod")])
        #expect(change.inWords == "added shop/late")
    }

    @Test func onlyAnotherTargetIsCarriedOtherwise() throws {
        let last = try configuration([("beta", ""), ("prod", "")])
        var next = last
        next.environments[0].target.keepReleases += 1
        next.environments[1].policy.instanceAlarmThreshold += 1
        let change = ConfigurationChange(from: last, to: next)
        #expect(change.retargeted == [address("beta")] && change.changed == [address("beta"), address("prod")])
    }

    @Test func anotherLedgerIsRefusedAndItsOwnersWait() throws {
        let last = try configuration([("beta", "")])
        let moved = try configuration(ledger: "/other", [("beta", "")])
        let refusal = try #require(ConfigurationChange(from: last, to: moved).refusal)
        #expect(refusal.contains("from /l to /other"))
        let shared = try configuration(ledger: "{path: /l, group: root, keep: 400d}", [("beta", "")])
        let change = ConfigurationChange(from: last, to: shared)
        #expect(change.refusal == nil && change.postponed.count == 1)
        #expect(change.inWords == "changed how long the ledger keeps events")
    }
}
