import Foundation
import TestSupport
import Testing

@testable import Compare

@Suite struct FlagCheckTests {
    @Test(arguments: [
        (#"if (await client.getBooleanValue("new-checkout", false))"#, ["new-checkout"]),
        (#"const a = client.getStringDetails('theme', 'dark')"#, ["theme"]),
        (
            #"client.get_boolean_value("a", False) or client.get_integer_details(flag_key="b", default_value=1)"#,
            ["a", "b"]
        ),
        (#"v, err := client.BooleanValue(ctx, "go-flag", false, evalCtx)"#, ["go-flag"]),
        (#"client.FloatValueDetails(context.Background(), "rate", 1.0, evalCtx)"#, ["rate"]),
        (#"await client.GetBooleanValueAsync("net", false)"#, ["net"]),
        (#"client.fetch_boolean_value(flag_key: "ruby", default_value: false)"#, ["ruby"]),
        (#"const { value } = useBooleanFlagValue("react", false)"#, ["react"]),
        (#"client.get_bool_value("rust", None, None).await"#, ["rust"]),
        ("client.getObjectValue<Limits>(\n    `limits`,\n    {})", ["limits"]),
        (#"client.getBooleanValue(NAME, false); String.valueOf("x"); intValue("y"); details("z")"#, ["y"]),
    ])
    func callsOfOpenFeatureAreFoundInEveryLanguage(code: String, flags: [String]) {
        #expect(FlagCheck.calls(code).map(\.flag) == flags)
    }

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func findings(_ files: [String: String], flags: Set<String>?) throws -> [Finding] {
        let folder = "\(bench.path)/repo"
        try bench.shell("git init -q repo")
        for (path, text) in files {
            let file = URL(fileURLWithPath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try bench.shell(
            "cd repo; git add -A; git commit -qm a; git tag older; git rm -rqf .; git commit -qm b --allow-empty; git tag live"
        )
        let repository = try Repository(folder, mirrors: bench.path)
        let pair = try repository.resolve(from: "live", to: "older")
        let change = SourceChange(
            repository: repository, pair: pair, files: try repository.changedFiles(pair), from: "2", to: "1",
            variables: [], flags: flags.map { .init(file: "/srv/flags.json", names: $0) })
        return try FlagCheck.findings(change)
    }

    @Test func whatTheOlderReleaseReadsAndTheFileNoLongerHasIsFound() throws {
        let code = [
            "src/checkout.py": "import openfeature\nif client.get_boolean_value(\n    \"gone\", False):\n    pass\n",
            "src/theme.py": "from openfeature import api\nclient.get_string_value(\"theme\", \"\")\n",
            "src/kept.js": "client.getBooleanValue('kept', false)\n",
            "src/cells.js": "cell.getStringValue('A1')\n",
            "tests/check.py": "import openfeature\nclient.get_boolean_value('only-tested', False)\n",
        ]
        let found = try findings(code, flags: ["kept"])
        #expect(
            found == [
                Finding(
                    .warning, .flagMissing, "1 reads flag gone, which /srv/flags.json does not have",
                    evidence: ["src/checkout.py"]),
                Finding(
                    .warning, .flagMissing, "1 reads flag theme, which /srv/flags.json does not have",
                    evidence: ["src/theme.py"]),
            ])
    }

    @Test func withoutAFlagFileAndWithoutCallsNothingIsFound() throws {
        #expect(try findings(["a.py": "client.get_boolean_value('x', False)\n"], flags: nil).isEmpty)
    }

    @Test func aRepositoryWithoutAnyCallIsNoFault() throws {
        #expect(try findings(["a.py": "print()\n"], flags: []).isEmpty)
    }
}
