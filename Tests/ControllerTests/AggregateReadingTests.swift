import Controller
import Decisions
import Foundation
import Model
import TestSupport
import Testing

/// What a configuration may say of alarms elsewhere, and of the traffic that a deployment waits for.
@Suite struct AggregateReadingTests {
    private static let alarms =
        "alarms: [{name: faults, kind: faultRate, above: 1%}, {name: memory, kind: memory, above: 80%}]"

    /// Three environments of `payments`, and `shop/prod` with this besides in line 10.
    private func read(_ shop: String, payments: String = "", target: String? = nil) throws -> Configuration {
        let bench = try Workbench()
        func environment(_ name: String, _ more: String = "", target: String? = nil) -> String {
            let usual = "{kind: local, directory: \(name), command: [./server]}"
            return "\(name): {target: \(target ?? usual), \(Self.alarms)\(more)}"
        }
        try """
        applications:
          payments:
            environments:
              \(environment("prod-eu", payments, target: target))
              \(environment("prod-us"))
              quiet: {target: {kind: local, directory: quiet, command: [./server]}}
          shop:
            environments:
              prod:
                \(shop)
                \(Self.alarms)
                target: {kind: local, directory: prod, command: [./server]}
        """.write(toFile: "\(bench.path)/lastgood.yaml", atomically: true, encoding: .utf8)
        return try Configuration.load("\(bench.path)/lastgood.yaml", variables: ["HOME": bench.path])
    }

    private func policy(_ shop: String) throws -> EnvironmentPolicy {
        try #require(try read(shop).environments.last?.policy)
    }

    private func faults(_ shop: String, payments: String = "", target: String? = nil) throws -> [String] {
        let error = #expect(throws: ConfigurationError.self) { _ = try read(shop, payments: payments, target: target) }
        guard case .faulty(let faults)? = error else { return ["\(String(describing: error))"] }
        return faults.map { "\($0.mark.line):\($0.mark.column): \($0.message); \($0.mend)" }
    }

    @Test(arguments: [
        ("any(faults, payments/prod-eu)", "any(faults, payments/prod-eu)"),
        ("atLeast(2, memory, \"payments/prod-*\")", "atLeast(2, memory, payments/prod-eu, payments/prod-us)"),
        // Where no alarm has high severity, none is missed.
        ("any(faults, payments/*)", "any(faults, payments/prod-eu, payments/prod-us)"),
        ("faults and */*:memory", "all(faults, any(payments/prod-eu:memory, payments/prod-us:memory))"),
        ("not payments/prod-*", "not any(payments/prod-eu, payments/prod-us)"),
    ])
    func environmentsAreNamedByAddressOrGlobAndNeverTheOwn(_ text: String, _ meant: String) throws {
        let policy = try policy("highSeverity: '\(text)'")
        #expect(policy.highSeverity?.inWords == meant)
        #expect(policy.neighbours.aggregate == policy.highSeverity)
        let counted = policy.highSeverity?.elsewhere.compactMap(\.address) ?? []
        #expect(policy.neighbours.counted.map(\.address) == Set(counted).sorted())
    }

    @Test func whatCountsNothingOfOthersLooksAtNone() throws {
        #expect(try policy("highSeverity: faults").neighbours == GateNeighbours())
    }

    @Test(arguments: [
        (
            "any(faults, payments/prod-ue)",
            "10:35: highSeverity names “payments/prod-ue”, and no other environment is called so; did you mean “payments/prod-eu”?"
        ),
        (
            "faults or billing/*",
            "10:33: highSeverity names “billing/*”, and no other environment is called so; name environments of this configuration, as payments/prod-eu"
        ),
        (
            "payments/prod-eu:fault",
            "10:23: highSeverity names “payments/prod-eu:fault”, and there is no alarm “fault” there; did you mean “faults”?"
        ),
        (
            "payments/quiet",
            "10:23: highSeverity counts “payments/quiet”, where no alarm has high severity; name an alarm of it, as payments/quiet:faults, or give it a “highSeverity”"
        ),
        (
            "any(faults, shop/prod)",
            "10:35: highSeverity of shop/prod counts “shop/prod”, which is itself: a circle; leave it out here"
        ),
        (
            "any(memory, shop/prod:faults)",
            "10:35: highSeverity of shop/prod counts “shop/prod:faults”, which is itself: a circle; write faults: alarms here go by their names alone"
        ),
        (
            "atLeast(3, payments/prod-*)",
            "10:23: highSeverity: atLeast(3, …) can never be on with 2 alarms; lower the number, or name more"
        ),
        (
            "any(faults, payments/)",
            "10:35: highSeverity: “payments/” is neither an environment nor an alarm of one, as payments/prod-eu:faults; write it as “any(faults, slow) or cpu”"
        ),
    ])
    func aMistakeIsToldWithItsPlaceAndItsMend(_ text: String, _ fault: String) throws {
        #expect(try faults("highSeverity: \(text)") == [fault])
    }

    @Test func aCircleIsToldWithAllThatAreInIt() throws {
        let found = try faults(
            "highSeverity: any(faults, payments/prod-eu)", payments: ", highSeverity: 'any(faults, shop/prod)'")
        #expect(found.count == 1)
        #expect(
            found.first?.hasSuffix(
                "highSeverity of payments/prod-eu counts shop/prod, which counts payments/prod-eu: a circle; "
                    + "let one of them count single alarms, as shop/prod:faults") == true, "\(found)")
        // A single alarm waits for nobody.
        _ = try read(
            "highSeverity: any(faults, payments/prod-eu)", payments: ", highSeverity: 'any(faults, shop/prod:faults)'")
    }

    @Test func ofAnEnvironmentThatCannotBeReadNothingMoreIsSaid() throws {
        let found = try faults("highSeverity: any(faults, payments/prod-eu)", target: "{kind: nowhere}")
        #expect(found.allSatisfy { !$0.contains("highSeverity") }, "\(found)")
    }

    @Test(arguments: [("5/min", 5.0), ("2/s", 120), ("30/h", 0.5), ("0.5/min", 0.5)])
    func trafficIsWrittenByTheMinuteTheSecondOrTheHour(_ text: String, _ aMinute: Double) throws {
        #expect(try policy("bake: {startWhen: \(text)}").bake.startWhen == Quantity(aMinute, .perMinute))
        #expect(try policy("bake: {duration: 1m}").bake.startWhen == nil)
    }

    @Test(arguments: ["5", "0/min", "-1/min", "many/min", "5/day", "5/min/s", "nan/min", "1e99/s"])
    func trafficWithoutSenseIsAFault(_ text: String) throws {
        #expect(
            try faults("bake: {startWhen: \(text)}")
                == ["10:27: startWhen is “\(text)”; give how many requests a minute, such as 5/min"])
    }

    @Test func howMuchOfTheUsualTrafficHasToComeIsPercentOrOff() throws {
        #expect(try policy("bake: {minimumTraffic: 35%}").bake.minimumTraffic == 35)
        #expect(try policy("bake: {minimumTraffic: off}").bake.minimumTraffic == nil)
        #expect(try policy("bake: {duration: 1m}").bake.minimumTraffic == 20)
    }

    @Test(arguments: ["20", "0%", "-5%", "101%", "nan%", "5/min", "some"])
    func aShareOfTheUsualTrafficWithoutSenseIsAFault(_ text: String) throws {
        #expect(
            try faults("bake: {minimumTraffic: \(text)}")
                == [
                    "10:32: minimumTraffic is “\(text)”; give percent of the traffic that is usual at that hour, such as 20%, or off"
                ])
    }

    @Test func trafficThatNobodyCountsIsAFault() throws {
        let found = try faults("bake: {startWhen: 5/min}\n        metrics: none")
        #expect(
            found == [
                "10:27: startWhen waits for requests, and shop/prod has no metrics that count them; give its “metrics”, or leave startWhen out"
            ])
    }
}
