import Model
import Notifications
import Testing
import YAML

@testable import Controller

@Suite("Notifications in the configuration") struct NotificationReadingTests {
    private func read(_ notifications: String, _ variables: [String: String] = [:]) throws -> Configuration {
        let text = """
            ledger: /tmp/notifications-of-a-test/ledger.sqlite
            applications:
              checkout:
                environments:
                  prod-eu: {stage: prod, target: {kind: local, directory: /tmp/x, command: [./server]}}
            notifications:
            \(notifications)
            """
        return try Configuration.parse(text, path: "/etc/lastgood/config.yaml", variables: variables)
    }

    private func faults(_ notifications: String) -> [String] {
        do {
            _ = try read(notifications)
            return []
        } catch ConfigurationError.faulty(let faults) { return faults.map { "\($0.message); \($0.mend)" } } catch {
            return ["\(error)"]
        }
    }

    @Test("those of the documentation are read")
    func documented() throws {
        let secrets = ["SLACK_URL": "https://hooks.example/T0/B0", "PD_KEY": "R0", "HOOK_SECRET": "s3"]
        let all = try read(
            """
              - {name: ops, on: [rollback, failed], environments: "*/prod-*", slack: {url: "${SLACK_URL}"}}
              - {name: page, on: [rollbackFailed], pagerDuty: {routingKey: "${PD_KEY}"}}
              - {name: audit, on: all, webhook: {url: "https://hooks.example/${PD_KEY}", secret: "${HOOK_SECRET}"}, timeout: 3s}
              - {name: mine, on: [rollback], command: [./told.sh], text: "{environment}: {summary}"}
            """, secrets
        ).notifications
        #expect(all.map(\.name) == ["ops", "page", "audit", "mine"])
        #expect(all[0].channel == .slack(url: HiddenText("https://hooks.example/T0/B0")))
        #expect(all[0].kinds == [.rollback, .failed] && all[0].environments == "*/prod-*")
        #expect(
            all[1].channel
                == .pagerDuty(routingKey: HiddenText("R0"), url: "https://events.pagerduty.com/v2/enqueue"))
        #expect(
            all[2].channel
                == .webhook(url: HiddenText("https://hooks.example/R0"), secret: HiddenText("s3")))
        #expect(all[2].kinds == [.all] && all[2].timeout == .seconds(3))
        #expect(all[3].channel == .command(["./told.sh"], folder: "/etc/lastgood"))
        #expect(!"\(all)".contains("hooks.example"))
    }

    @Test("a variable that is not set is a warning, and everything else works")
    func unset() throws {
        let configuration = try read(
            """
              - {name: ops, on: [rollback], slack: {url: "${SLACK_URL}"}}
              - {name: mine, on: [rollback], command: ["true"]}
            """)
        #expect(
            configuration.warnings.map(\.message) == ["notification ops needs the variable SLACK_URL, which is not set"]
        )
        guard case .unavailable = configuration.notifications[0].channel else {
            Issue.record("\(configuration.notifications)")
            return
        }
        #expect(configuration.notifications.count == 2)
    }

    @Test(
        "each fault names the mend, and no address",
        arguments: [
            (
                "  - {name: x, on: [rolback], command: [a]}",
                "“rolback” is nothing that a notification can be about; did you mean “rollback”?"
            ),
            (
                "  - {name: x, command: [a]}",
                "notification x does not say what it is about; add “on: [rollback, failed]”"
            ),
            ("  - {on: [all], command: [a]}", "a notification has no name; give it one"),
            ("  - {name: x, on: [all]}", "notification x tells nobody; give one of slack, pagerDuty, webhook, command"),
            (
                "  - {name: x, on: [all], command: [a], slack: {url: \"https://h/1\"}}",
                "notification x tells in two ways; give one of slack, pagerDuty, webhook, command"
            ),
            (
                "  - {name: x, on: [all], slack: {url: hooks.example/SECRETPATH}}",
                "the url of notification x is no address of http or https; write it as https://host/path"
            ),
            ("  - {name: x, on: [all], slack: {}}", "notification x has no url"),
            ("  - {name: x, on: [all], webhook: {url: \"https://${A\"}}", "has “${” without its “}”"),
            ("  - {name: x, on: [all], command: []}", "the command of x is empty"),
            (
                "  - {name: x, on: [all], command: [a], text: \"{relase}\"}",
                "has a field “{relase}”, which is not known; did you mean “{release}”?"
            ),
            ("  - {name: x, on: [all], command: [a], text: \"{release\"}", "has a brace without its partner"),
            (
                "  - {name: x, on: [all], comand: [a]}",
                "unknown key “comand” in a notification; did you mean “command”?"
            ),
            (
                "  - {name: x, on: [all], command: [a]}\n  - {name: x, on: [all], command: [a]}",
                "there is a notification “x” already, in line 7"
            ),
            ("  - {name: x, on: [], command: [a]}", "notification x is about nothing"),
            ("  - {name: x, on: [all], command: [a], timeout: 0s}", "timeout is 0 s"),
        ])
    func faulty(text: String, expected: String) {
        let told = faults(text)
        #expect(told.contains { $0.contains(expected) }, "\(told)")
        #expect(!told.contains { $0.contains("SECRETPATH") })
    }
}
