import Foundation
import Model

/// Security advisories in the OSV format, in a folder on this machine.
///
/// They are matched by name, ecosystem and version. Distributions are told apart by their kind of package only, and their
/// advisories name source packages: those of a folder should be of the distribution that is in use.
///
/// Source: https://ossf.github.io/osv-schema/
enum Advisories {
    static let subject = "security advisories"

    /// Files larger than this are no advisories.
    private static let largest = 4 << 20
    /// A folder is read no longer than this.
    private static let deadline: Duration = .seconds(30)

    /// Fixes that the dependencies' changes would lose.
    static func findings(
        _ changes: [DependencyChange], folder: String
    ) throws(Problem) -> [Finding] {
        let relevant = changes.filter { $0.to != nil && $0.relation != .own }
        guard !relevant.isEmpty else { return [] }
        let files = FileManager.default.enumerator(atPath: folder)
        guard FileManager.default.fileExists(atPath: folder), let files else {
            throw Problem(
                "there is no folder of advisories at \(folder)", mend: "correct `advisories` in the configuration")
        }
        let wanted = Wanted(relevant)
        let end = ContinuousClock.now + deadline
        var found: [Finding] = []
        for case let file as String in files where file.hasSuffix(".json") {
            guard ContinuousClock.now < end else {
                throw Problem("reading the advisories in \(folder) took longer than \(deadline.inFull)")
            }
            let path = "\(folder)/\(file)"
            guard let data = FileManager.default.contents(atPath: path), data.count <= largest else { continue }
            found += wanted.findings(in: Array(data), path: path)
        }
        return found.sorted { $0.summary < $1.summary } + unknown(relevant)
    }

    /// What two spellings of one package have in common in the advisories of its ecosystem.
    private struct Key: Hashable {
        var ecosystem: Ecosystem
        var name: String

        init(_ name: String, _ ecosystem: Ecosystem) {
            self.ecosystem = ecosystem
            // A repository's address there, a package's identity in a list.
            let last = ecosystem == .swift ? lastPart(name.lowercased()) : Substring(name)
            self.name = ecosystem.key(last.hasSuffix(".git") ? String(last.dropLast(4)) : String(last))
        }
    }

    /// The changes that advisories are looked for.
    struct Wanted {
        private let changes: [Key: [DependencyChange]]
        private let ecosystems: Set<Ecosystem>

        init(_ changes: [DependencyChange]) {
            self.changes = Dictionary(grouping: changes) { Key($0.name, $0.ecosystem) }
            ecosystems = Set(changes.map(\.ecosystem))
        }

        /// What an advisory says of them; nothing where it is damaged.
        func findings(in bytes: [UInt8], path: String) -> [Finding] {
            guard isMentioned(in: bytes), let root = try? JSONValue(bytes) else { return [] }
            return Advisories.findings(root, changes, path)
        }

        /// Whether anything in it has one of their names. It need not be read as JSON for that: there are hundreds of
        /// thousands of advisories.
        private func isMentioned(in bytes: [UInt8]) -> Bool {
            let label = Array("\"name\"".utf8)
            let blanks: Set<UInt8> = [9, 10, 13, 32, UInt8(ascii: ":")]
            var rest = bytes[...]
            while let start = rest.firstRange(of: label) {
                rest = rest[start.upperBound...].drop { blanks.contains($0) }
                guard rest.first == UInt8(ascii: "\"") else { continue }
                let word = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
                let name = String(decoding: word, as: UTF8.self)
                let isWanted = ecosystems.contains { changes[Key(name, $0)] != nil }
                if isWanted || word.contains(UInt8(ascii: "\\")) { return true }
                rest = rest[word.endIndex...]
            }
            return false
        }
    }

    /// That the advisories know nothing of some packages' kinds.
    private static func unknown(_ changes: [DependencyChange]) -> [Finding] {
        let known = Set(ecosystems.values)
        let others = changes.filter { !known.contains($0.ecosystem) }
        guard let first = others.first else { return [] }
        let more = others.count > 1 ? " and \(others.count - 1) more" : ""
        let kinds = Set(others.map(\.ecosystem.rawValue)).sorted().joined(separator: ", ")
        return [
            Finding(.note, .scope, "\(first.name)\(more): advisories know no packages of their kind (\(kinds))")
        ]
    }

    private static func findings(
        _ root: JSONValue, _ changes: [Key: [DependencyChange]], _ path: String
    ) -> [Finding] {
        let id = root["id"].text ?? "an advisory"
        let name = root["aliases"].list.compactMap(\.text).first { $0.hasPrefix("CVE-") } ?? id
        var result: [Finding] = []
        for affected in root["affected"].list {
            let package = affected["package"]
            guard let label = package["name"].text, let ecosystem = ecosystem(package["ecosystem"].text ?? "") else {
                continue
            }
            for change in changes[Key(label, ecosystem)] ?? [] {
                guard let to = change.to, isAffected(to, affected, ecosystem),
                    !(change.from.map { isAffected($0, affected, ecosystem) } ?? false)
                else { continue }
                let summary =
                    change.from.map { "\(label) \($0) → \(to) loses the fix for \(name)" }
                    ?? "\(label) \(to) comes back, with \(name)"
                result.append(Finding(.warning, .securityFix, summary, evidence: [change.file, path]))
            }
        }
        return result
    }

    /// By what stands before the `:` in an advisory.
    private static let ecosystems: [Substring: Ecosystem] = [
        "npm": .npm, "PyPI": .pypi, "Maven": .maven, "RubyGems": .gem, "crates.io": .cargo, "Go": .go,
        "Packagist": .composer, "NuGet": .nuget, "Hex": .hex, "SwiftURL": .swift, "GitHub Actions": .github,
        "Debian": .deb, "Ubuntu": .deb, "Alpine": .apk, "Alpaquita": .apk, "BellSoft Hardened Containers": .apk,
        "Chainguard": .apk, "MinimOS": .apk, "Wolfi": .apk, "AlmaLinux": .rpm, "Azure Linux": .rpm, "Mageia": .rpm,
        "Photon OS": .rpm, "Red Hat": .rpm, "Rocky Linux": .rpm, "SUSE": .rpm, "openEuler": .rpm, "openSUSE": .rpm,
    ]

    private static func ecosystem(_ name: String) -> Ecosystem? {
        name.split(separator: ":").first.flatMap { ecosystems[$0] }
    }

    static func isAffected(_ version: String, _ affected: JSONValue, _ ecosystem: Ecosystem) -> Bool {
        if affected["versions"].list.contains(where: { $0.text == version }) { return true }
        return affected["ranges"].list.contains { range in
            guard range["type"].text != "GIT" else { return false }
            var isIn = false
            for event in range["events"].list {
                if let start = event["introduced"].text {
                    if start == "0" || (compareVersions(version, start, ecosystem) ?? -1) >= 0 { isIn = true }
                } else if let fix = event["fixed"].text {
                    if (compareVersions(version, fix, ecosystem) ?? -1) >= 0 { isIn = false }
                } else if let last = event["last_affected"].text {
                    if (compareVersions(version, last, ecosystem) ?? -1) > 0 { isIn = false }
                }
            }
            return isIn
        }
    }
}
