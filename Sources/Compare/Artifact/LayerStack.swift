import Archive

/// The layers of an image, laid over each other, as the
/// [image specification](https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets) says: a later
/// one replaces, and its whiteouts take away what lies below.
struct LayerStack {
    private final class Node {
        let path: String
        let depth: Int
        /// The layer that put it there.
        var layer: Int
        /// `nil` for a folder that only what lies in it tells of.
        var entry: ArchiveEntry?
        /// What lies in it, where it is an archive.
        var inner: [ArchiveEntry] = []
        var children: [ExactPath: Node] = [:]

        init(_ name: Substring, in parent: Node?, layer: Int) {
            path = parent.map { $0.path.isEmpty ? String(name) : "\($0.path)/\(name)" } ?? ""
            depth = (parent?.depth ?? -1) + 1
            self.layer = layer
        }

        var isFolder: Bool { entry.map { $0.kind == .folder } ?? true }

        /// Takes away what older layers put into it, and keeps what this one has.
        func forget(olderThan layer: Int) {
            for (name, child) in children {
                child.forget(olderThan: layer)
                guard child.layer < layer else { continue }
                if child.children.isEmpty { children[name] = nil } else { child.entry = nil }
            }
        }
    }

    /// A file in one of the layers.
    private struct Origin {
        /// The number of the layer, from 0.
        var layer: Int
        /// By the name that the layer has for it.
        var path: String
    }

    private let root = Node("", in: nil, layer: 0)
    private var layer = 0
    /// By the paths of what is left; those of the layers may lead over links.
    private var kept: [ExactPath: [UInt8]] = [:]
    /// Where the file of a path is to be found, by the paths of what is left.
    private var origins: [ExactPath: Origin] = [:]
    private static let mostLinks = 40
    private static let mostNotes = 20
    /// Deeper than any system's paths are.
    private static let deepest = 2048

    private(set) var notes: [String] = []
    /// Everything that is left, by path.
    private(set) var entries: [ExactPath: ArchiveEntry] = [:]
    /// Contents that were kept of what is left, by path.
    private(set) var contents: [String: [UInt8]] = [:]

    private let isWanted: (String) -> Bool

    /// - Parameter isWanted: whether the content of a path is kept, by whatever name it came.
    init(_ layers: [ArchiveListing], isWanted: @escaping (String) -> Bool = { _ in true }) {
        self.isWanted = isWanted
        for layer in layers { lay(layer) }
        var waiting: [Node] = [root]
        while let node = waiting.popLast() {
            waiting += node.children.values
            for entry in node.inner + [node.entry].compactMap(\.self) {
                let path = ExactPath(entry.path)
                entries[path] = entry
                contents[entry.path] = kept[path]
            }
        }
        kept = [:]
        // In an archive inside, which of a file's names comes first says nothing of the file, either.
        for (path, entry) in entries where entry.kind == .hardLink {
            guard var file = entry.target.flatMap({ entries[ExactPath($0)] }), file.kind == .file else { continue }
            file.path = path.text
            entries[path] = file
            origins[path] = entry.target.flatMap { origins[ExactPath($0)] }
        }
    }

    /// Reads files again that were not kept.
    /// - Parameter list: reads files of a layer, by its number from 0, by the names that the layer has for them.
    func read(
        _ paths: Set<ExactPath>, _ list: (Int, Set<ExactPath>) throws(Problem) -> [String: [UInt8]]
    ) throws(Problem) -> [ExactPath: [UInt8]] {
        var result: [ExactPath: [UInt8]] = [:]
        let found = paths.compactMap { path in origins[path].map { (path: path, origin: $0) } }
        for (layer, files) in Dictionary(grouping: found, by: \.origin.layer).sorted(by: { $0.key < $1.key }) {
            let contents = try list(layer, Set(files.map { ExactPath($0.origin.path) }))
            for file in files { result[file.path] = contents[file.origin.path] }
        }
        return result
    }

    private mutating func lay(_ listing: ArchiveListing) {
        layer += 1
        // What lies in an archive is listed before it; a folder's name may end as that of an archive does there.
        var waiting: [ArchiveEntry] = []
        for entry in listing.entries {
            if entry.path.leadsIntoArchive {
                waiting.append(entry)
                continue
            }
            let isInner = { (other: ArchiveEntry) in other.path.startsWithBytes(of: "\(entry.path)!/") }
            for other in waiting where !isInner(other) { lay(other, inner: [], listing.contents) }
            lay(entry, inner: waiting.filter(isInner), listing.contents)
            waiting = []
        }
        for other in waiting { lay(other, inner: [], listing.contents) }
    }

    private mutating func lay(_ entry: ArchiveEntry, inner: [ArchiveEntry], _ contents: [String: [UInt8]]) {
        let parts = entry.path.pathParts
        guard let name = parts.last, name != ".", name != ".." else { return }
        let isWhiteout = name.startsWithBytes(of: ".wh.")
        guard let parent = folder(parts.dropLast(), isWanted: !isWhiteout) else {
            if !isWhiteout { note("\(entry.path.prefix(200)) lies too deep, or behind too many links") }
            return
        }
        if isWhiteout {
            takeAway(name, from: parent)
        } else {
            place(entry, as: name, in: parent, inner: inner, contents: contents)
        }
    }

    private func takeAway(_ name: Substring, from parent: Node) {
        let goneName = ExactPath(name.droppingBytes(of: ".wh."))
        if name == ".wh..wh..opq" {
            parent.forget(olderThan: layer)
            // Others that begin so are notes of the file system aufs to itself.
        } else if !name.startsWithBytes(of: ".wh..wh."), let gone = parent.children[goneName] {
            gone.forget(olderThan: layer)
            guard gone.layer < layer else { return }
            // What this layer has put into it already stays.
            if gone.children.isEmpty { parent.children[goneName] = nil } else { gone.entry = nil }
        }
    }

    private mutating func place(
        _ entry: ArchiveEntry, as name: Substring, in parent: Node, inner: [ArchiveEntry], contents: [String: [UInt8]]
    ) {
        if entry.kind == .folder, let known = parent.children[ExactPath(name)], known.isFolder {
            known.entry = entry
            known.entry?.path = known.path
            known.layer = layer
            return
        }
        // Whatever was there is gone with all that lay in it.
        let node = Node(name, in: parent, layer: layer)
        var origin: Origin? = Origin(layer: layer - 1, path: entry.path)
        var entry = entry
        var content = contents[entry.path]
        node.inner = inner.map { lying in
            var lying = lying
            let there = node.path + lying.path.droppingBytes(of: entry.path)
            kept[ExactPath(there)] = contents[lying.path]
            origins[ExactPath(there)] = Origin(layer: layer - 1, path: lying.path)
            lying.path = there
            return lying
        }
        if entry.kind == .hardLink {
            // Which of a file's names comes first says nothing of the file.
            if let target = file(entry.target ?? ""), let same = target.entry {
                entry = same
                content = isWanted(node.path) ? kept[ExactPath(target.path)] : nil
                origin = origins[ExactPath(target.path)]
                node.inner = target.inner.map { lying in
                    var lying = lying
                    let there = node.path + lying.path.droppingBytes(of: target.path)
                    origins[ExactPath(there)] = origins[ExactPath(lying.path)]
                    lying.path = there
                    return lying
                }
            } else {
                note("\(node.path) is another name of \(entry.target ?? ""), which is not there")
            }
        }
        entry.path = node.path
        node.entry = entry
        kept[ExactPath(node.path)] = content
        origins[ExactPath(node.path)] = origin
        parent.children[ExactPath(name)] = node
    }

    /// What has a path, without following a link at its end.
    private func file(_ path: String) -> Node? {
        let parts = path.pathParts
        guard let name = parts.last, let parent = folder(parts.dropLast(), isWanted: false) else { return nil }
        return parent.children[ExactPath(name)]
    }

    /// The folder of a path, over links, as a system finds it: `lib/x` lies in `usr/lib` where `lib` is a link to that.
    /// - Parameter isWanted: whether it is made where there is none.
    private func folder(_ parts: ArraySlice<Substring>, isWanted: Bool) -> Node? {
        var trail = [root]
        var here = root
        var left = Array(parts.reversed())
        var links = 0
        while let part = left.popLast() {
            if part == "." { continue }
            if part == ".." {
                if trail.count > 1 { trail.removeLast() }
                here = trail[trail.count - 1]
                continue
            }
            let name = ExactPath(part)
            if let child = here.children[name], let entry = child.entry, entry.kind == .link {
                links += 1
                guard links <= Self.mostLinks, let target = entry.target else { return nil }
                if target.isAbsolutePath { (trail, here) = ([root], root) }
                left += target.pathParts.reversed()
                continue
            }
            let next: Node
            if let child = here.children[name], child.isFolder {
                next = child
            } else {
                guard isWanted, here.depth < Self.deepest else { return nil }
                next = Node(part, in: here, layer: layer)
                here.children[name] = next
            }
            trail.append(next)
            here = next
        }
        return here.depth < Self.deepest ? here : nil
    }

    private mutating func note(_ text: String) { if notes.count < Self.mostNotes { notes.append(text) } }
}
