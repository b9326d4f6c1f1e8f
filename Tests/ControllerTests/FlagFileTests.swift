import Foundation
import TestSupport
import Testing

@testable import Targets

@Suite struct FlagFileTests {
    private func place(_ text: String = FlagDocumentTests.file) throws -> (Workbench, FlagFile) {
        let bench = try Workbench()
        try text.write(toFile: "\(bench.path)/flags.json", atomically: true, encoding: .utf8)
        return (bench, FlagFile("\(bench.path)/flags.json"))
    }

    private func variant(_ file: FlagFile) throws -> String? {
        try file.read().document.flag("new-checkout").defaultVariant
    }

    @Test func aFlagIsSetAndItsFileKeepsModeAndLink() throws {
        let (bench, file) = try place()
        defer { withExtendedLifetime(bench) {} }
        try bench.shell("chmod 640 flags.json; mkdir real; mv flags.json real/; ln -s real/flags.json flags.json")
        #expect(try file.set("new-checkout", to: "new") == nil)
        #expect(try variant(file) == "new")
        #expect(
            try bench.text("readlink flags.json; stat -c %a real/flags.json; ls -A real")
                == "real/flags.json\n640\nflags.json")
    }

    @Test func whoLooksAtTheFilesTimeAloneMissesNoChange() throws {
        let (bench, file) = try place()
        defer { withExtendedLifetime(bench) {} }
        try bench.shell("touch -d '2200-01-01 00:00:00.9995 UTC' flags.json")
        var last = try bench.text("stat -c %Y flags.json")
        for variant in ["new", "old", "new"] {
            let before = try file.stamp()
            _ = try file.set("new-checkout", to: variant)
            let after = try file.stamp()
            #expect((after.modified[0], after.modified[1]) > (before.modified[0], before.modified[1]))
            last = try bench.text("stat -c %Y flags.json")
        }
        #expect(last == "7258118401")
    }

    @Test func whatIsSetAlreadyIsNotWrittenAgain() throws {
        let (bench, file) = try place()
        defer { withExtendedLifetime(bench) {} }
        let before = try file.stamp()
        _ = try file.set("new-checkout", to: "old")
        #expect(try file.stamp() == before)
    }

    @Test func whatSomebodyElseHasChangedSinceItWasReadIsNotOverwritten() throws {
        let (bench, file) = try place()
        defer { withExtendedLifetime(bench) {} }
        let (document, stamp) = try file.read()
        let changed = try document.setting("new-checkout", to: "new")
        try bench.shell("printf '{\"flags\": {}}' > flags.json")
        #expect(try file.replace(stamp, changed) == false)
        #expect(try bench.text("cat flags.json; ls -A") == "{\"flags\": {}}flags.json")
    }

    @Test func whatIsNoLongerWantedOnceItIsWrittenIsSeenByNobody() throws {
        struct Lost: Error {}
        let (bench, file) = try place()
        #expect(throws: Lost.self) { try file.set("new-checkout", to: "new") { throw Lost() } }
        #expect(try variant(file) == "old")
        #expect(try bench.text("ls -A") == "flags.json")
    }

    @Test func whatAKilledProcessLeftBesideTheFileIsClearedAway() throws {
        let (bench, file) = try place()
        defer { withExtendedLifetime(bench) {} }
        try bench.shell("true & wait $!; touch .flags.json.lastgood-$! .flags.json.lastgood-1")
        _ = try file.set("new-checkout", to: "new")
        // The first process of the machine runs.
        #expect(try bench.text("ls -A") == ".flags.json.lastgood-1\nflags.json")
    }

    @Test func readersFindOneWholeFileOrTheOther() async throws {
        let (bench, file) = try place(
            FlagDocumentTests.file.replacing("[1,", with: "[\"\(String(repeating: "x", count: 200_000))\","))
        defer { withExtendedLifetime(bench) {} }
        let reader = Task.detached {
            try bench.text(
                """
                python3 -c 'import json, os
                seen = set()
                while not os.path.exists("end"):
                    seen.add(json.load(open("flags.json"))["flags"]["new-checkout"]["defaultVariant"])
                    open("begun", "a")
                print(sorted(seen))'
                """)
        }
        while !FileManager.default.fileExists(atPath: "\(bench.path)/begun") {
            try await Task.sleep(for: .milliseconds(5))
        }
        for round in 0..<200 { _ = try file.set("new-checkout", to: round.isMultiple(of: 2) ? "new" : "old") }
        try bench.shell("touch end")
        let seen = try await reader.value
        #expect(["['new', 'old']", "['new']", "['old']"].contains(seen))
    }

    @Test(arguments: [
        ("rm flags.json", "cannot be read: No such file or directory"),
        ("rm flags.json; mkdir flags.json", "cannot be read: "),
        ("rm flags.json; mkfifo flags.json", "cannot be read: it is no file"),
        ("truncate -s 17M flags.json", "cannot be read: it has 17825792 bytes"),
        ("echo x > flags.json", "line 1, column 1: no JSON: x is no value"),
        ("ln -sf nowhere flags.json", "cannot be read: No such file or directory"),
    ])
    func whatCannotBeSetIsSaidWithTheFilesName(script: String, expected: String) throws {
        let (bench, file) = try place()
        defer { withExtendedLifetime(bench) {} }
        try bench.shell(script)
        do {
            _ = try file.set("new-checkout", to: "new")
            Issue.record("it was set")
        } catch let error as TargetError {
            #expect(error.description.hasPrefix("the flag file \(file.path)"))
            #expect(error.description.contains(expected), "\(error)")
        }
    }

    @Test func rulesThatOutrankWhatIsSetAreTold() throws {
        let (bench, file) = try place(
            #"{"flags":{"new-checkout":{"variants":{"new":1},"targeting":{"if":[true,"new"]}}}}"#)
        defer { withExtendedLifetime(bench) {} }
        #expect(try file.set("new-checkout", to: "new") == "its targeting outranks that for whom it picks out")
    }
}
