import Foundation
import Model
import TestSupport
import Testing
import YAML

@testable import Controller

/// A configuration is written by people and by programs: whatever it says, it is read or refused.
@Suite struct ConfigurationFuzzTests {
    private static let samples = [
        """
        ledger: ~/state/ledger.sqlite
        freezes:
          - {name: weekend, environments: "*/prod-*", every: "Fri 16:00 - Mon 08:00", zone: Europe/Madrid}
          - {name: sales, from: 2026-11-27 00:00, until: 2026-12-01T08:00:00Z, zone: UTC}
        applications:
          checkout:
            repository: https://example.com/checkout.git
            dependencies: [package-lock.json]
            defaults: &usual
              bake: {duration: 15m, minimumRequests: 100, maximum: 2h}
              progressDeadline: 10m
              instanceAlarmThreshold: 1
              strategy: {deploy: {kind: rolling, maxUnavailable: 1, maxSurge: 25%}, rollback: allAtOnce}
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
                  variables: {LOG_LEVEL: info, POOL: 8}
                  show: [POOL]
                  health: {path: /healthz, timeout: 2s, every: 1s, healthyAfter: 2, unhealthyAfter: 3}
                  stop: {signal: TERM, grace: 10s}
                  keepReleases: 5
                alarms:
                  - {name: faults, kind: faultRate, severity: high, scope: service, above: 1%, for: 3 of 5, period: 10s}
                  - {name: slow, kind: latency, percentile: 99, above: 800ms, for: 3 of 5, period: 10s}
        """,
        """
        a: &a [x, y, "z\\n"]
        b: &b {c: *a, d: *a, ? e : |
            text
          }
        f: >-
          folded
          text
        g: [*b, *b, {h: !!str 1}]
        """,
        """
        x-common: &common {stage: prod, bake: {duration: 1m}}
        applications:
          x-apps: &a {bake: {duration: 5m}}
          shop:
            defaults: {<<: *a, x-note: 1}
            environments:
              beta: {<<: [*common, {proactiveRollback: ask}], highSeverity: any(a, b), target: {kind: local,
                directory: $HOME/b, command: [./s], ports: 8100,8109}, alarms: [{kind: latency, percentile: 0.99,
                above: -1ms, below: 1s}, {kind: faultRate, above: 200%}]}
        """,
    ]

    @Test func noDamageToAConfigurationTrapsOrHangs() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        for number in 0..<fuzzCount() {
            let damaged = String(
                decoding: mutator.mutate(Array(Self.samples[number % Self.samples.count].utf8)), as: UTF8.self)
            let took = processorTime {
                _ = try? Configuration.parse(damaged, path: "/etc/lastgood.yaml", variables: ["HOME": "/home/ana"])
                for author in [YAMLNode.Author.program, .person] {
                    if let node = try? YAMLNode(parsing: damaged, by: author) { _ = node.merged(with: node) }
                }
            }
            #expect(took < .seconds(1), "LASTGOOD_SEED=\(seed), input \(number)")
        }
    }

    @Test func aliasesThatStandForTooMuchAreRefusedWithTheirLine() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let ten = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(ten)]\n"
        }
        let fault = #expect(throws: YAMLError.self) { try YAMLNode(parsing: text) }
        #expect(fault?.mark.line == 5)
        #expect(fault?.message.contains("stand for too much") == true)
    }

    @Test func aliasesThatStandForLittleAreRead() throws {
        let node = try YAMLNode(parsing: "a: &a {x: 1}\nb: [*a, *a]")
        #expect(node.pairs?.last?.value.items?.count == 2)
    }

    @Test func numbersThatNothingCouldBeAddedToAreRefused() {
        for surge in ["9223372036854775807", "100001", "-1", "1e30%"] {
            let text = """
                applications:
                  shop:
                    environments:
                      beta:
                        target: {kind: local, directory: /b, command: [./s], instances: 2, ports: 8100-8109}
                        strategy: {deploy: {kind: rolling, maxSurge: \(surge)}}
                """
            #expect(throws: ConfigurationError.self) {
                try Configuration.parse(text, path: "/etc/lastgood.yaml", variables: [:])
            }
        }
    }

    @Test func whatIsShownMustBeAVariable() throws {
        func text(_ shown: String) -> String {
            """
            applications:
              shop:
                environments:
                  beta:
                    target: {kind: local, directory: /b, command: [./s], variables: {POOL: 8}, show: [\(shown)]}
            """
        }
        let read = try Configuration.parse(text("POOL"), path: "/etc/lastgood.yaml", variables: [:])
        #expect(
            read.environment(EnvironmentAddress(application: "shop", environment: "beta"))?.target.settings { _ in "" }[
                "variables.POOL"] == "8")
        #expect(throws: ConfigurationError.self) {
            try Configuration.parse(text("POOLS"), path: "/etc/lastgood.yaml", variables: [:])
        }
    }
}
