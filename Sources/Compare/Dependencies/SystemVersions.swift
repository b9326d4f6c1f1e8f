/// Versions of Alpine's packages: `1.2.3b_rc4-r5`.
///
/// Source: https://wiki.alpinelinux.org/wiki/APKBUILD_Reference#pkgver and `apk_version_compare` of apk-tools.
struct AlpineVersion: OrderedVersion {
    private var numbers: [Substring]
    private var letter = ""
    /// Where each suffix stands, and its number; what has none stands at 0.
    private var suffixes: [(rank: Int, number: Substring)] = []
    private var build: Substring = "0"

    private static let ranks = [
        "alpha": -4, "beta": -3, "pre": -2, "rc": -1, "cvs": 1, "svn": 2, "git": 3, "hg": 4, "p": 5,
    ]

    init?(_ text: String) {
        var rest = Substring(text)
        if let end = rest.ranges(of: "-r").last {
            let number = rest[end.upperBound...]
            guard !number.isEmpty, number.allSatisfy(\.isASCIIDigit) else { return nil }
            (build, rest) = (number, rest[..<end.lowerBound])
        }
        let parts = rest.split(separator: "_", omittingEmptySubsequences: false)
        guard var release = parts.first else { return nil }
        if let last = release.last, last.isASCIILetter { (letter, release) = (String(last), release.dropLast()) }
        numbers = release.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }) else { return nil }
        for part in parts.dropFirst() {
            let word = part.prefix { $0.isASCIILetter }
            let number = part[word.endIndex...]
            guard let rank = Self.ranks[String(word)], number.allSatisfy(\.isASCIIDigit) else { return nil }
            suffixes.append((rank, number.isEmpty ? "0" : number))
        }
    }

    func order(_ other: AlpineVersion) -> Int {
        for (left, right) in zip(numbers, other.numbers) {
            let order = orderNumbers(left, right)
            if order != 0 { return order }
        }
        if numbers.count != other.numbers.count { return numbers.count - other.numbers.count }
        if letter != other.letter { return orderTexts(letter, other.letter) }
        for index in 0..<max(suffixes.count, other.suffixes.count) {
            let left = index < suffixes.count ? suffixes[index] : (0, "0")
            let right = index < other.suffixes.count ? other.suffixes[index] : (0, "0")
            if left.0 != right.0 { return left.0 - right.0 }
            let order = orderNumbers(left.1, right.1)
            if order != 0 { return order }
        }
        return orderNumbers(build, other.build)
    }
}

/// Versions of RPM's packages: epoch, version and release.
///
/// Source: https://github.com/rpm-software-management/rpm/blob/master/rpmio/rpmvercmp.c and
/// https://rpm-software-management.github.io/rpm/manual/dependencies.html
struct RPMVersion: OrderedVersion {
    private let epoch: Substring
    private let version: [Character]
    private let release: [Character]?

    init?(_ text: String) {
        var rest = Substring(text)
        if let colon = rest.firstIndex(of: ":") {
            epoch = rest[..<colon]
            guard !epoch.isEmpty, epoch.allSatisfy(\.isASCIIDigit) else { return nil }
            rest = rest[rest.index(after: colon)...]
        } else {
            epoch = "0"
        }
        guard rest.contains(where: { $0.isASCIIDigit || $0.isASCIILetter }) else { return nil }
        let dash = rest.lastIndex(of: "-")
        version = Array(rest[..<(dash ?? rest.endIndex)])
        release = dash.map { Array(rest[rest.index(after: $0)...]) }
    }

    func order(_ other: RPMVersion) -> Int {
        let first = orderNumbers(epoch, other.epoch)
        if first != 0 { return first }
        let second = Self.order(version, other.version)
        // A release counts only where both have one.
        guard second == 0, let release, let otherRelease = other.release else { return second }
        return Self.order(release, otherRelease)
    }

    private static func order(_ left: [Character], _ right: [Character]) -> Int {
        func isWord(_ character: Character) -> Bool { character.isASCIIDigit || character.isASCIILetter }
        var (one, two) = (left[...], right[...])
        while !one.isEmpty || !two.isEmpty {
            one = one.drop { !isWord($0) && $0 != "~" && $0 != "^" }
            two = two.drop { !isWord($0) && $0 != "~" && $0 != "^" }
            if one.first == "~" || two.first == "~" {
                if one.first != "~" { return 1 }
                if two.first != "~" { return -1 }
                (one, two) = (one.dropFirst(), two.dropFirst())
                continue
            }
            if one.first == "^" || two.first == "^" {
                if one.isEmpty { return -1 }
                if two.isEmpty { return 1 }
                if one.first != "^" { return 1 }
                if two.first != "^" { return -1 }
                (one, two) = (one.dropFirst(), two.dropFirst())
                continue
            }
            guard let first = one.first, let second = two.first else { break }
            if first.isASCIIDigit != second.isASCIIDigit { return first.isASCIIDigit ? 1 : -1 }
            let kind: (Character) -> Bool = first.isASCIIDigit ? { $0.isASCIIDigit } : { $0.isASCIILetter }
            let (a, b) = (String(one.prefix(while: kind)), String(two.prefix(while: kind)))
            let order = first.isASCIIDigit ? orderNumbers(a, b) : orderTexts(a, b)
            if order != 0 { return order }
            (one, two) = (one.dropFirst(a.count), two.dropFirst(b.count))
        }
        return (one.isEmpty ? 0 : 1) - (two.isEmpty ? 0 : 1)
    }
}

/// Versions of Go itself: `1.21`, `1.21rc2`, `1.21.0`, in this order.
///
/// Source: https://go.dev/doc/toolchain#version
struct GoToolchainVersion: OrderedVersion {
    private let numbers: [Substring]
    private let kind: Int
    private let candidate: Substring

    init?(_ text: String) {
        // What stands behind the version is a suffix of whoever built it.
        let rest = text.prefix { $0 != "-" && $0 != "+" }
        guard rest.first?.isASCIIDigit == true else { return nil }
        let release = rest.prefix { $0.isASCIIDigit || $0 == "." }
        numbers = release.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(numbers.count), numbers.allSatisfy({ !$0.isEmpty }) else { return nil }
        let word = rest[release.endIndex...].prefix { $0.isASCIILetter }
        candidate = rest[word.endIndex...]
        guard candidate.allSatisfy(\.isASCIIDigit) else { return nil }
        switch (word, numbers.count) {
        case ("", 3): kind = 3
        case ("rc", _): kind = 2
        case ("beta", _): kind = 1
        case ("", _): kind = 0
        default: return nil
        }
    }

    func order(_ other: GoToolchainVersion) -> Int {
        for index in 0..<2 {
            let order = orderNumbers(
                index < numbers.count ? numbers[index] : "0", index < other.numbers.count ? other.numbers[index] : "0")
            if order != 0 { return order }
        }
        if kind != other.kind { return kind - other.kind }
        if kind == 3 { return orderNumbers(numbers[2], other.numbers[2]) }
        return candidate.isEmpty && other.candidate.isEmpty ? 0 : orderNumbers(candidate, other.candidate)
    }
}
