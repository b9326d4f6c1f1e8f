/// One package at one version, as a lockfile or an SBOM lists it.
///
/// Its identity is that of a package URL: type, namespace and name. What it is made of: version, origin, checksums.
public struct Package: Hashable, Sendable {
    /// How the application came to need it.
    public enum Relation: String, Codable, Sendable { case direct, transitive, own }

    public var name: String
    /// Empty where the list does not tell, as for what comes from a folder.
    public var version: String
    public var ecosystem: Ecosystem
    /// `nil` where the format does not tell. `own` is a part of the application itself.
    public var relation: Relation?
    /// What says that two names mean one package.
    public var key: String
    /// `nil` where the list does not tell.
    public var origin: Origin?
    public var checksums: Set<Checksum> = []
    /// What says how it was patched after it was fetched; `nil` where it was not.
    public var patch: String?
    public var licence: String?
    /// Whether the list names it without saying of which kind it is; then it may be what another list says in full.
    var isNameOnly = false

    public init(
        _ name: String, _ version: String, _ ecosystem: Ecosystem, _ relation: Relation? = nil, key: String? = nil,
        origin: Origin? = nil, checksums: Set<Checksum> = [], patch: String? = nil
    ) {
        self.name = name
        self.version = version
        self.ecosystem = ecosystem
        self.relation = relation
        self.key = key ?? ecosystem.key(name)
        self.origin = origin
        self.checksums = checksums
        self.patch = patch
    }
}
