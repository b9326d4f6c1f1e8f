import Foundation
import Model
import TestSupport
import Testing

@testable import lastgood

extension EndToEndTests {
    /// The demo's story with a feature flag.
    @Suite struct FlagDemoTests {
        /// Who reads the flag for the demo's service: what the first python3 on the path can import decides it.
        enum Reader: String, CaseIterable {
            case openFeature
            case itself

            /// A command that is Python in which OpenFeature is there, or cannot be.
            var python: String { self == .openFeature ? FlagTests.reader : "python3 -S" }
            var inLogs: String { self == .openFeature ? "openfeature-provider-flagd 0.6.1" : "the service itself: " }
        }

        /// A path on which `python3` is the reader's.
        private func path(_ reader: Reader, _ folder: String) throws -> String {
            try Workshop.shell(
                """
                mkdir programs; python=$(command -v python3)
                printf '#!/bin/sh\\nexec %s "$@"\\n' "\(reader.python.replacing("python3", with: "$python"))" > programs/python3
                chmod +x programs/python3
                """, in: folder)
            return "\(folder)/programs:\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        }

        @Test(arguments: Reader.allCases)
        func usersHaveTheOldWayBackFromInstancesThatRunOnAndThenTheseAreExchanged(_ reader: Reader) throws {
            let shop = try Workshop(environments: 0)
            let output = try shop.begin(
                ["demo", "--dir", "\(shop.folder)/demo", "--headless", "--scenario", "flag", "--speed", "2"],
                variables: ["PATH": try path(reader, shop.folder)]
            ).end()
            #expect(output.status == 0, "\(output.errors)\(output.text.suffix(8000))")
            let told = try #require(
                output.errors.split(separator: "\n").first { $0.hasPrefix("users had the old way back ") })
            #expect(told.contains("is read by \(reader.inLogs)"), "\(told)")
            print(told)

            // By the lines that anybody can read, whatever the demo says of itself.
            let lines = try output.text.split(separator: "\n").compactMap {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }.filter { $0["environment"] as? String == "pilot" }
            let decided = try #require(lines.last { $0["kind"] as? String == "rollbackDecided" })
            #expect(
                (decided["summary"] as? String)?.contains(
                    "by flag new-checkout: 2 instances of 1.9.6 act as 1.8.0 at once with it at old; then rolling")
                    == true, "\(decided)")
            let after = lines.filter { ($0["sequence"] as? Int ?? 0) > (decided["sequence"] as? Int ?? 0) }
                .compactMap { $0["kind"] as? String }
            let off = try #require(after.firstIndex(of: "flagSet"))
            #expect(!after[..<off].contains { $0.hasPrefix("instanceSt") }, "\(after)")
            #expect(after[off...].count { $0 == "instanceReplaced" } == 2, "\(after)")

            // By what each instance says of itself: it ran once, and had the new way and then the old one.
            let logs = "\(shop.folder)/demo/fleet/pilot/logs"
            let said = try FileManager.default.contentsOfDirectory(atPath: logs).map {
                try String(contentsOfFile: "\(logs)/\($0)", encoding: .utf8)
            }.joined().split(separator: "\n")
            let instances = Set(
                said.compactMap { $0.wholeMatch(of: #/(\S+) 1\.9\.6 on port \d+/#)?.output.1 }.map(String.init))
            #expect(instances.count == 2, "\(said)")
            for instance in instances {
                #expect(said.count { $0.hasPrefix("\(instance) 1.9.6 on port") } == 1, "\(said)")
                let seen = said.filter { $0.contains(" \(instance) 1.9.6: flag new-checkout is at ") }
                #expect(seen.allSatisfy { $0.contains("read by \(reader.inLogs)") }, "\(seen)")
                #expect(
                    seen.suffix(2).map { $0.contains(" is at new,") } == [true, false]
                        && seen.last?.contains(" is at old,") == true, "\(seen)")
            }
            #expect(shop.instances().isEmpty)
            #expect(try remains(of: "\(shop.folder)/demo") == [])
        }

        /// What still runs that has a folder in its command.
        private func remains(of folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int32($0) != nil }.compactMap {
                FileManager.default.contents(atPath: "/proc/\($0)/cmdline").map { String(decoding: $0, as: UTF8.self) }
            }.filter { $0.contains(folder) }
        }

        private static let files = [
            (flag(), true), (flag(defaultVariant: "old"), false), (flag(state: "DISABLED"), false),
            (flag(defaultVariant: "nosuch"), false), (flag(name: "other"), false), (#"{"flags": {}}"#, false),
        ]

        private static func flag(
            _ state: String = "ENABLED", name: String = "new-checkout", defaultVariant: String = "new"
        ) -> String {
            #"{"flags": {"\#(name)": {"state": "\#(state)", "variants": {"new": true, "old": false}, "#
                + #""defaultVariant": "\#(defaultVariant)"}}}"#
        }

        private static func flag(state: String) -> String { flag(state) }

        @Test(arguments: Reader.allCases) func whoeverReadsTheFlagFindsTheSame(_ reader: Reader) throws {
            let bench = try Workbench()
            try DemoSource.flags.write(toFile: "\(bench.path)/flags.py", atomically: true, encoding: .utf8)
            for (file, isOn) in Self.files {
                try file.write(toFile: "\(bench.path)/flags.json", atomically: true, encoding: .utf8)
                let said = try bench.text(
                    "\(reader.python) -c 'import flags; print(flags.is_on(\"new-checkout\"))' 2> err || cat err")
                #expect(said.hasSuffix(isOn ? "True" : "False"), "\(file): \(said)")
                #expect(said.contains("read by \(reader.inLogs)"), "\(said)")
            }
        }

        @Test func whatIsNoFlagFileLeavesTheOldWay() throws {
            let bench = try Workbench()
            try DemoSource.flags.write(toFile: "\(bench.path)/flags.py", atomically: true, encoding: .utf8)
            for file in ["", "{", "[]", #"{"flags": []}"#, #"{"flags": {"new-checkout": 1}}"#] {
                try file.write(toFile: "\(bench.path)/flags.json", atomically: true, encoding: .utf8)
                let said = try bench.text("python3 -S -c 'import flags; print(flags.is_on(\"new-checkout\"))'")
                #expect(said.hasSuffix("False"), "\(file): \(said)")
            }
        }
    }
}

/// What the scenario with the flag calls its right end, and what it does not.
@Suite struct FlagEndingTests {
    private static let bodies: [EventBody] = [
        .flagSetting(setting(.off)), .flagSet(setting(.off), note: nil),
        .instanceStarting(slot: 3, release: "1.9.6"), .instanceStopping(slot: 1),
        .flagSetting(setting(.on)), .flagSet(setting(.on), note: nil),
        .rollbackDecided(decision("by flag new-checkout: 2 instances of 1.9.6 act as 1.8.0 at once")),
        .flagSetting(setting(.off)), .flagSet(setting(.off), note: nil),
        .instanceStarting(slot: 4, release: "1.8.0"), .instanceStopping(slot: 3), replaced(1), replaced(2),
    ]

    private static func setting(_ side: FlagSide) -> FlagSetting {
        FlagSetting(deployment: 9, release: "1.9.6", flag: DemoFlag.flag, side: side)
    }

    private static func decision(_ how: String?) -> RollbackDecision {
        RollbackDecision(
            takesBack: 9, suspect: "1.9.6", to: "1.8.0", order: 6, trigger: .automatic, reason: "faults",
            alarms: ["faults"], how: how)
    }

    private static func replaced(_ done: Int) -> EventBody {
        .instanceReplaced(
            deployment: 12, slot: done, release: "1.8.0", previousRelease: "1.9.6", done: done, of: 2)
    }

    /// One event each second, from 1970 on.
    private func ending(_ bodies: [EventBody] = bodies, logs: [String] = logs, variant: String? = "old") -> FlagEnding {
        let events = bodies.enumerated().map { index, body in
            Event(
                sequence: Int64(index), time: Timestamp(milliseconds: Int64(index) * 1000), actor: "lastgood", token: 1,
                application: "shop", environment: "pilot", body: body)
        }
        return FlagEnding(
            release: "1.9.6", events: events, sightings: logs.compactMap { FlagSighting($0) }, variant: variant,
            instances: 2)
    }

    private static func line(_ seconds: Double, _ instance: Int, _ variant: String) -> String {
        "\(Timestamp(milliseconds: Int64(seconds * 1000)).rfc3339) pilot-\(instance) 1.9.6: flag new-checkout is at "
            + "\(variant), read by a reader"
    }

    private static let logs = [
        "pilot-3 1.9.6 on port 18140", line(3, 3, "old"), line(5.5, 3, "new"), line(8.25, 3, "old"),
        line(5.5, 4, "new"), line(8.5, 4, "old"),
    ]

    @Test func whatHappenedInItsOrderIsToldWithItsTimes() throws {
        #expect(
            try ending().check()
                == "users had the old way back 2.5 s after the decision, 1.5 s before the first instance was stopped; "
                + "the flag was off after 2 s, and is read by a reader")
    }

    private func fault(_ ending: FlagEnding) -> String? {
        do { _ = try ending.check() } catch let missing as FlagEnding.Missing { return missing.what } catch {}
        return nil
    }

    /// The bodies with one of them elsewhere, or exchanged.
    private func with(_ change: (inout [EventBody]) -> Void) -> FlagEnding {
        var bodies = Self.bodies
        change(&bodies)
        return ending(bodies)
    }

    @Test func whatIsMissingOrComesTooEarlyIsNamed() {
        #expect(fault(with { $0[5] = $0[4] }) == "the flag on, before anything went wrong")
        #expect(fault(with { $0.removeSubrange(0...1) }) == "the flag off, before the release came")
        #expect(fault(with { $0.swapAt(2, 6) }) == "all instances of 1.9.6, before its flag went on")
        #expect(fault(with { $0[6] = $0[7] }) == "the decision")
        #expect(
            fault(with { $0[6] = .rollbackDecided(Self.decision("rolling: the flag is off")) })
                == "“by flag new-checkout” as the way back")
        #expect(fault(with { $0[8] = $0[7] }) == "the flag off")
        #expect(fault(with { $0.swapAt(8, 9) }) == "the flag off, before anything else")
        #expect(fault(with { $0.remove(at: 10) }) == "the exchange that follows")
        #expect(fault(with { $0.removeLast() }) == "the exchange of all instances")
        #expect(fault(ending(variant: "new")) == "old as the flag's variant in its file")
        #expect(fault(ending(variant: nil)) == "old as the flag's variant in its file")
    }

    @Test func anInstanceThatIsStoppedBeforeItsUsersAreBackIsNamed() {
        #expect(fault(ending(logs: [])) == "an instance of 1.9.6 that had the new way")
        #expect(fault(ending(logs: Self.logs.dropLast())) == "the flag off, as pilot-4 sees it")
        #expect(
            fault(ending(logs: Self.logs.dropLast() + [Self.line(10.1, 4, "old")]))
                == "the old way back at pilot-4, before any instance was stopped")
    }
}
