import Foundation
import Model
import TestSupport
import Testing
import YAML

@testable import Controller

/// What people write in YAML otherwise than they mean it: each is told with line, column and mend.
@Suite struct ConfigurationMistakeTests {
    private static let target =
        "target: {kind: local, directory: /srv/b, command: [./s], instances: 2, ports: 8100-8109}"

    /// A configuration with `lines` in its one environment.
    private static func with(top: String? = nil, _ lines: String..., defaults: String? = nil) -> String {
        var text = top.map { "\($0)\n" } ?? ""
        text += "applications:\n  shop:\n"
        if let defaults { text += "    defaults: \(defaults)\n" }
        text += "    environments:\n      beta:\n"
        for line in lines { text += "        \(line)\n" }
        return text
    }

    private static let twice = "\(with(target))---\na: b\n"
    private static let outdented = "\(with("stage: prod"))       \(target)\n"

    private func faults(_ text: String) -> [String] {
        do {
            _ = try Configuration.parse(text, path: "c", variables: [:])
            return []
        } catch ConfigurationError.faulty(let faults) {
            return faults.map { String("\($0)".dropFirst(2)) }
        } catch { return ["\(error)"] }
    }

    private func remarks(_ text: String) throws -> [String] {
        try Configuration.parse(text, path: "c", variables: [:]).remarks.map { String("\($0)".dropFirst(2)) }
    }

    private static let mistakes: [(String, String)] = [
        // Commas tear values apart.
        (
            "applications:\n  shop:\n    environments:\n      beta: {alarms: [{name: a, kind: cpu, above: 9%}, {name: b, kind: cpu, above: 8%}], highSeverity: any(a, b), \(target)}\n",
            "4:104: “highSeverity” ends at its comma, and what follows reads as other keys; quote it: highSeverity: \"any(a, b)\""
        ),
        (
            with(target.replacing("8100-8109", with: "8100,8109")),
            "5:87: ports is “8100, 8109”; give a range such as 8100-8109"
        ),
        // Tabs, also behind a carriage return.
        ("applications:\r\n\tshop:\r\n", "2:1: a tab stands here; YAML is indented with spaces only; put spaces there"),
        // Keys that stand twice, also where defaults have them.
        (
            with("stage: a", "stage: b", target, defaults: "{stage: x}"),
            "7:9: “stage” stands twice in environment shop/beta, first in line 6; rename or remove one of them"
        ),
        (
            with("target: {directory: /a, directory: /b, command: [a]}", defaults: "{target: {kind: local}}"),
            "6:33: “directory” stands twice in target of shop/beta, first in line 6; rename or remove one of them"
        ),
        // Anchors.
        (
            with(top: "x-a: &usual {}", "<<: *usaul", target),
            "6:13: the alias “*usaul” stands for nothing; did you mean “*usual”?"
        ),
        (
            with("<<: 5", target),
            "5:13: “<<” takes in a mapping, and this is a single value; name one with &, and write “<<: *NAME” or “<<: [*ONE, *OTHER]”"
        ),
        (
            with("stage: */prod", target),
            "5:16: “*” begins the name of an anchor, and none follows; put the value into quotes"
        ),
        // Octal numbers, yes and no.
        (
            with(target.replacing("instances: 2", with: "instances: 010")),
            "5:77: instances is “010”, which some read as an octal number; write it without the 0: 10"
        ),
        (
            with(target.replacing("8100-8109", with: "08100-08109")),
            "5:87: ports is “08100”, which some read as an octal number; write it without the 0: 8100"
        ),
        (
            with(target, "alarms: [{kind: metric, metric: m, rate: yes, above: 3}]"),
            "6:50: rate is “yes”; write true or false"
        ),
        // One kind of thing instead of another, or nothing.
        (
            "applications:\n  shop:\n    environments:\n      - name: beta\n",
            "4:7: environments of shop must be a mapping, not a list; write it as “key: value”"
        ),
        (
            with(target, "alarms: {faults: {kind: faultRate, above: 1%}}"),
            "6:17: alarms must be a list, not a mapping; begin each with a “-”: “- {name: …}”"
        ),
        ("- a\n", "1:1: the configuration must be a mapping, not a list; write it as “key: value”"),
        ("hello\n", "1:1: the configuration must be a mapping, not a single value; write it as “key: value”"),
        ("", "1:1: no applications are configured; add “applications:” with one in it"),
        ("# all of it\n", "1:1: no applications are configured; add “applications:” with one in it"),
        ("applications:\n", "1:14: no applications are configured; add “applications:” with one in it"),
        ("applications: {}\n", "1:15: no applications are configured; add “applications:” with one in it"),
        (
            with(target.replacing("/srv/b", with: "\"\"")),
            "5:42: “directory” is empty; give a path, or leave the key out"
        ),
        (with(top: "ledger: ''", target), "1:9: “ledger” is empty; give a path, or leave the key out"),
        // Colons and indentation.
        (with("stage:prod", target), "5:9: this line is no “key: value”; put a blank after the colon of “stage:prod”"),
        (
            "applications:\n  shop:\n    environments:\n      beta: {stage:prod, \(target)}\n",
            "4:14: unknown key “stage:prod” in environment shop/beta; put a blank after its colon: “stage: prod”"
        ),
        (
            with("stage: a: b", target),
            "5:17: no key can stand here: the line, or the one above, has a value already; put a value that has “: ” in it into quotes, or indent the line like its neighbours"
        ),
        (
            outdented,
            "6:8: this does not belong to the mapping that begins in line 4; indent it like the lines of that mapping; where it follows a closing quote, quote all of it"
        ),
        (with("alarms: - a", target), "5:17: no list can begin here; put each “- ” on a line of its own"),
        // Signs that mean something to YAML.
        (with("stage: @x", target), "5:16: no value begins with “@”; put the value into quotes"),
        (with("stage: %x", target), "5:16: no value begins with “%”; put the value into quotes"),
        (
            with("stage: !env STAGE", target),
            "5:16: the tag !env means nothing here; write the value itself, or quote it where “!” is part of it"
        ),
        (with("stage: \"prod", target), "5:16: the quote that begins here does not end; close it"),
        (
            with("stage: \"a\\d\"", target),
            "5:18: no such “\\” is known in double quotes; use single quotes, in which “\\” is a character like others"
        ),
        (
            with(target.replacing("[./s]", with: "[./s, --port=${PORT}]")),
            "5:73: the “[” of line 5, column 59 goes no further than here; put a comma or “]” before it, or quote a value that has “{”, “[”, “,” or “: ” in it"
        ),
        (
            twice,
            "6:1: a second document begins here; one is read; remove the “---”, or what follows it"
        ),
        (with("stage: a\u{1}b", target), "5:17: control characters are not allowed; remove it"),
        // The right key in the wrong place.
        (
            with("instances: 2", target),
            "5:9: unknown key “instances” in environment shop/beta; it belongs into the “target:” of an environment"
        ),
        (
            with(top: "stage: prod", target),
            "1:1: unknown key “stage” in the configuration; it belongs into an environment, or into the “defaults:” of an application"
        ),
    ]

    @Test(arguments: mistakes)
    func aMistakeOfYAMLIsToldWithItsPlaceAndItsMend(text: String, fault: String) {
        #expect(faults(text) == [fault])
    }

    @Test(arguments: [
        ("kind: faultRate, above: 200%", "can never be exceeded; give less than 100%"),
        ("kind: faultRate, above: 100%", "can never be exceeded; give less than 100%"),
        ("kind: disk, above: 100.5%", "can never be exceeded; give less than 100%"),
        ("kind: memory, above: 120%", "can never be exceeded; give less than 100%"),
        ("kind: disk, below: 0%", "can never be fallen short of; give more than 0%"),
        ("kind: faultRate, below: 101%", "is always fallen short of; give 100% or less"),
        ("kind: latency, above: -1ms", "is always exceeded; give 0 or more"),
        ("kind: cpu, above: -1%", "is always exceeded; give 0% or more"),
        ("kind: health, below: 0", "can never be fallen short of; give more than 0"),
    ])
    func aThresholdThatNothingCanBePastOrEverythingIsRefused(alarm: String, fault: String) {
        let found = faults(Self.with(Self.target, "alarms: [{\(alarm)}]"))
        #expect(found.count == 1 && found[0].hasPrefix("6:") && found[0].hasSuffix(fault), "\(found)")
    }

    @Test(arguments: [
        "kind: cpu, above: 200%", "kind: faultRate, above: 99.9%", "kind: faultRate, above: 0%",
        "kind: health, above: 0",
        "kind: memory, above: 300MiB", "kind: disk, below: 100%", "kind: metric, metric: balance, below: -5",
    ])
    func aThresholdThatMayBePastIsTaken(alarm: String) {
        #expect(faults(Self.with(Self.target, "alarms: [{\(alarm)}]")) == [])
    }

    @Test func whatAnAlarmSaysTwiceOrInVainIsTold() throws {
        let both = Self.with(Self.target, "alarms: [{kind: latency, below: 1ms, above: 1s}]")
        #expect(
            faults(both) == ["6:41: this alarm has both “above” and “below”; keep one, or make two alarms of it"])
        let share = Self.with(Self.target, "alarms: [{kind: latency, percentile: 0.99, above: 1s}]")
        #expect(
            faults(share) == ["6:46: percentile is “0.99”, less than one in a hundred; write 99 where that is meant"])
        let vain = Self.with(Self.target, "alarms: [{kind: cpu, labels: {a: b}, above: 90%}]")
        #expect(try remarks(vain) == ["6:38: “labels” means nothing to an alarm of kind cpu; remove it"])
        let variable = Self.with(Self.target.replacing("/srv/b", with: "$HOME/b"))
        #expect(try remarks(variable).first?.hasPrefix("5:42: directory is “$HOME/b”, and “$” is taken") == true)
    }

    @Test func anApplicationWithoutEnvironmentsIsRemarkedOn() throws {
        #expect(
            try remarks("applications:\n  shop:\n    environments:\n")
                == ["3:18: application shop has no environments; add “environments:” with one in it"])
    }

    @Test func mergeKeysAndExtensionKeysAreUnderstoodAtEveryLevel() throws {
        let text = """
            x-common: &common {stage: prod, bake: {duration: 1m}}
            x-target: &target
              kind: local
              command: [./s]
              x-note: 1
            applications:
              x-apps: &a {bake: {duration: 5m}, progressDeadline: 3m}
              shop:
                x-owner: ana
                defaults:
                  <<: *a
                environments:
                  x-e: &e {<<: *common, alarms: [{<<: {kind: cpu}, above: 90%, x-why: because}]}
                  beta:
                    <<: [*e, {stage: late, proactiveRollback: ask}]
                    bake: {duration: 2m, x-note: 1}
                    target: {<<: *target, directory: /b, health: {path: /h, x-y: 1}, variables: {x-a: b}}
                  gamma:
                    <<: *common
                    target:
                      directory: /g
                      <<: *target
              x-ray:
                environments: {prod: {target: {<<: *target, directory: /x}}}
            """
        let configuration = try Configuration.parse(text, path: "/c", variables: [:])
        #expect(configuration.environments.map(\.address.description) == ["shop/beta", "shop/gamma", "x-ray/prod"])
        let beta = configuration.environments[0].policy
        #expect(beta.stage == "prod", "what is merged first counts")
        #expect(beta.bake.duration == .seconds(120), "what the mapping says itself counts")
        #expect(beta.progressDeadline == .seconds(180))
        #expect(beta.alarms.map(\.kind) == [.cpu])
        #expect(configuration.environments[0].target.variables == ["x-a": "b"], "names of variables are anybody's")
        #expect(configuration.environments[1].policy.bake.duration == .seconds(60))
        #expect(configuration.environments[1].target.command == ["./s"])
    }

    @Test func aMisspeltApplicationIsNotTakenForAnExtension() {
        let text =
            "applications:\n  x-ray: {enviroments: {}}\n" + Self.with(Self.target).dropFirst("applications:\n".count)
        #expect(faults(text).contains { $0.contains("unknown key “enviroments” in application x-ray") })
    }

    @Test func quotedSignsAreNoMergeAndNoTag() throws {
        let node = try YAMLNode(parsing: "'<<': {a: 1}\nb: '!x'\nc: {d: e, f: }\n", by: .person)
        #expect(node.pairs?.map(\.key) == ["<<", "b", "c"])
        #expect(node.pairs?.last?.value.pairs?.map(\.key) == ["d", "f"], "a key with its colon is a key")
        // Programs write what they mean.
        let list = try YAMLNode(parsing: "{a: b, c}\n")
        #expect(list.pairs?.map(\.key) == ["a", "c"])
    }

    @Test func thousandsOfLikeFaultsAreCounted() {
        var text = "applications:\n"
        for number in 0..<4000 { text += "  app\(number): {repo: x, environments: {prod: {stage: prod}}}\n" }
        do {
            _ = try Configuration.parse(text, path: "c", variables: [:])
        } catch ConfigurationError.faulty(let faults) {
            let listed = faults.listed()
            #expect(faults.count == 8000 && listed.count == 20)
            #expect(listed.map(\.unlisted).filter { $0 > 0 } == [3990, 3990])
            #expect(listed.last?.description.hasSuffix("(and 3,990 more like it)") == true)
            #expect(listed.prefix(9).allSatisfy { !$0.description.contains("more like it") })
            #expect(faults.listed(most: .max).count == 8000)
        } catch { Issue.record(error) }
    }

    @Test func whatHasNoEndIsNotReadForEver() throws {
        let bench = try Workbench()
        try bench.shell("mkfifo pipe; truncate -s 17M large")
        func failure(_ name: String) -> String {
            do { return try configurationText("\(bench.path)/\(name)", patience: .milliseconds(50)) } catch {
                guard case .unreadable(_, let detail, _) = error else { return "\(error)" }
                return detail
            }
        }
        #expect(failure("pipe").contains("nobody has written all of it"), "\(failure("pipe"))")
        #expect(failure("large") == "it has more than 16 MiB")
    }

    @Test func whatIsNoFileOfTextIsToldWithWhatIsMeant() throws {
        let bench = try Workbench()
        try bench.shell(
            "mkdir empty full; echo 'a: b' > full/lastgood.yaml; printf 'a: b\\nc: d\\351\\n' > latin; mkfifo pipe")
        let pipe = "\(bench.path)/pipe"
        // Whoever opens one end waits for the other.
        Thread.detachNewThread {
            try? FileHandle(forWritingAtPath: pipe)?.write(contentsOf: Data("applications:\n".utf8))
        }
        func failure(_ name: String) -> String {
            do {
                return "\(try Configuration.load("\(bench.path)/\(name)", variables: [:]))"
            } catch ConfigurationError.unreadable(_, let detail, let mend) {
                return "\(detail); \(mend ?? "")"
            } catch ConfigurationError.faulty(let faults) {
                return faults.map(\.description).joined().replacing(bench.path + "/", with: "")
            } catch { return "\(error)" }
        }
        #expect(failure("empty") == "it is a folder; name the file in it")
        #expect(failure("full") == "it is a folder; did you mean \(bench.path)/full/lastgood.yaml?")
        #expect(failure("full/") == "it is a folder; did you mean \(bench.path)/full/lastgood.yaml?")
        #expect(failure("latin") == "latin:2:5: this is no UTF-8 text; save the file in UTF-8")
        #expect(failure("pipe").contains("no applications are configured"), "a pipe is read")
        #expect(
            failure("../../dev/null") == "it is no file; name a file of text" || failure("nosuch").hasPrefix("No such"))
    }
}
