import Model
import Targets
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
    ]

    @Test(arguments: mistakes) func aMistakeIsNamedWithItsPlaceAndItsMend(text: String, fault: String) {
        #expect(faults(text).contains("/etc/lastgood.yaml:\(fault)"), "\(faults(text))")
    }
}
