/// How the version of a dependency changes on the way from one release to another.
public struct DependencyChange: Equatable, Sendable {
    public enum Change: String, Codable, Sendable { case added, removed, upgraded, downgraded, changed }

    public var name: String
    public var ecosystem: Ecosystem
    /// The lockfile or SBOM that says so.
    public var file: String
    public var from: String?
    public var to: String?
    public var change: Change
    /// The first part of the version that differs; `nil` where that cannot be told.
    public var difference: VersionDifference?
    public var relation: Package.Relation?

    public var isMajor: Bool { difference == .major }
}

extension DependencyChange {
    /// What changes between two lists. Several versions of one package at once are paired in their order.
    public static func between(_ from: [Package], _ to: [Package], file: String) -> [DependencyChange] {
        struct Key: Hashable {
            var ecosystem: Ecosystem
            var key: String
        }
        var sides: [Key: (from: [Package], to: [Package])] = [:]
        for package in from {
            sides[Key(ecosystem: package.ecosystem, key: package.key), default: ([], [])].from.append(package)
        }
        for package in to {
            sides[Key(ecosystem: package.ecosystem, key: package.key), default: ([], [])].to.append(package)
        }
        var changes: [DependencyChange] = []
        for (key, side) in sides {
            let kept = Set(side.from.map(\.version)).intersection(side.to.map(\.version))
            let old = ordered(side.from, without: kept)
            let new = ordered(side.to, without: kept)
            guard !old.isEmpty || !new.isEmpty else { continue }
            let relation = side.to.compactMap(\.relation).first ?? side.from.compactMap(\.relation).first
            for index in 0..<max(old.count, new.count) {
                let before = index < old.count ? old[index] : nil
                let after = index < new.count ? new[index] : nil
                let (change, difference) = judge(before?.version, after?.version, key.ecosystem)
                changes.append(
                    DependencyChange(
                        name: after?.name ?? before?.name ?? key.key, ecosystem: key.ecosystem, file: file,
                        from: before?.version, to: after?.version, change: change, difference: difference,
                        relation: after?.relation ?? before?.relation ?? relation))
            }
        }
        return changes.sorted { ($0.name, $0.from ?? "", $0.to ?? "") < ($1.name, $1.from ?? "", $1.to ?? "") }
    }

    /// Each version once, the oldest first.
    private static func ordered(_ packages: [Package], without kept: Set<String>) -> [Package] {
        var seen = kept
        return packages.filter { seen.insert($0.version).inserted }.sorted {
            switch compareVersions($0.version, $1.version, $0.ecosystem) {
            case .some(0), .none: $0.version < $1.version
            case .some(let order): order < 0
            }
        }
    }

    private static func judge(
        _ from: String?, _ to: String?, _ ecosystem: Ecosystem
    ) -> (Change, VersionDifference?) {
        guard let from else { return (.added, nil) }
        guard let to else { return (.removed, nil) }
        guard let order = compareVersions(from, to, ecosystem), order != 0 else { return (.changed, nil) }
        return (order < 0 ? .upgraded : .downgraded, versionDifference(from, to, ecosystem))
    }
}
