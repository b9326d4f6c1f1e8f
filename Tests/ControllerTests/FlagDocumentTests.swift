import Foundation
import TestSupport
import Testing

@testable import Targets

@Suite struct FlagDocumentTests {
    static let file = """
        {
          "$schema": "https://flagd.dev/schema/v0/flags.json",
          "flags": {
            "old-one":      { "state" : "ENABLED","variants":{"on":true,"off":false}, "defaultVariant":"off" },
            "new-checkout": {
              "state": "ENABLED",
              "variants": { "new": "a", "old": "b" },
              "defaultVariant": "old"
            }
          },
          "$evaluators": {"x": [1, -2.5e3, null, true]}
        }

        """

    private func set(_ text: String, _ flag: String, _ variant: String) throws -> String {
        String(decoding: try FlagDocument(Array(text.utf8)).setting(flag, to: variant), as: UTF8.self)
    }

    private func fault(_ text: String, _ flag: String = "f", _ variant: String = "on") -> String {
        do throws(FlagFault) {
            _ = try FlagDocument(Array(text.utf8)).setting(flag, to: variant)
            return "none"
        } catch { return "\(error)" }
    }

    @Test func onlyTheDefaultVariantOfTheNamedFlagChanges() throws {
        let changed = try set(Self.file, "new-checkout", "new")
        #expect(changed == Self.file.replacing("\"defaultVariant\": \"old\"", with: "\"defaultVariant\": \"new\""))
        #expect(try set(changed, "new-checkout", "old") == Self.file)
        #expect(try set(Self.file, "new-checkout", "old") == Self.file)
    }

    @Test func aByteOrderMarkAndForeignLineEndsAndNamesAreKept() throws {
        let text = "\u{FEFF}" + Self.file.replacing("\n", with: "\r\n")
        let changed = try set(text, "new-checkout", "new")
        #expect(
            Array(changed.utf8)
                == Array(text.replacing("\"defaultVariant\": \"old\"", with: "\"defaultVariant\": \"new\"").utf8))
        let odd = #"{"flags":{"a\u0062c":{"variants":{"\"ä\\\n":1,"b":2},"defaultVariant":"b"}}}"#
        let quoted = try set(odd, "abc", "\"ä\\\n")
        #expect(quoted == odd.replacing(#":"b"}"#, with: #":"\"ä\\\u000a"}"#))
        #expect(try FlagDocument(Array(quoted.utf8)).flag("abc").defaultVariant == "\"ä\\\n")
    }

    @Test func ofTwoFlagsOfOneNameTheLastIsSetAsItIsTheOneThatCounts() throws {
        let text =
            #"{"flags":{"f":{"variants":{"on":1},"defaultVariant":"x"},"f":{"variants":{"on":1,"off":0},"defaultVariant":"off"}}}"#
        #expect(try set(text, "f", "on") == text.replacing("\"off\"}", with: "\"on\"}"))
    }

    @Test func aDefaultThatIsNotThereOrNullIsPutIn() throws {
        #expect(
            try set(#"{"flags":{"f":{ "variants":{"on":1}}}}"#, "f", "on")
                == #"{"flags":{"f":{ "defaultVariant": "on", "variants":{"on":1}}}}"#)
        #expect(
            try set(#"{"flags":{"f":{"variants":{"on":1},"defaultVariant":null}}}"#, "f", "on")
                == #"{"flags":{"f":{"variants":{"on":1},"defaultVariant":"on"}}}"#)
    }

    @Test(arguments: [
        ("", "line 1, column 1: no JSON: it ends where a value is to come"),
        ("{\n  \"flags\": {\n    ä\n", "line 3, column 5: no JSON: a name in quotes is to come here"),
        ("\u{FEFF}{\"flags\" {}}", "line 1, column 10: no JSON: a colon is missing behind \"flags\""),
        ("{\"ä\": tru}", "line 1, column 7: no JSON: tru is no value"),
        ("{} {}", "line 1, column 4: no JSON: something follows behind its end"),
        ("{\"a\": [1,]}", "line 1, column 10: no JSON: a value is missing"),
        ("{\"a\": 01}", "line 1, column 7: no JSON: 01 is no value"),
        ("{\"a\": \"b\n\"}", "line 1, column 9: no JSON: a text is not closed before the line ends"),
        ("flags:\n  f: {}", "line 1, column 1: no JSON: flags is no value"),
        ("{\"flags\": []}", "it has no “flags”"),
        ("{\"flags\": {\"g\": {}}}", "it has no flag “f”, only g"),
        ("{\"flags\": {\"f\": 1}}", "flag “f” is no mapping with “variants”"),
        (
            "{\"flags\": {\"f\": {\"variants\": {\"an\": 1, \"aus\": 0}}}}",
            "flag “f” has no variant “on”, only an, aus"
        ),
        (
            "{\"flags\": {\"f\": {\"state\": \"DISABLED\", \"variants\": {\"on\": 1}}}}",
            "flag “f” is DISABLED: whatever it is set to, nobody gets it"
        ),
    ])
    func whatIsWrongIsSaidWithItsPlace(text: String, expected: String) { #expect(fault(text) == expected) }

    @Test func aFlagThatIsNestedTooDeepIsRefused() {
        #expect(fault(String(repeating: "[", count: 100_000)).hasSuffix("it is nested more than 200 deep"))
    }

    @Test func rulesThatOutrankTheDefaultAreNoticed() throws {
        for (targeting, expected) in [("{}", false), ("null", false), (#"{"if": [true, "on"]}"#, true)] {
            let text = #"{"flags":{"f":{"variants":{"on":1},"targeting":\#(targeting)}}}"#
            #expect(try FlagDocument(Array(text.utf8)).flag("f").hasTargeting == expected)
        }
    }

    /// Whatever the bytes are, they are read or refused; where they are read, setting a flag changes one stretch of them.
    @Test func anyBytesAreReadOrRefusedAndNothingElseIsChanged() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        for _ in 0..<fuzzCount() {
            let bytes = mutator.mutate(Array(Self.file.utf8))
            guard let document = try? FlagDocument(bytes),
                let changed = try? document.setting("new-checkout", to: "new"),
                let before = try? document.flag("new-checkout")
            else { continue }
            guard let again = try? FlagDocument(changed), let after = try? again.flag("new-checkout") else {
                Issue.record("what was set cannot be read: \(String(decoding: bytes, as: UTF8.self))")
                continue
            }
            #expect(after.defaultVariant == "new" && after.variants == before.variants)
            #expect(document.names == again.names)
            let head = zip(bytes, changed).prefix { $0 == $1 }.count
            let tail = zip(bytes[head...].reversed(), changed[head...].reversed()).prefix { $0 == $1 }.count
            #expect(changed.count - head - tail < 40)
        }
    }

    /// Read by Python, what is set is set, and all else is what it was.
    @Test func anotherReaderFindsTheSameChange() throws {
        let bench = try Workbench()
        let changed = try set(Self.file, "new-checkout", "new")
        try Self.file.write(toFile: "\(bench.path)/a.json", atomically: true, encoding: .utf8)
        try changed.write(toFile: "\(bench.path)/b.json", atomically: true, encoding: .utf8)
        let answer = try bench.text(
            """
            python3 -c 'import json
            a, b = json.load(open("a.json")), json.load(open("b.json"))
            print(b["flags"]["new-checkout"]["defaultVariant"])
            b["flags"]["new-checkout"]["defaultVariant"] = "old"
            print(a == b and list(a["flags"]) == list(b["flags"]))'
            """)
        #expect(answer == "new\nTrue")
    }
}
