import Model
import Targets
import TestSupport
import Testing

@testable import Controller

@Suite struct StrategyReadingTests {
    private static let target =
        "target: {kind: local, directory: /a, command: [a], instances: 2, front: {port: 1, drain: 5s}}"
    private static let withoutFront = "target: {kind: local, directory: /a, command: [a], instances: 2}"

    /// By what is written, the strategies forward and back, and whether a rollback flips where it can.
    @Test(arguments: [
        ("allAtOnce", Strategy.allAtOnce(instances: 2), Strategy.allAtOnce(instances: 2), true),
        ("blueGreen", .blueGreen(keepOld: .seconds(1800)), .blueGreen(keepOld: .seconds(1800)), true),
        (
            "{deploy: {kind: blueGreen, keepOld: 5m}, rollback: rolling}", .blueGreen(keepOld: .seconds(300)),
            .rolling, false
        ),
        (
            "{deploy: {kind: oneBox, bake: 1m, then: allAtOnce}, rollback: fastest}",
            .oneBox(bake: .seconds(60), then: .allAtOnce(instances: 2)), .allAtOnce(instances: 2), true
        ),
        ("oneBox", .oneBox(bake: .seconds(300), then: .rolling), .rolling, true),
    ])
    func aStrategyIsReadForBothWays(text: String, forward: Strategy, back: Strategy, flips: Bool) throws {
        let beta = try #require(try parse(with("strategy: \(text)\n\(Self.target)")).environments.first)
        #expect(beta.policy.deployStrategy == forward)
        #expect(beta.policy.rollbackStrategy == back)
        #expect(beta.policy.flipsBack == flips)
        #expect(beta.policy.hasFront)
        #expect(beta.target.front == FrontSpecification(port: 1, drain: .seconds(5)))
    }

    @Test func twoFrontsOnOnePortAreRefused() {
        let one = "target: {kind: local, directory: /a, command: [a], front: {port: 8080}}"
        let text = with(one, more: "      gamma:\n        \(one.replacing("/a", with: "/b"))\n")
        #expect(
            faults(text).contains { $0.contains("the front of shop/gamma has port 8080, as that of shop/beta has") })
    }

    private static let mistakes: [(String, String)] = [
        (
            with("strategy: {rollback: oneBox}\n\(withoutFront)"),
            "5:30: a rollback waits for no one box; use “rollback: fastest”, or rolling, or allAtOnce"
        ),
        (
            with("strategy: {deploy: {kind: rolling, keepOld: 30m}}\n\(withoutFront)"),
            "5:53: “keepOld” says nothing to strategy rolling; remove it"
        ),
        (
            with("target: {kind: local, directory: /a, command: [a], front: {drain: 5s}}"),
            "5:67: the front of shop/beta has no port; write “front: {port: 8080}”"
        ),
        (
            with("target: {kind: local, directory: /a, command: [a], ports: 8100-8109, front: {port: 8105}}"),
            "5:92: the front of shop/beta has port 8105, which instances of shop/beta may take: 8100-8109; "
                + "give the front a port outside of that range"
        ),
        (
            with(
                "strategy: blueGreen\ntarget: {kind: local, directory: /a, command: [a], instances: 3, "
                    + "ports: 8100-8104, front: {port: 8080}}"),
            "6:81: 5 ports are too few for 3 instances of shop/beta twice: with blueGreen two sets run at once; "
                + "give at least 6, such as 8100-8105"
        ),
        (
            with("strategy: {kind: flag, flag: f, on: new, off: old}\n\(withoutFront)"),
            "5:26: strategy flag needs the flag file that the service reads; "
                + "add “flags: /srv/…/flags.json” to the target, or use rolling"
        ),
        (
            with("strategy: {kind: flag, flag: f, on: new}\n\(withFlags)"),
            "5:26: this strategy has no “off”; write it as {kind: flag, flag: new-checkout, on: new, off: old}"
        ),
        (
            with("strategy: {kind: flag, flag: f, on: new, off: new}\n\(withFlags)"),
            "5:55: “on” and “off” are both new: nothing would change; name the variant of before"
        ),
        (
            with("strategy: {kind: flag, flag: f, on: new, off: old, bake: 5m}\n\(withFlags)"),
            "5:66: “bake” says nothing to strategy flag; remove it"
        ),
        (
            with("strategy: {deploy: rolling, rollback: {kind: flag, flag: f, on: new, off: old}}\n\(withFlags)"),
            "5:47: a rollback turns off only what its deployment has turned on; "
                + "use strategy flag with the same flag for “deploy”, or “rollback: fastest”"
        ),
    ]

    private static let withFlags = "target: {kind: local, directory: /a, command: [a], instances: 2, flags: f.json}"

    @Test(arguments: [
        ("{kind: flag, flag: f, on: new, off: old}", Exchange.rolling as Exchange?, Strategy.rolling, true),
        (
            "{kind: flag, flag: f, on: new, off: old, then: allAtOnce}", .allAtOnce(instances: 2),
            .allAtOnce(instances: 2), true
        ),
        ("{kind: flag, flag: f, on: new, off: old, then: none}", nil, .rolling, true),
        (
            "{deploy: {kind: flag, flag: f, on: new, off: old, then: none}, rollback: flag}", nil,
            .flag(FlagSwitch(flag: "f", on: "new", off: "old"), then: nil), true
        ),
        ("{deploy: {kind: flag, flag: f, on: new, off: old}, rollback: rolling}", .rolling, .rolling, false),
    ])
    func aFlagIsReadForBothWays(text: String, then: Exchange?, back: Strategy, turnsOff: Bool) throws {
        let beta = try #require(try parse(with("strategy: \(text)\n\(Self.withFlags)")).environments.first)
        #expect(beta.policy.deployStrategy == .flag(FlagSwitch(flag: "f", on: "new", off: "old"), then: then))
        #expect(beta.policy.rollbackStrategy == back)
        #expect(beta.policy.flagsBack == turnsOff && beta.policy.hasFlags)
        #expect(beta.policy.exchangeAfterFlag == (turnsOff ? then : .rolling))
        #expect(beta.target.flags == "/etc/f.json")
    }

    @Test func whatTheFlagFileLacksIsNamedAndRefusesNothing() throws {
        let bench = try Workbench()
        let flags = #"{"flags": {"checkout": {"state": "ENABLED", "variants": {"new": 1, "old": 0}}}}"#
        try flags.write(toFile: "\(bench.path)/flags.json", atomically: true, encoding: .utf8)
        func warnings(_ strategy: String, _ file: String = "flags.json") throws -> [String] {
            let target = Self.withFlags.replacing("f.json", with: "\(bench.path)/\(file)")
            return try parse(with("strategy: {kind: flag, \(strategy)}\n\(target)")).warnings.map { "\($0)" }
        }
        #expect(try warnings("flag: checkout, on: new, off: old").isEmpty)
        let place = "the flag file \(bench.path)/flags.json: "
        #expect(
            try warnings("flag: chekout, on: new, off: old") == [
                "/etc/lastgood.yaml:5:38: \(place)it has no flag “chekout”, only checkout; did you mean “checkout”?"
            ])
        #expect(
            try warnings("flag: checkout, on: neu, off: alt") == [
                "/etc/lastgood.yaml:5:52: \(place)flag “checkout” has no variant “neu”, only new, old; did you mean “new”?",
                "/etc/lastgood.yaml:5:62: \(place)flag “checkout” has no variant “alt”, only new, old; name one that there is",
            ])
        #expect(
            try warnings("flag: checkout, on: new, off: old", "none.json").first?.contains("cannot be read") == true)
    }

    @Test func oneFlagInTwoEnvironmentsIsRefused() {
        let one = "strategy: {kind: flag, flag: f, on: new, off: old}\n\(Self.withFlags)"
        let two = one.replacing("/a", with: "/b").split(separator: "\n").map { "        \($0)\n" }.joined()
        let found = faults(with(one, more: "      gamma:\n\(two)"))
        #expect(found.contains { $0.contains("shop/gamma and shop/beta both set flag f of /etc/f.json") }, "\(found)")
    }

    @Test(arguments: mistakes) func aMistakeIsNamedWithItsPlaceAndItsMend(text: String, fault: String) {
        #expect(faults(text).contains("/etc/lastgood.yaml:\(fault)"), "\(faults(text))")
    }
}
