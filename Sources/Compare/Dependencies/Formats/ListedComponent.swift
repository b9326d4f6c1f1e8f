/// A component as SBOMs of all kinds describe it.
struct ListedComponent {
    var id: String?
    var group: String?
    var name = ""
    var version: String?
    var url: String?
    /// Where it was fetched from.
    var address: String?
    var commit: String?
    var patch: String?
    var checksums: Set<Checksum> = []
    var licence: String?

    /// Whether it has a package URL that is none.
    var hasUnreadableURL: Bool { url.map { PackageURL($0) == nil } ?? false }

    /// The package that is meant; `nil` where it has no name.
    func package(_ relation: Package.Relation?) -> Package? {
        let identity = url.flatMap(PackageURL.init)
        var full = group.flatMap { $0.isEmpty ? nil : "\($0)/\(name)" } ?? name
        if let identity { full = identity.fullName }
        guard !full.isEmpty else { return nil }
        let epoch = identity?.epoch.map { "\($0):" } ?? ""
        func known(_ text: String?) -> String? {
            text.flatMap { ["", "NOASSERTION", "NONE"].contains($0) ? nil : $0 }
        }
        var package = Package(
            full, (known(version) ?? identity?.version).map { $0.contains(":") ? $0 : epoch + $0 } ?? "",
            identity?.ecosystem ?? .other, relation,
            key: identity?.key, checksums: checksums, patch: patch)
        package.isNameOnly = identity == nil
        package.licence = known(licence)
        package.origin =
            identity?.origin ?? known(address).map { Origin(address: $0) ?? Origin(.url, $0) }
        if let commit { package.origin = Origin(.git, package.origin?.place ?? full, commit: commit) }
        if let sum = identity?.qualifiers["checksum"] {
            package.checksums.formUnion(sum.split(separator: ",").compactMap { Checksum($0) })
        }
        return package
    }
}
