import Decisions
import Foundation
import Model
import Testing
import YAML

@testable import Controller

func parse(_ text: String) throws -> Configuration {
    try Configuration.parse(text, path: "/etc/lastgood.yaml", variables: ["HOME": "/home/ana"])
}

func faults(_ text: String) -> [String] {
    do {
        _ = try parse(text)
        return []
    } catch ConfigurationError.faulty(let faults) {
        return faults.map(\.description)
    } catch { return ["\(error)"] }
}

/// A configuration with `environment` as the body of its one environment.
func with(_ environment: String, more: String = "") -> String {
    let lines = environment.split(separator: "\n").map { "        \($0)" }.joined(separator: "\n")
    return "applications:\n  shop:\n    environments:\n      beta:\n\(lines)\n\(more)"
}

private let target = "target: {kind: local, directory: /srv/beta, command: [./server], instances: 2, ports: 8100-8109}"

@Suite struct ConfigurationTests {
    @Test func aLedgerIsItsOwnersAloneOrAGroupsThatTheMachineKnows() throws {
        let alone = try parse("ledger: /l\n" + with(target))
        #expect(alone.ledgerAccess == .owner)
        let shared = try parse("ledger: {path: /l, group: root}\n" + with(target))
        #expect(shared.ledger == "/l" && shared.ledgerAccess == .group("root"))
        #expect(throws: ConfigurationError.self) { try parse("ledger: {group: nobody-knows-it}\n" + with(target)) }
    }

    @Test func everyKeyOfTheContractIsUnderstood() throws {
        let configuration = try parse(
            """
            ledger: ~/state/ledger.sqlite
            applications:
              checkout:
                repository: https://example.com/checkout.git
                dependencies: [package-lock.json]
                defaults:
                  bake: {duration: 15m, minimumRequests: 100, maximum: 2h}
                  progressDeadline: 10m
                  instanceAlarmThreshold: 1
                  proactiveRollback: ask
                  strategy: {deploy: rolling, rollback: allAtOnce}
                  metrics: {path: /metrics, every: 5s}
                environments:
                  beta:
                    stage: beta
                    target:
                      kind: local
                      directory: run/beta
                      command: [./server, "--port", "${PORT}"]
                      instances: 2
                      ports: 8100-8109
                      health: {path: /healthz, timeout: 2s, healthyAfter: 2}
                      stop: {signal: TERM, grace: 10s}
                      keepReleases: 5
                    alarms:
                      - {name: faults,  kind: faultRate, severity: high, scope: service, above: 1%, for: 3 of 5, period: 10s}
                      - {name: slow,    kind: latency, percentile: 99, above: 800ms, for: 3 of 5, period: 10s}
                      - {name: cpu,     kind: cpu, scope: instance, above: 90%, for: 5 of 5, period: 10s}
                      - {name: memory,  kind: memory, above: 300MiB}
                      - {name: queue,   kind: metric, metric: jobs_waiting, labels: {queue: mail}, above: 100}
                    highSeverity: any(faults, slow) or atLeast(2, cpu, memory)
            dashboard: {theme: light, window: 10m}
            """)
        #expect(configuration.ledger == "/home/ana/state/ledger.sqlite")
        let beta = try #require(configuration.environments.first)
        #expect(beta.target.directory == "/etc/run/beta", "relative to the configuration")
        #expect(beta.policy.bake == .init(duration: .seconds(900), minimumRequests: 100, maximum: .seconds(7200)))
        #expect(beta.policy.rollbackStrategy == .allAtOnce(instances: 2))
        #expect(beta.policy.alarms.map(\.severity) == [.high, .high, .medium, .medium, .medium])
        #expect(beta.policy.alarms[1].threshold == Quantity(0.8, .seconds))
        #expect(beta.policy.alarms[4].kind == .metric(name: "jobs_waiting", labels: ["queue": "mail"], isRate: false))
        #expect(beta.policy.highSeverity?.names == ["faults", "slow", "cpu", "memory"])
        #expect(beta.policy.instanceLimit == 10)
        #expect(configuration.dashboard.theme == "light")
    }

    @Test func theDefaultsAreRight() throws {
        let beta = try #require(try parse(with(target)).environments.first)
        #expect(beta.policy.stage == "beta", "the stage is called as the environment")
        #expect(beta.policy.bake.duration == .seconds(900))
        #expect(beta.policy.deployStrategy == .rolling)
        #expect(beta.policy.highSeverity == nil)
        #expect(beta.target.health.path == nil)
        #expect(beta.metrics.path == "/metrics")
    }

    /// One line each, with file, line, column and the mend.
    @Test(arguments: [
        (with("stge: beta\n\(target)"), "5:9: unknown key “stge” in environment shop/beta; did you mean “stage”?"),
        (
            with("bake: {duration: 15}\n\(target)"),
            "5:26: duration is “15”; give a number and its unit: 500ms, 90s, 15m, 2h or 1d"
        ),
        (
            with("target: {kind: local, directory: /a, command: [a], instances: 4, ports: 8100-8103}"),
            "5:81: 4 ports are too few for 4 instances of shop/beta and 1 more during a rollout; "
                + "give at least 5, such as 8100-8104"
        ),
        (
            with("\(target)\nalarms: [{kind: faultRate, above: 800ms}]"),
            "6:43: the threshold is “800ms”; a faultRate alarm wants percent, such as 1%"
        ),
        (
            with("\(target)\nalarms: [{kind: faultrate, above: 1%}]"),
            "6:25: there is no alarm of kind “faultrate”; did you mean “faultRate”?"
        ),
        (
            with("\(target)\nalarms: [{name: faults, kind: faultRate, above: 1%}]\nhighSeverity: any(fault)"),
            "7:27: highSeverity names “fault”, which is no alarm here; did you mean “faults”?"
        ),
        (
            with(target, more: "      beta:\n        target: {kind: local, directory: /b, command: [a]}\n"),
            "6:7: “beta” stands twice in environments of shop, first in line 4; rename or remove one of them"
        ),
        (
            "applications:\n  shop:\n\tenvironments: {}\n",
            "3:1: a tab stands here; YAML is indented with spaces only; put spaces there"
        ),
        (
            with("target: {kind: kubernetes, context: eu}"),
            "5:24: targets of kind “kubernetes” are not supported by this version; use kind: local"
        ),
        (
            with("strategy: {rollback: blueGreen}\n\(target)"),
            "5:30: strategy blueGreen needs a front, which moves the requests; "
                + "add “front: {port: 8080}” to the target, or use rolling"
        ),
        ("ledger: /l\n", "1:1: no applications are configured; add “applications:” with one in it"),
        (
            with("\(target)\nalarms: [{kind: latency, above: 1s, for: 6 of 5}]"),
            "6:50: for is “6 of 5”; write it as “3 of 5”: three of the last five periods"
        ),
    ])
    func aMistakeIsNamedWithItsPlaceAndItsMend(text: String, fault: String) {
        #expect(faults(text).contains("/etc/lastgood.yaml:\(fault)"), "\(faults(text))")
    }

    @Test func allFaultsAreReportedAtOnceInTheOrderOfTheFile() {
        let found = faults(with("bake: {duration: x}\nprogressDeadline: y\n\(target)"))
        #expect(found.count == 2)
        #expect(found == found.sorted())
    }

    @Test func aDirectoryOfTwoEnvironmentsIsRefused() {
        let text = with(target, more: "      gamma:\n        \(target)\n")
        #expect(faults(text).contains { $0.contains("shop/gamma uses the directory of shop/beta") })
    }

    @Test func aMissingRepositoryIsAWarningAndKeepsNothingFromWorking() throws {
        let text = "applications:\n  shop:\n    repository: /nowhere/shop.git\n    environments: {beta: {\(target)}}\n"
        let configuration = try parse(text)
        #expect(configuration.warnings.map(\.mark) == [Mark(line: 3, column: 17)])
    }

    @Test func aBakeThatIsShorterThanAnAlarmLooksBackIsRemarkedOnOnce() throws {
        let alarms = "alarms: [{name: faults, kind: faultRate, above: 1%, for: 3 of 5, period: 2s}]"
        let text = """
            applications:
              shop:
                defaults:
                  bake: {duration: 2s}
                  \(alarms)
                environments:
                  beta: {\(target)}
                  gamma: {\(target.replacing("beta", with: "gamma").replacing("8100-8109", with: "8110-8119"))}
            """
        let configuration = try parse(text)
        #expect(configuration.remarks.map(\.mark) == [Mark(line: 4, column: 13)])
        #expect(
            configuration.remarks.first?.message
                == "the bake lasts 2 s, but alarm faults looks back 10 s (5 periods of 2 s)")
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.environments.first?.policy.shortestBake == .seconds(12))
        let short = try parse(
            text.replacing("duration: 2s", with: "duration: 1500ms").replacing("period: 2s", with: "period: 1500ms"))
        #expect(
            short.remarks.first?.message
                == "the bake lasts 1.5 s, but alarm faults looks back 7.5 s (5 periods of 1.5 s)")
        #expect(try parse(text.replacing("duration: 2s", with: "duration: 10s")).remarks.isEmpty)
    }

    @Test func whatMetricsAreCalledCanBeSet() throws {
        let metrics = "metrics: {path: /stats, requests: calls_total, duration: call_seconds, status: outcome}"
        let read = try parse(with("\(target)\n\(metrics)")).environments.first?.metrics
        #expect(read?.requests == "calls_total")
        #expect(read?.duration == "call_seconds")
        #expect(read?.status == "outcome")
        #expect(try parse(with(target)).environments.first?.metrics.requests == nil)
    }

    @Test func aThresholdThatIsNoNumberIsRefused() {
        for text in ["1e999%", "nan%", "inf%"] {
            let found = faults(with("\(target)\nalarms: [{kind: faultRate, above: \(text)}]"))
            #expect(found.contains { $0.contains("the threshold is “\(text)”") }, "\(text)")
        }
    }

    @Test func anyTextIsReadOrRefusedAndNeverCrashes() {
        let seed = Array(with("bake: {duration: 15m}\n\(target)\nalarms: [{kind: faultRate, above: 1%}]").utf8)
        for _ in 0..<500 {
            var bytes = seed
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count)] =
                    [0x09, 0x7B, 0x3A, 0x2D, 0x22, 0x26, 0x2A, 0x41].randomElement() ?? 0
            }
            _ = faults(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func aliasesWithinAliasesDoNotEatTheMemory() {
        var text = "a: &a0 [x, x]\n"
        for level in 1...40 { text += "b\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(!faults(text).isEmpty)
    }
}
