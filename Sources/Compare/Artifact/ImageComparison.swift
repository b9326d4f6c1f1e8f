import Archive
import Model

/// What differs between two images beside their files.
public struct ImageComparison: Equatable, Sendable {
    public struct Layer: Equatable, Sendable {
        public enum Status: String, Codable, Sendable {
            case added, removed, shared
            /// It is in both, above or below others than before.
            case moved
        }

        public var digest: String
        /// Packed, in bytes.
        public var size: Int64
        public var status: Status
    }

    public var layers: [Layer]
    /// Everything that it says of running it.
    public var settings: [SettingChange]
    /// The kinds of machines that the compared ones are for.
    public var platforms: [String]

    /// Layers from the lowest up, those of the first image before what only the second has.
    static func layers(_ before: [Registry.Layer], _ after: [Registry.Layer]) -> [Layer] {
        let difference = after.map(\.digest).difference(from: before.map(\.digest)).inferringMoves()
        var result = before.map { Layer(digest: $0.digest, size: $0.size, status: .shared) }
        for case .remove(let offset, _, let moved) in difference {
            result[offset].status = moved == nil ? .removed : .moved
        }
        for case .insert(let offset, _, nil) in difference {
            result.append(Layer(digest: after[offset].digest, size: after[offset].size, status: .added))
        }
        return result
    }
}

extension ArtifactComparison {
    /// Compares two images: their layers, their settings, and the files that are left when all layers are laid over
    /// each other.
    static func between(
        images from: ImageReference, _ to: ImageReference, paths: (from: String, to: String),
        registered: (from: String?, to: String?) = (nil, nil), credentials: Credentials = .usual,
        here: ImagePlatform = .here, limits: Archive.Limits = Archive.Limits()
    ) throws(Problem) -> ArtifactComparison {
        let (old, new) = (Registry(from, credentials: credentials), Registry(to, credentials: credentials))
        let first = try ImageRegistration.contents(old, registered: registered.from)
        let second = try ImageRegistration.contents(new, registered: registered.to)
        let pair = try ImagePair(old, first.contents, new, second.contents, here: here)

        var listings: [String: ArchiveListing] = [:]
        var left = limits
        for (registry, layers) in [(old, pair.from.layers), (new, pair.to.layers)] {
            // The bounds are of all layers of an image together, which may have hundreds; and of both images for what is
            // remembered of them.
            (left.bytes, left.deadline) = (limits.bytes, limits.deadline)
            for layer in layers where listings[layer.digest] == nil {
                listings[layer.digest] = try registry.list(
                    layer, spending: &left, keep: ArtifactLists.isWanted(inImage:))
            }
        }
        let before = LayerStack(
            pair.from.layers.compactMap { listings[$0.digest] }, isWanted: ArtifactLists.isWanted(inImage:))
        let after = LayerStack(
            pair.to.layers.compactMap { listings[$0.digest] }, isWanted: ArtifactLists.isWanted(inImage:))
        var comparison = compare(
            before.entries, after.entries, paths, (first.contents.digest, second.contents.digest))

        // What the lists lead to may have to be read again, which has bounds of its own.
        left = limits
        func lists(_ stack: LayerStack, _ registry: Registry, _ image: Registry.Image) -> ArtifactFiles.Lists {
            let contents = stack.contents.map { (ExactPath($0), $1) }
            var files = ArtifactFiles(
                stack.entries, Dictionary(uniqueKeysWithValues: contents), root: .fileSystem)
            return files.lists(ArtifactLists.isWanted(inImage:)) { paths throws(Problem) in
                try stack.read(paths) { layer, names throws(Problem) in
                    try registry.list(image.layers[layer], spending: &left) { names.contains(ExactPath($0)) }.contents
                }
            }
        }
        var (firstLists, secondLists) = (lists(before, old, pair.from), lists(after, new, pair.to))
        let beside = (
            old.attachments(of: first.contents, pair.from), new.attachments(of: second.contents, pair.to)
        )
        firstLists.contents.merge(beside.0.lists) { file, _ in file }
        secondLists.contents.merge(beside.1.lists) { file, _ in file }
        let notes = listings.values.flatMap(\.notes) + before.notes + after.notes + beside.0.notes + beside.1.notes
        comparison.notes = pair.notes + Array(Set(notes)).sorted()
        comparison.dangers = Array(Set(first.dangers + second.dangers)).sorted()
        comparison.image = ImageComparison(
            layers: ImageComparison.layers(pair.from.layers, pair.to.layers),
            settings: ImageSettings.changes(pair.from.settings, pair.to.settings),
            platforms: [pair.from, pair.to].map { $0.platform?.description ?? "unknown" })
        comparison.dependencies = ArtifactLists.compare(firstLists, secondLists, renamed: comparison.renamed)
        return comparison
    }
}

/// The two images of two references that are compared: of what both have, what this machine would run.
private struct ImagePair {
    var from: Registry.Image
    var to: Registry.Image
    var notes: [String] = []

    init(
        _ old: Registry, _ first: Registry.Contents, _ new: Registry, _ second: Registry.Contents, here: ImagePlatform
    ) throws(Problem) {
        let known = (try Self.platforms(old, first), try Self.platforms(new, second))
        func names(_ list: [(ImagePlatform?, Registry.Candidate)]) -> String {
            list.isEmpty ? "nothing" : list.map { $0.0?.description ?? "unknown" }.joined(separator: ", ")
        }
        let chosen = ImagePlatform.pair(known.0.compactMap(\.0), known.1.compactMap(\.0), here: here)
        if let chosen, let before = known.0.first(where: { $0.0 == chosen.from }),
            let after = known.1.first(where: { $0.0 == chosen.to })
        {
            (from, to) = (try old.image(before.1), try new.image(after.1))
            if !chosen.from.fits(here) {
                notes.append(
                    "\(chosen.from) was compared: not both are for \(here). \(old.reference.text) is for "
                        + "\(names(known.0)), \(new.reference.text) for \(names(known.1))")
            }
            return
        }
        // One image each can still be compared, with a word on it.
        guard known.0.count == 1, known.1.count == 1 else {
            throw Problem(
                "there is no kind of machine that both are for: \(old.reference.text) is for \(names(known.0)), "
                    + "\(new.reference.text) for \(names(known.1))")
        }
        (from, to) = (try old.image(known.0[0].1), try new.image(known.1[0].1))
        notes.append(
            "\(old.reference.text) is for \(names(known.0)), \(new.reference.text) for \(names(known.1)): "
                + "most of what differs comes of that")
    }

    /// What each image is for; where its index does not say so, it does itself.
    private static func platforms(
        _ registry: Registry, _ contents: Registry.Contents
    ) throws(Problem) -> [(ImagePlatform?, Registry.Candidate)] {
        var result: [(ImagePlatform?, Registry.Candidate)] = []
        for candidate in contents.candidates {
            if let platform = candidate.platform {
                result.append((platform, candidate))
            } else {
                result.append((try registry.image(candidate).platform, candidate))
            }
        }
        return result
    }
}
