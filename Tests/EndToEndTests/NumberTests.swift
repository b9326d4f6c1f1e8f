import Foundation
import Terminal
import TestSupport
import Testing

@testable import lastgood

@Suite struct PrintedTextTests {
    @Test func noNumberInJSONHasMoreDigitsThanAnybodyMeasured() {
        let text = #"{"a":0.30000000000000004,"b":"0.30000000000000004 \" 0.10000000000000001","c":24.333333333333332}"#
        #expect(
            withShortNumbers(text) == #"{"a":0.3,"b":"0.30000000000000004 \" 0.10000000000000001","c":24.333333}"#)
        #expect(
            withShortNumbers("[-0.00012345678901, 9007199254740993, 34560000.123, 100.00000000000001, 1.5]")
                == "[-0.000123457, 9007199254740993, 34560000.123, 100, 1.5]")
        #expect(withShortNumbers("1e300") == "1e300")
    }

    @Test func noTextTrapsWhereNumbersAreShortened() {
        let seed = testSeed()
        var mutator = Mutator(seed: seed)
        let sample = Array(#"{"a":[0.30000000000000004,-1.2345678901e-7],"b\"":"\\0.1234567890","c":1e5}"#.utf8)
        for _ in 0..<fuzzCount() {
            _ = withShortNumbers(String(decoding: mutator.mutate(sample), as: UTF8.self))
        }
        // What is still JSON means the same, as far as anybody measured.
        let value = try? JSONSerialization.jsonObject(
            with: Data(withShortNumbers(String(decoding: sample, as: UTF8.self)).utf8))
        #expect((value as? [String: Any])?["c"] as? Double == 1e5)
    }

    @Test func aFrameTakesNoLineMoreThanTheTerminalHas() {
        let text = "NAME  STATE\nabc  ok\nwide 日本語日本語\n"
        #expect(
            Redrawing.frame(text, Size(width: 11, height: 10))
                == "\u{1B}[HNAME  STATE\u{1B}[K\r\nabc  ok\u{1B}[K\r\nwide 日本…\u{1B}[K\r\n\u{1B}[J")
        #expect(
            Redrawing.frame("1\n2\n3\n4\n5\n", Size(width: 20, height: 4))
                == "\u{1B}[H1\u{1B}[K\r\n2\u{1B}[K\r\n… 3 more\u{1B}[K\r\n\u{1B}[J")
    }
}
