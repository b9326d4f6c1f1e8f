import Foundation

/// Security advisories in the OSV format, in a folder on this machine.
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
        let names = Dictionary(grouping: relevant, by: \.name)
        let patterns = names.keys.map { Data("\"\($0)\"".utf8) }
        let end = ContinuousClock.now + deadline
        var found: [Finding] = []
        for case let file as String in files where file.hasSuffix(".json") {
            guard ContinuousClock.now < end else {
                throw Problem("reading the advisories in \(folder) took longer than \(deadline.components.seconds) s")
            }
            let path = "\(folder)/\(file)"
            guard let data = FileManager.default.contents(atPath: path), data.count <= largest,
                patterns.contains(where: { data.range(of: $0) != nil }), let root = try? JSONValue(Array(data))
            else { continue }
            found += findings(root, names, path)
        }
        return found.sorted { $0.summary < $1.summary }
    }

    private static func findings(
        _ root: JSONValue, _ changes: [String: [DependencyChange]], _ path: String
    ) -> [Finding] {
        let id = root["id"].text ?? "an advisory"
        let name = root["aliases"].list.compactMap(\.text).first { $0.hasPrefix("CVE-") } ?? id
        var result: [Finding] = []
        for affected in root["affected"].list {
            let package = affected["package"]
            guard let label = package["name"].text, let ecosystem = ecosystem(package["ecosystem"].text ?? "") else {
                continue
            }
            for change in changes[label] ?? [] where change.ecosystem == ecosystem {
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

    private static func ecosystem(_ name: String) -> Ecosystem? {
        switch name.split(separator: ":").first {
        case "npm": .npm
        case "PyPI": .pypi
        case "Maven": .maven
        case "RubyGems": .gem
        case "crates.io": .cargo
        case "Go": .go
        case "Packagist": .composer
        case "NuGet": .nuget
        case "Hex": .hex
        case "SwiftURL": .swift
        case "Debian": .deb
        default: nil
        }
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
