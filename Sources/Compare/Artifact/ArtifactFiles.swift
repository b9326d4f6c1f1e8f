import Archive

/// The files of an archive or an image, as a program that runs there finds them, and the contents of some of them.
///
/// Links are followed as [path resolution](https://man7.org/linux/man-pages/man7/path_resolution.7.html) says, but never
/// out of what is compared: an archive has no root, so that what leads there, or above it, leads outside; the root of an
/// image is its own, and `..` of it is the root. An archive inside is one of its own.
struct ArtifactFiles {
    /// Where a path leads.
    enum Place: Equatable {
        /// The path of a file, over no link.
        case file(String)
        /// Why it leads to no file, in a sentence.
        case nowhere(String)
    }

    /// Everything that is there, by path; a file's second name is the file.
    let entries: [ExactPath: ArchiveEntry]
    /// What was read of it, by the paths of files.
    private(set) var contents: [ExactPath: [UInt8]]
    private let root: Archive.Root
    private static let mostLinks = 40

    init(_ entries: [ExactPath: ArchiveEntry], _ contents: [ExactPath: [UInt8]], root: Archive.Root) {
        self.entries = entries
        self.contents = contents
        self.root = root
    }

    mutating func know(_ more: [ExactPath: [UInt8]]) { contents.merge(more) { _, new in new } }

    func place(of path: String) -> Place {
        // Only the last archive of those inside one another: a link has no way out of it.
        let outer = path.split(atBytes: "!/").dropLast().map { "\($0)!/" }.joined()
        let isOwnRoot = root == .fileSystem && outer.isEmpty
        var left = Array(Substring(path.droppingBytes(of: outer)).pathParts.reversed())
        var here: [Substring] = []
        var links = 0
        while let part = left.popLast() {
            if part == "." { continue }
            if part == ".." {
                if here.popLast() == nil, !isOwnRoot { return .nowhere("\(path) leads out of the archive") }
                continue
            }
            here.append(part)
            let entry = entries[ExactPath(outer + here.joined(separator: "/"))]
            guard let entry, entry.kind == .link, let target = entry.target else { continue }
            links += 1
            guard links <= Self.mostLinks else { return .nowhere("\(path) lies behind links that have no end") }
            if target.isAbsolutePath {
                guard isOwnRoot else { return .nowhere("\(path) leads out of the archive, to \(target)") }
                here = []
            } else {
                here.removeLast()
            }
            left += target.pathParts.reversed()
        }
        let found = outer + here.joined(separator: "/")
        switch entries[ExactPath(found)]?.kind {
        case .file: return .file(found)
        case nil where found.hasSameBytes(as: path): return .nowhere("\(path) is not there")
        case nil: return .nowhere("\(path) leads to \(found), which is not there")
        default:
            return .nowhere("\(found.hasSameBytes(as: path) ? found : "\(path) leads to \(found), which") is no file")
        }
    }
}

extension ArtifactFiles {
    /// Lists of packages, by the paths under which they lie, with all that they name.
    struct Lists {
        var contents: [String: [UInt8]] = [:]
        /// Why a list cannot be read, in a sentence that names it.
        var faults: [String: String] = [:]
        /// Files that the lists name.
        var beside = Neighbours()
    }

    /// How often what was read names something else that must be read, too.
    private static let mostRounds = 8

    /// Finds the lists, and reads what they lead to over links and by name.
    /// - Parameters:
    ///   - isWanted: whether a path is that of a list.
    ///   - read: reads files by their paths; what is too large is left out.
    mutating func lists(
        _ isWanted: (String) -> Bool, read: (Set<ExactPath>) throws(Problem) -> [ExactPath: [UInt8]]
    ) -> Lists {
        let names = entries.values.filter { [.file, .link].contains($0.kind) && isWanted($0.path) }.map(\.path).sorted()
        var asked: Set<ExactPath> = []
        var complaint: String?
        for _ in 0..<Self.mostRounds {
            let missing = missing(names).subtracting(asked)
            if missing.isEmpty { break }
            asked.formUnion(missing)
            do throws(Problem) { know(try read(missing)) } catch { complaint = complaint ?? error.reason }
        }
        return found(names, complaint ?? "it is too large, or lists name one another without end")
    }

    /// The files that lists lead to, and that were not read.
    private func missing(_ names: [String]) -> Set<ExactPath> {
        var result: Set<ExactPath> = []
        let look = { (path: String) -> [UInt8]? in
            guard case .file(let file) = self.place(of: path) else { return nil }
            if self.contents[ExactPath(file)] == nil { result.insert(ExactPath(file)) }
            return self.contents[ExactPath(file)]
        }
        let beside = neighbours(names, content: look)
        for name in names {
            guard let bytes = look(name), DependencyList.format(name)?.namesOthers == true else { continue }
            // Reading it asks for what it names.
            _ = try? DependencyList.contents(of: bytes, path: name, beside: beside)
        }
        return result
    }

    /// - Parameter complaint: why a file was not read.
    private func found(_ names: [String], _ complaint: String) -> Lists {
        var result = Lists()
        for name in names {
            switch place(of: name) {
            case .nowhere(let why): result.faults[name] = "cannot read \(name): \(why)"
            case .file(let file):
                if let bytes = contents[ExactPath(file)] {
                    result.contents[name] = bytes
                } else {
                    result.faults[name] = "cannot read \(name): \(complaint)"
                }
            }
        }
        let files = self
        result.beside = neighbours(names) { path in
            guard case .file(let file) = files.place(of: path) else { return nil }
            return files.contents[ExactPath(file)]
        }
        return result
    }

    private func neighbours(_ names: [String], content: @escaping (String) -> [UInt8]?) -> Neighbours {
        let entries = entries
        return Neighbours(
            content: content,
            listing: { names + entries.keys.map(\.text).filter { $0.endsWithBytes(of: ".mvn/maven.config") } },
            root: root == .folder ? .archive : .fileSystem)
    }
}
