import Foundation

/// Makes damaged input of good input, as a fuzzer does: flips, cuts, repeats, moves, and puts in what readers trip over.
///
/// The same seed makes the same mutations, so that a failing input can be made again.
public struct Mutator {
    private var generator: SeededGenerator

    /// Words that have broken readers of text, numbers and structure before.
    private static let words: [[UInt8]] =
        [
            "NaN", "nan", "+Inf", "-Inf", "1e999", "-1e999", "9.3e18", "-9.3e18", "1e-400", "9223372036854775808",
            "-9223372036854775809", "18446744073709551616", "-0", "0x7fffffffffffffff", "null", "{", "}", "{}", "[",
            "]",
            "\"", "\\", "\\u0000", "\\ud800", "=", ",", ":", "#", "&a", "*a", "\n", "\r\n", "\t", " ", "../", "/", "%",
        ].map { Array($0.utf8) } + [[0], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]]

    /// More would only make slow tests, not new faults.
    private static let mostBytes = 64 << 10

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Returns `bytes` with one to eight mutations.
    public mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...8, using: &generator) { change(&result) }
        return Array(result.prefix(Self.mostBytes))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, place + Int.random(in: 1...16, using: &generator))
        switch Int.random(in: 0..<9, using: &generator) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.removeSubrange(place...)
        case 5:
            let target = Int.random(in: 0...bytes.count, using: &generator)
            bytes.insert(contentsOf: bytes[place..<end], at: target)
        case 6: replaceNumber(&bytes, from: place)
        case 7:
            let count = 1 << Int.random(in: 0..<10, using: &generator)
            bytes.insert(
                contentsOf: repeatElement(bytes.indices.contains(place) ? bytes[place] : 0x28, count: count), at: place)
        default:
            let word = Self.words.randomElement(using: &generator) ?? []
            bytes.replaceSubrange(place..<(Bool.random(using: &generator) ? place : end), with: word)
        }
    }

    /// Puts a word in the place of the next run of digits: most faults hide behind a number.
    private mutating func replaceNumber(_ bytes: inout [UInt8], from place: Int) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let first = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[first...].firstIndex { !isDigit($0) && $0 != UInt8(ascii: ".") } ?? bytes.endIndex
        bytes.replaceSubrange(first..<end, with: Self.words.randomElement(using: &generator) ?? [])
    }
}

/// How many mutated inputs a fuzz test tries: 2,000, or what `LASTGOOD_FUZZ` says.
public func fuzzCount() -> Int {
    ProcessInfo.processInfo.environment["LASTGOOD_FUZZ"].flatMap { Int($0) } ?? 2000
}

/// The seed of a random test: what `LASTGOOD_SEED` says, else another one each time; printed, so that a failure can be
/// made again.
public func testSeed(_ test: String = #function) -> UInt64 {
    let seed =
        ProcessInfo.processInfo.environment["LASTGOOD_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0..<1_000_000)
    print("\(test): LASTGOOD_SEED=\(seed)")
    return seed
}
