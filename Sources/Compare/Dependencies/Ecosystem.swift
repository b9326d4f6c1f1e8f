/// Where packages come from; it says how their names and versions compare.
public enum Ecosystem: String, Codable, Sendable, CaseIterable {
    case npm, cargo, go, pypi, gem, composer, hex, maven, nuget, swift, deb, apk, rpm, docker, oci, generic, github
    case other

    /// From the type of a package URL (`pkg:TYPE/…`).
    init(packageURLType type: some StringProtocol) {
        self =
            switch type.lowercased() {
            case "golang": .go
            case "gem", "rubygems": .gem
            case let word: Ecosystem(rawValue: word) ?? .other
            }
    }

    /// What two spellings of one name have in common.
    func key(_ name: String) -> String {
        switch self {
        // PEP 503: runs of `-`, `_` and `.` are one `-`.
        case .pypi:
            var key = ""
            for character in name.lowercased() {
                let isSeparator = "-_.".contains(character)
                if isSeparator, key.last == "-" { continue }
                key.append(isSeparator ? "-" : character)
            }
            return key
        case .nuget, .composer, .github: return name.lowercased()
        default: return name
        }
    }

    /// What two spellings of one version have in common.
    func versionKey(_ version: String) -> String {
        if self == .pypi { return PythonVersion(version)?.normalized ?? version }
        guard self == .nuget else { return version }
        // https://learn.microsoft.com/nuget/concepts/package-versioning#normalized-version-numbers: case and metadata
        // behind `+` mean nothing, nor do leading zeros or a fourth number that is 0.
        let bare = version.prefix { $0 != "+" }.lowercased()
        let numbers = bare.prefix { $0 != "-" }
        var parts = numbers.split(separator: ".", omittingEmptySubsequences: false).map(withoutZeros)
        while parts.count < 3 { parts.append("0") }
        if parts.count == 4, parts[3] == "0" { parts.removeLast() }
        return parts.joined(separator: ".") + bare.dropFirst(numbers.count)
    }
}
