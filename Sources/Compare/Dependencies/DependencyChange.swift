/// How a dependency changes on the way from one release to another.
public struct DependencyChange: Equatable, Sendable {
    public enum Change: String, Codable, Sendable { case added, removed, upgraded, downgraded, changed }

    /// What differs under one version.
    public struct Detail: Hashable, Sendable, Encodable {
        public enum What: String, Codable, Sendable { case source, commit, patch, checksum, licence }

        public var what: What
        public var from: String?
        public var to: String?

        /// In a few words, for a line.
        public var words: String {
            func short(_ text: String?) -> String {
                guard let text else { return "none" }
                return what == .commit || what == .checksum ? String(text.prefix(12)) : text
            }
            return "\(what == .source ? "from" : what.rawValue) \(short(from)) → \(short(to))"
        }
    }

    public var name: String
    public var ecosystem: Ecosystem
    /// The lockfile or SBOM that says so.
    public var file: String
    /// `nil` where it was not there, or has no version.
    public var from: String?
    public var to: String?
    public var change: Change
    /// The first part of the version that differs; `nil` where that cannot be told.
    public var difference: VersionDifference?
    public var relation: Package.Relation?
    /// What else differs; under one version only this.
    public var details: [Detail] = []

    public var isMajor: Bool { difference == .major }
    /// Whether both say the same of one package, whatever list says it.
    func isSame(as other: DependencyChange) -> Bool {
        name == other.name && ecosystem == other.ecosystem && from == other.from && to == other.to
            && details == other.details
    }
    /// Whether one version stands for two different things.
    var isUnderOneVersion: Bool {
        change == .changed && from.map(ecosystem.versionKey) == to.map(ecosystem.versionKey) && !details.isEmpty
    }
}

extension DependencyChange {
    private struct Key: Hashable {
        var ecosystem: Ecosystem
        var key: String
    }

    /// What changes between two lists. Several versions of one package at once are paired in their order.
    public static func between(_ from: [Package], _ to: [Package], file: String) -> [DependencyChange] {
        let (from, to) = identified(from, to)
        var sides: [Key: (from: [Package], to: [Package])] = [:]
        for package in from {
            sides[Key(ecosystem: package.ecosystem, key: package.key), default: ([], [])].from.append(package)
        }
        for package in to {
            sides[Key(ecosystem: package.ecosystem, key: package.key), default: ([], [])].to.append(package)
        }
        var changes: [DependencyChange] = []
        for side in sides.values {
            func versions(_ packages: [Package]) -> Set<String> {
                Set(packages.map { $0.ecosystem.versionKey($0.version) })
            }
            let kept = versions(side.from).intersection(versions(side.to))
            changes += keptChanges(side.from, side.to, kept, file)
            let (old, new) = (ordered(side.from, without: kept), ordered(side.to, without: kept))
            let relation = side.to.compactMap(\.relation).first ?? side.from.compactMap(\.relation).first
            for index in 0..<max(old.count, new.count) {
                let before = index < old.count ? old[index] : nil
                let after = index < new.count ? new[index] : nil
                changes.append(DependencyChange(before, after, file, relation))
            }
        }
        return changes.sorted { ($0.name, $0.from ?? "", $0.to ?? "") < ($1.name, $1.from ?? "", $1.to ?? "") }
    }

    private init(_ before: Package?, _ after: Package?, _ file: String, _ relation: Package.Relation?) {
        func known(_ version: String?) -> String? { version == "" ? nil : version }
        name = after?.name ?? before?.name ?? ""
        ecosystem = after?.ecosystem ?? before?.ecosystem ?? .other
        self.file = file
        from = known(before?.version)
        to = known(after?.version)
        (change, difference) = Self.judge(before?.version, after?.version, ecosystem)
        self.relation = after?.relation ?? before?.relation ?? relation
        // Another version is another content; only where it comes from is news.
        if let before, let after, before.origin?.place != after.origin?.place || before.version == "" {
            details = Self.details(before, after).filter { $0.what == .source || $0.what == .commit }
        }
    }

    /// What stands for different things under the versions that both have.
    private static func keptChanges(
        _ from: [Package], _ to: [Package], _ kept: Set<String>, _ file: String
    ) -> [DependencyChange] {
        guard !kept.isEmpty else { return [] }
        func grouped(_ packages: [Package]) -> [String: [Package]] {
            Dictionary(grouping: packages) { $0.ecosystem.versionKey($0.version) }
        }
        let (old, new) = (grouped(from), grouped(to))
        return kept.flatMap { version -> [DependencyChange] in
            let (before, after) = (old[version] ?? [], new[version] ?? [])
            // In several places of one list, and from several sources, a version may stand more than once.
            let (earlier, later) = (Contents(before), Contents(after))
            let gone = before.filter { one in !later.hold(one) { details(one, $0).isEmpty } }
            let come = after.filter { one in !earlier.hold(one) { details($0, one).isEmpty } }
            var seen: Set<[Detail]> = []
            return (0..<max(gone.count, come.count)).compactMap { index in
                guard let first = index < gone.count ? gone[index] : before.first,
                    let second = index < come.count ? come[index] : after.first
                else { return nil }
                let details = details(first, second)
                if details.isEmpty || !seen.insert(details).inserted { return nil }
                var change = DependencyChange(first, second, file, nil)
                change.change = .changed
                change.difference = nil
                change.details = details
                return change
            }
        }
    }

    /// What stands in a list under one version.
    private struct Contents {
        private let same: Set<Package>
        private let different: [Package]
        /// Of more, only what is just the same counts: each would have to be compared with each.
        private static let mostCompared = 100

        init(_ packages: [Package]) {
            var seen: Set<Package> = []
            different = packages.map(Self.plain).filter { seen.insert($0).inserted }
            same = seen
        }

        /// Without what is no part of what it is made of.
        private static func plain(_ package: Package) -> Package {
            var package = package
            (package.name, package.version, package.key, package.relation) = ("", "", "", nil)
            return package
        }

        func hold(_ package: Package, asFarAsKnown isSame: (Package) -> Bool) -> Bool {
            same.contains(Self.plain(package)) || different.prefix(Self.mostCompared).contains(where: isSame)
        }
    }

    /// What two packages of one version differ in. What one of the lists does not tell is no difference.
    private static func details(_ from: Package, _ to: Package) -> [Detail] {
        var result: [Detail] = []
        if let old = from.origin, let new = to.origin {
            if (old.kind, old.place) != (new.kind, new.place) {
                result.append(Detail(what: .source, from: old.words, to: new.words))
            }
            if old.commit != new.commit, old.commit != nil || new.commit != nil, old.kind == new.kind {
                result.append(Detail(what: .commit, from: old.commit, to: new.commit))
            }
        }
        if from.patch != to.patch { result.append(Detail(what: .patch, from: from.patch, to: to.patch)) }
        if Checksum.differ(from.checksums, to.checksums) {
            func first(_ one: Package, _ other: Package) -> String? {
                let shared = Set(other.checksums.map(\.algorithm))
                return one.checksums.subtracting(other.checksums).filter { shared.contains($0.algorithm) }
                    .map { "\($0.algorithm):\($0.value)" }.min()
            }
            result.append(Detail(what: .checksum, from: first(from, to), to: first(to, from)))
        }
        if let old = from.licence, let new = to.licence, old != new {
            result.append(Detail(what: .licence, from: old, to: new))
        }
        return result
    }

    /// Gives packages that are named without their kind the identity of the only one of that name in either list.
    private static func identified(_ from: [Package], _ to: [Package]) -> ([Package], [Package]) {
        guard (from + to).contains(where: \.isNameOnly) else { return (from, to) }
        var identities: [String: Set<Key>] = [:]
        var names: [Key: String] = [:]
        for package in from + to where !package.isNameOnly {
            let key = Key(ecosystem: package.ecosystem, key: package.key)
            names[key] = package.name
            let bare = package.name.split { "/:".contains($0) }
            for spelling in [bare.last.map(String.init) ?? "", bare.joined(separator: "/"), package.name] {
                identities[spelling, default: []].insert(key)
            }
        }
        func identify(_ packages: [Package]) -> [Package] {
            packages.map { package in
                let full = package.name.split { "/:".contains($0) }.joined(separator: "/")
                guard package.isNameOnly, let keys = identities[full] ?? identities[package.name], keys.count == 1,
                    let key = keys.first
                else { return package }
                var result = package
                (result.ecosystem, result.key, result.name) = (key.ecosystem, key.key, names[key] ?? package.name)
                return result
            }
        }
        return (identify(from), identify(to))
    }

    /// Each version once, the oldest first.
    private static func ordered(_ packages: [Package], without kept: Set<String>) -> [Package] {
        var seen = kept
        return packages.filter { seen.insert($0.ecosystem.versionKey($0.version)).inserted }.sorted {
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
