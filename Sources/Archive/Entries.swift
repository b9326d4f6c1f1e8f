/// One thing in an archive or a folder.
public struct ArchiveEntry: Equatable, Sendable {
    public enum Kind: String, Codable, Sendable { case file, folder, link, hardLink, other }

    /// From the root, with `/` between its parts; behind each `!/` what lies in an archive inside.
    public var path: String
    public var kind: Kind
    /// Bytes; 0 for what is no file.
    public var size: Int64
    /// The permission bits.
    public var mode: UInt32
    /// Where a link leads.
    public var target: String?
    /// SHA-256 of a file's content.
    public var digest: [UInt8]?
    /// Whose it is; `nil` where that does not matter, as in what is unpacked by whoever runs it.
    public var owner: Owner?

    /// The numbers of a user and a group, and what a program may do beyond what its user may.
    public struct Owner: Hashable, Sendable {
        public var user: Int64
        public var group: Int64
        /// The attribute `security.capability` in hexadecimal digits; `nil` where there is none.
        public var capabilities: String?

        public init(user: Int64, group: Int64, capabilities: String? = nil) {
            self.user = user
            self.group = group
            self.capabilities = capabilities
        }
    }

    public init(
        path: String, kind: Kind, size: Int64, mode: UInt32, target: String? = nil, digest: [UInt8]? = nil,
        owner: Owner? = nil
    ) {
        self.path = path
        self.kind = kind
        self.size = size
        self.mode = mode
        self.target = target
        self.digest = digest
        self.owner = owner
    }

    /// Whether both are the same thing with the same content, wherever they lie.
    public func isSame(as other: ArchiveEntry) -> Bool {
        kind == other.kind && size == other.size && mode == other.mode && target == other.target
            && digest == other.digest && owner == other.owner
    }
}

/// What an archive or a folder holds.
public struct ArchiveListing: Sendable {
    public var entries: [ArchiveEntry] = []
    /// What could not be looked into, or was not, in sentences.
    public var notes: [String] = []
    /// Contents that were asked for, by path.
    public var contents: [String: [UInt8]] = [:]

    public init() {}

    /// What would be there after unpacking, by path: where one occurs twice, the later, and a file's second name as the
    /// file that it is.
    public var byPath: [ExactPath: ArchiveEntry] {
        var result: [ExactPath: ArchiveEntry] = [:]
        for entry in entries {
            let path = ExactPath(entry.path)
            guard entry.kind == .hardLink, let target = entry.target, var file = result[ExactPath(target)] else {
                result[path] = entry
                continue
            }
            file.path = entry.path
            result[path] = file
        }
        return result
    }
}
