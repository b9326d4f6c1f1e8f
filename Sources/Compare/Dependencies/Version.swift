/// The first part of a version that differs.
public enum VersionDifference: String, Codable, Sendable { case major, minor, patch, other }

/// Orders two versions by their ecosystem's own rules.
/// - Returns: below, equal to or above zero; `nil` where one of them is no version: a branch, a path, a range.
public func compareVersions(_ left: String, _ right: String, _ ecosystem: Ecosystem) -> Int? {
    switch ecosystem {
    case .go:
        return compare(GoToolchainVersion(left), GoToolchainVersion(right))
            ?? compare(SemanticVersion(left), SemanticVersion(right))
    case .nuget: return compare(SemanticVersion(left.lowercased()), SemanticVersion(right.lowercased()))
    case .npm, .cargo, .hex, .swift: return compare(SemanticVersion(left), SemanticVersion(right))
    case .pypi: return compare(PythonVersion(left), PythonVersion(right))
    case .maven: return compare(MavenVersion(left), MavenVersion(right))
    case .gem: return compare(GemVersion(left), GemVersion(right))
    case .composer: return compare(PHPVersion(left), PHPVersion(right))
    case .deb: return compare(DebianVersion(left), DebianVersion(right))
    case .apk: return compare(AlpineVersion(left), AlpineVersion(right))
    case .rpm: return compare(RPMVersion(left), RPMVersion(right))
    case .docker, .oci, .generic, .github, .other:
        return compare(SemanticVersion(left), SemanticVersion(right)) ?? compare(GemVersion(left), GemVersion(right))
    }
}

/// Which of the leading numbers is the first to differ. `nil` where one of them is no version.
public func versionDifference(_ left: String, _ right: String, _ ecosystem: Ecosystem) -> VersionDifference? {
    guard compareVersions(left, right, ecosystem) != nil else { return nil }
    let (first, second) = (leadingNumbers(left, ecosystem), leadingNumbers(right, ecosystem))
    let names: [VersionDifference] = [.major, .minor, .patch]
    for index in 0..<4 where first[index] != second[index] { return index < 3 ? names[index] : .other }
    return .other
}

/// Epoch and first number in one, then three numbers more; what is missing is 0.
private func leadingNumbers(_ version: String, _ ecosystem: Ecosystem) -> [String] {
    var text = Substring(version)
    var epoch = "0"
    let mark: Character = ecosystem == .pypi ? "!" : ":"
    if [.pypi, .deb, .rpm].contains(ecosystem), let end = text.firstIndex(of: mark) {
        epoch = withoutZeros(text[..<end])
        text = text[text.index(after: end)...]
    }
    text = text.drop { !$0.isASCIIDigit }
    var numbers: [String] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false).prefix(4) {
        let digits = part.prefix { $0.isASCIIDigit }
        if digits.isEmpty { break }
        numbers.append(withoutZeros(digits))
        if digits.count < part.count { break }
    }
    numbers += Array(repeating: "0", count: 4 - numbers.count)
    numbers[0] = "\(epoch):\(numbers[0])"
    return numbers
}

/// A version that can be put in order.
protocol OrderedVersion {
    init?(_ text: String)
    func order(_ other: Self) -> Int
}

private func compare<Version: OrderedVersion>(_ left: Version?, _ right: Version?) -> Int? {
    guard let left, let right else { return nil }
    return left.order(right)
}

extension Character {
    var isASCIIDigit: Bool { isASCII && isNumber }
    var isASCIILetter: Bool { isASCII && isLetter }
}

func withoutZeros(_ digits: some StringProtocol) -> String {
    let rest = digits.drop { $0 == "0" }
    return rest.isEmpty ? "0" : String(rest)
}

/// Numbers of any length, compared without converting them.
func orderNumbers(_ left: some StringProtocol, _ right: some StringProtocol) -> Int {
    let (first, second) = (withoutZeros(left), withoutZeros(right))
    if first.count != second.count { return first.count < second.count ? -1 : 1 }
    return orderTexts(first, second)
}

func orderTexts(_ left: String, _ right: String) -> Int {
    // By bytes: ASCII order, as the rules have it.
    if left == right { return 0 }
    return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
}

/// Runs of digits and runs of letters.
private func runs(_ text: some StringProtocol) -> [Substring] {
    var result: [Substring] = []
    var rest = Substring(text)
    while let first = rest.first {
        let run: Substring
        if first.isASCIIDigit {
            run = rest.prefix { $0.isASCIIDigit }
        } else if first.isASCIILetter {
            run = rest.prefix { $0.isASCIILetter }
        } else {
            rest = rest.dropFirst()
            continue
        }
        result.append(run)
        rest = rest[run.endIndex...]
    }
    return result
}

/// https://semver.org, with any number of leading numbers.
private struct SemanticVersion: OrderedVersion {
    private let numbers: [Substring]
    private let prerelease: [Substring]

    init?(_ text: String) {
        var text = Substring(text)
        while let first = text.first, "v=".contains(first) { text = text.dropFirst() }
        if let plus = text.firstIndex(of: "+") { text = text[..<plus] }
        let dash = text.firstIndex(of: "-") ?? text.endIndex
        numbers = text[..<dash].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }) else { return nil }
        prerelease = dash == text.endIndex ? [] : text[text.index(after: dash)...].split(separator: ".")
    }

    func order(_ other: SemanticVersion) -> Int {
        for index in 0..<max(numbers.count, other.numbers.count) {
            let left = index < numbers.count ? numbers[index] : "0"
            let right = index < other.numbers.count ? other.numbers[index] : "0"
            let order = orderNumbers(left, right)
            if order != 0 { return order }
        }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return (prerelease.isEmpty ? 1 : 0) - (other.prerelease.isEmpty ? 1 : 0)
        }
        for (left, right) in zip(prerelease, other.prerelease) {
            let areNumbers = (left.allSatisfy(\.isASCIIDigit), right.allSatisfy(\.isASCIIDigit))
            let order: Int =
                switch areNumbers {
                case (true, true): orderNumbers(left, right)
                case (true, false): -1
                case (false, true): 1
                case (false, false): orderTexts(String(left), String(right))
                }
            if order != 0 { return order }
        }
        return prerelease.count - other.prerelease.count
    }
}

/// The POM reference's version order specification.
private struct MavenVersion: OrderedVersion {
    private struct Token: Equatable {
        var isHyphen: Bool
        var text: String
        var isNumber: Bool
        var isNull: Bool { isNumber ? withoutZeros(text) == "0" : ["", "final", "ga", "release"].contains(text) }
    }

    private var tokens: [Token] = []

    init?(_ text: String) {
        guard let first = text.first, first.isASCIIDigit || first.isASCIILetter, !text.contains("$") else { return nil }
        var isHyphen = false
        var word = ""
        var wasNumber: Bool?
        func spelledOut(_ word: String, beforeNumber: Bool) -> String {
            guard beforeNumber else { return word == "cr" ? "rc" : word }
            return ["a": "alpha", "b": "beta", "m": "milestone", "cr": "rc"][word] ?? word
        }
        func end(_ next: Bool, beforeNumber: Bool = false) {
            let isNumber = wasNumber ?? true
            let text = word.isEmpty ? "0" : isNumber ? word : spelledOut(word, beforeNumber: beforeNumber)
            tokens.append(Token(isHyphen: isHyphen, text: text, isNumber: isNumber))
            (isHyphen, word, wasNumber) = (next, "", nil)
        }
        for character in text.lowercased() {
            if character == "." || character == "_" {
                end(false)
            } else if character == "-" {
                end(true)
            } else {
                let isNumber = character.isASCIIDigit
                if let wasNumber, wasNumber != isNumber { end(true, beforeNumber: isNumber) }
                word.append(character)
                wasNumber = isNumber
            }
        }
        end(false)
        trim()
    }

    /// Trailing nulls mean nothing, also those before a hyphen.
    private mutating func trim() {
        var index = tokens.count - 1
        while index > 0 {
            if tokens[index].isNull, index == tokens.count - 1 || tokens[index + 1].isHyphen {
                tokens.remove(at: index)
            }
            index -= 1
        }
    }

    private static let qualifiers = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"]

    private static func rank(_ token: Token) -> (Int, String) {
        if token.isNumber { return (token.isHyphen ? 101 : 102, token.text) }
        let word = token.isNull ? "" : token.text
        return Self.qualifiers.firstIndex(of: word).map { ($0, "") } ?? (100, word)
    }

    func order(_ other: MavenVersion) -> Int {
        for index in 0..<max(tokens.count, other.tokens.count) {
            let left = index < tokens.count ? tokens[index] : Self.padding(other.tokens[index])
            let right = index < other.tokens.count ? other.tokens[index] : Self.padding(tokens[index])
            let (first, second) = (Self.rank(left), Self.rank(right))
            if first.0 != second.0 { return first.0 - second.0 }
            let order = left.isNumber ? orderNumbers(left.text, right.text) : orderTexts(first.1, second.1)
            if order != 0 { return order }
        }
        return 0
    }

    private static func padding(_ other: Token) -> Token {
        Token(isHyphen: other.isHyphen, text: other.isNumber ? "0" : "", isNumber: other.isNumber)
    }
}

/// `Gem::Version`: letters make a pre-release.
private struct GemVersion: OrderedVersion {
    private let segments: [Substring]

    init?(_ text: String) {
        guard text.first?.isASCIIDigit == true else { return nil }
        segments = runs(text.prefix { $0 != "+" && !$0.isWhitespace })
    }

    func order(_ other: GemVersion) -> Int {
        for index in 0..<max(segments.count, other.segments.count) {
            let left = index < segments.count ? segments[index] : "0"
            let right = index < other.segments.count ? other.segments[index] : "0"
            let order: Int =
                switch (left.first?.isASCIIDigit == true, right.first?.isASCIIDigit == true) {
                case (true, true): orderNumbers(left, right)
                case (true, false): 1
                case (false, true): -1
                case (false, false): orderTexts(String(left), String(right))
                }
            if order != 0 { return order }
        }
        return 0
    }
}

/// PHP's `version_compare`, which Composer's rules come down to.
private struct PHPVersion: OrderedVersion {
    private let parts: [Substring]

    init?(_ text: String) {
        let lowered = text.lowercased()
        let bare = lowered.first == "v" ? lowered.dropFirst() : lowered[...]
        guard bare.first?.isASCIIDigit == true else { return nil }
        parts = runs(bare.prefix { $0 != "+" })
    }

    private static func rank(_ part: Substring?) -> Int {
        guard let part else { return 0 }
        if part.first?.isASCIIDigit == true { return 1 }
        return switch part {
        case "dev": -5
        case "alpha", "a": -4
        case "beta", "b": -3
        case "rc", "c": -2
        case "pl", "p", "patch": 2
        default: -6
        }
    }

    func order(_ other: PHPVersion) -> Int {
        for index in 0..<max(parts.count, other.parts.count) {
            let left = index < parts.count ? parts[index] : nil
            let right = index < other.parts.count ? other.parts[index] : nil
            if let left, let right, left.first?.isASCIIDigit == true, right.first?.isASCIIDigit == true {
                let order = orderNumbers(left, right)
                if order != 0 { return order }
                continue
            }
            let order = Self.rank(left) - Self.rank(right)
            if order != 0 { return order }
        }
        return 0
    }
}

/// Debian policy 5.6.12: epoch, upstream version, revision.
private struct DebianVersion: OrderedVersion {
    private let epoch: Substring
    private let upstream: Substring
    private let revision: Substring

    init?(_ text: String) {
        var rest = Substring(text)
        if let colon = rest.firstIndex(of: ":") {
            epoch = rest[..<colon]
            guard epoch.allSatisfy(\.isASCIIDigit) else { return nil }
            rest = rest[rest.index(after: colon)...]
        } else {
            epoch = "0"
        }
        guard rest.first?.isASCIIDigit == true else { return nil }
        if let dash = rest.lastIndex(of: "-") {
            (upstream, revision) = (rest[..<dash], rest[rest.index(after: dash)...])
        } else {
            (upstream, revision) = (rest, "0")
        }
    }

    func order(_ other: DebianVersion) -> Int {
        let order = orderNumbers(epoch, other.epoch)
        if order != 0 { return order }
        let second = Self.order(Array(upstream), Array(other.upstream))
        return second != 0 ? second : Self.order(Array(revision), Array(other.revision))
    }

    private static func weight(_ character: Character?) -> Int {
        guard let character, !character.isASCIIDigit else { return 0 }
        if character == "~" { return -1 }
        let code = Int(character.asciiValue ?? 255)
        return character.isASCIILetter ? code : code + 256
    }

    private static func order(_ left: [Character], _ right: [Character]) -> Int {
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            while (i < left.count && !left[i].isASCIIDigit) || (j < right.count && !right[j].isASCIIDigit) {
                let (first, second) = (weight(i < left.count ? left[i] : nil), weight(j < right.count ? right[j] : nil))
                if first != second { return first - second }
                if i < left.count, !left[i].isASCIIDigit { i += 1 }
                if j < right.count, !right[j].isASCIIDigit { j += 1 }
            }
            let (a, b) = (left[i...].prefix { $0.isASCIIDigit }, right[j...].prefix { $0.isASCIIDigit })
            let order = orderNumbers(String(a), String(b))
            if order != 0 { return order }
            i += a.count
            j += b.count
        }
        return 0
    }
}
