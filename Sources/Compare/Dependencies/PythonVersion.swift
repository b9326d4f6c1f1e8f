/// A version of Python's packages.
///
/// Source: https://peps.python.org/pep-0440/
struct PythonVersion: OrderedVersion {
    private var epoch = "0"
    private var release: [String] = []
    /// Phase (0 alpha, 1 beta, 2 candidate) and number.
    private var pre: (Int, String)?
    private var post: String?
    private var dev: String?
    private var local: [Substring] = []

    init?(_ text: String) {
        var rest = Substring(text.lowercased())
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        if rest.first == "v" { rest = rest.dropFirst() }
        if let plus = rest.firstIndex(of: "+") {
            local = rest[rest.index(after: plus)...].split { ".-_".contains($0) }
            rest = rest[..<plus]
        }
        if let mark = rest.firstIndex(of: "!") {
            guard rest[..<mark].allSatisfy(\.isASCIIDigit) else { return nil }
            epoch = String(rest[..<mark])
            rest = rest[rest.index(after: mark)...]
        }
        while true {
            let digits = rest.prefix { $0.isASCIIDigit }
            if digits.isEmpty { break }
            release.append(withoutZeros(digits))
            rest = rest[digits.endIndex...]
            guard rest.first == ".", rest.dropFirst().first?.isASCIIDigit == true else { break }
            rest = rest.dropFirst()
        }
        guard !release.isEmpty else { return nil }
        while release.count > 1, release.last == "0" { release.removeLast() }
        guard takeSuffixes(rest) else { return nil }
    }

    /// What all spellings of the version have in common: `1.0`, `1.0.0` and `v1` are one.
    var normalized: String {
        let pre = pre.map { "\(["a", "b", "rc"][$0.0])\(withoutZeros($0.1))" } ?? ""
        let post = post.map { ".post\(withoutZeros($0))" } ?? ""
        let dev = dev.map { ".dev\(withoutZeros($0))" } ?? ""
        let local = local.isEmpty ? "" : "+\(local.joined(separator: "."))"
        return "\(withoutZeros(epoch))!\(release.joined(separator: "."))\(pre)\(post)\(dev)\(local)"
    }

    private mutating func takeSuffixes(_ text: Substring) -> Bool {
        var rest = text
        while !rest.isEmpty {
            let isBareDash = rest.first == "-" && rest.dropFirst().first?.isASCIIDigit == true
            if let first = rest.first, ".-_".contains(first) { rest = rest.dropFirst() }
            let word = rest.prefix { $0.isASCIILetter }
            rest = rest[word.endIndex...]
            if let first = rest.first, ".-_".contains(first), rest.dropFirst().first?.isASCIIDigit == true,
                !word.isEmpty
            {
                rest = rest.dropFirst()
            }
            let digits = rest.prefix { $0.isASCIIDigit }
            rest = rest[digits.endIndex...]
            let number = digits.isEmpty ? "0" : String(digits)
            switch word {
            case "a", "alpha": pre = (0, number)
            case "b", "beta": pre = (1, number)
            case "c", "rc", "pre", "preview": pre = (2, number)
            case "post", "rev", "r": post = number
            case "" where isBareDash: post = number
            case "dev": dev = number
            default: return false
            }
        }
        return true
    }

    func order(_ other: PythonVersion) -> Int {
        let steps: [() -> Int] = [
            { orderNumbers(epoch, other.epoch) }, { orderReleases(other) },
            { orderPairs(preKey, other.preKey) },
            { orderOptional(post, other.post, absent: -1) }, { orderOptional(dev, other.dev, absent: 1) },
            { orderLocal(other) },
        ]
        for step in steps {
            let order = step()
            if order != 0 { return order }
        }
        return 0
    }

    private func orderReleases(_ other: PythonVersion) -> Int {
        for index in 0..<max(release.count, other.release.count) {
            let order = orderNumbers(
                index < release.count ? release[index] : "0", index < other.release.count ? other.release[index] : "0")
            if order != 0 { return order }
        }
        return 0
    }

    /// A mere development release comes before all of its pre-releases, the release itself after them.
    private var preKey: (Int, String) {
        if let pre { return pre }
        return post == nil && dev != nil ? (-1, "0") : (3, "0")
    }

    private func orderPairs(_ left: (Int, String), _ right: (Int, String)) -> Int {
        left.0 != right.0 ? left.0 - right.0 : orderNumbers(left.1, right.1)
    }

    private func orderOptional(_ left: String?, _ right: String?, absent: Int) -> Int {
        switch (left, right) {
        case (nil, nil): 0
        case (nil, _): absent
        case (_, nil): -absent
        case (let left?, let right?): orderNumbers(left, right)
        }
    }

    private func orderLocal(_ other: PythonVersion) -> Int {
        for (left, right) in zip(local, other.local) {
            let order: Int =
                switch (left.allSatisfy(\.isASCIIDigit), right.allSatisfy(\.isASCIIDigit)) {
                case (true, true): orderNumbers(left, right)
                case (true, false): 1
                case (false, true): -1
                case (false, false): orderTexts(String(left), String(right))
                }
            if order != 0 { return order }
        }
        return local.count - other.local.count
    }
}
