import Archive

/// The other files of the same release, for lists that refer to them.
///
/// Each is read once. Not shared between threads.
final class Neighbours {
    /// What a path from the root, or out of it, means.
    enum Root {
        /// Nothing: it leads outside.
        case folder
        /// Nothing, and what lies in an archive inside has no way out of that.
        case archive
        /// Something of the same release: the root of an image, above which there is nothing.
        case fileSystem
    }

    private let root: Root
    private let content: (String) -> [UInt8]?
    private let listing: () -> [String]
    private var known: [String: [UInt8]?] = [:]

    /// Every path that there is.
    private(set) lazy var paths = listing()
    /// Lists that are compared as well: what they say need not be said again by those that refer to them.
    var comparedToo: Set<String> = []
    /// Maven's projects, which refer to one another.
    private(set) lazy var projects = MavenWorkspace()

    init(
        content: @escaping (String) -> [UInt8]? = { _ in nil }, listing: @escaping () -> [String] = { [] },
        root: Root = .folder
    ) {
        self.root = root
        self.content = content
        self.listing = listing
    }

    /// What a file holds; `nil` where it is not there, or cannot be read.
    func bytes(_ path: String) -> [UInt8]? {
        if let found = known[path] { return found }
        let found = content(path)
        known[path] = .some(found)
        return found
    }

    /// Takes in what was read in one go.
    func know(_ files: [String: [UInt8]]) { known.merge(files.mapValues { .some($0) }) { _, new in new } }

    /// A path that one of the files names; `nil` where it leads outside.
    func place(of reference: String, from path: String) -> String? {
        var outer = ""
        if root != .folder, path.leadsIntoArchive {
            outer = path.split(atBytes: "!/").dropLast().map { "\($0)!/" }.joined()
        } else if root == .fileSystem {
            let folder = path.pathParts.dropLast().joined(separator: "/")
            return Archive.rooted(reference.isAbsolutePath ? reference : "\(folder)/\(reference)")
        }
        let inner = String(path.droppingBytes(of: outer))
        if reference.isAbsolutePath {
            return inner.isAbsolutePath ? Self.resolve(reference, from: "/") : nil
        }
        return Self.resolve(reference, from: inner).map { outer + $0 }
    }

    /// A path that a file names, from the root; `nil` where it leads outside.
    static func resolve(_ reference: some StringProtocol, from path: String) -> String? {
        var parts = path.pathParts.dropLast().map(String.init)
        for part in reference.pathParts where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        let isAbsolute = path.isAbsolutePath
        return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    }
}
