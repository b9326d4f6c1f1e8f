import Archive
import Foundation
import Model

/// Reads images from a registry, by the
/// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md), with the logins
/// that the user's tools know. Nothing is believed that is not what its digest says.
final class Registry {
    struct Layer: Hashable {
        var digest: String
        var size: Int64
        var mediaType = ""
    }

    struct Image {
        var digest: String
        var layers: [Layer]
        var settings: ImageSettings
        var platform: ImagePlatform?
    }

    /// One image that a reference names, for one kind of machine.
    struct Candidate {
        var digest: String
        var document: ImageDocument?
        var platform: ImagePlatform?
    }

    /// What a reference names: one image, or several for several kinds of machines.
    struct Contents {
        /// Of what the reference itself names.
        var digest: String
        var candidates: [Candidate]
        /// Statements about the images.
        var attestations: [ImageDescriptor]
    }

    let connection: RegistryConnection
    /// Where layers are kept while they are read.
    private let folder: String
    var reference: ImageReference { connection.reference }
    private static let deadline: Duration = .seconds(60)
    private static let blobDeadline: Duration = .seconds(600)
    static let largestDocument = 8 << 20
    private static let largestLayer: Int64 = 16 << 30
    private static let mostIndexes = 50
    private static let deepestIndex = 5

    init(_ connection: RegistryConnection, folder: String = NSTemporaryDirectory()) {
        self.connection = connection
        self.folder = folder
    }

    convenience init(_ reference: ImageReference, credentials: Credentials = .usual) {
        self.init(RegistryConnection(reference, credentials: credentials))
    }

    private static let manifestTypes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ].map { "Accept: \($0)" }

    // MARK: manifests

    /// What a tag or digest names; `nil` where there is no such thing.
    func manifest(_ name: String) throws(Problem) -> (bytes: [UInt8], digest: String)? {
        guard
            let (body, headers) = try connection.document(
                "manifests/\(name)", "its manifest", headers: Self.manifestTypes, atMost: Self.largestDocument,
                deadline: Self.deadline)
        else { return nil }
        // Where a tag was asked for, only the registry says what it meant to send.
        let promised = name.contains(":") ? name : headers["docker-content-digest"].flatMap(ArtifactDigest.normalized)
        let digest = Digest.text(of: body, promised.flatMap(Digest.Algorithm.init(of:)) ?? .sha256)
        guard promised ?? digest == digest else {
            throw connection.fault("the manifest \(name.prefix(26)) is not what its digest says")
        }
        return (body, digest)
    }

    func document(_ bytes: [UInt8]) throws(Problem) -> ImageDocument {
        do { return try ImageDocument.parse(bytes) } catch { throw connection.fault(error.reason) }
    }

    /// Looks up what a tag or digest names, indexes within indexes included.
    func contents(_ name: String) throws(Problem) -> Contents? {
        guard let found = try manifest(name) else { return nil }
        var contents = Contents(digest: found.digest, candidates: [], attestations: [])
        let document = try document(found.bytes)
        guard case .index(let list) = document else {
            contents.candidates = [Candidate(digest: found.digest, document: document, platform: nil)]
            return contents
        }
        var search = Search(seen: [found.digest])
        try gather(list, 1, &search, &contents)
        return contents
    }

    /// What was met on the way through indexes, and how many documents had to be read for that.
    private struct Search {
        var seen: Set<String>
        var read = 0
    }

    private func gather(
        _ list: [ImageDescriptor], _ depth: Int, _ search: inout Search, _ contents: inout Contents
    ) throws(Problem) {
        for descriptor in list where search.seen.insert(descriptor.digest).inserted {
            if descriptor.isAttestation {
                contents.attestations.append(descriptor)
                continue
            }
            let isIndex = descriptor.mediaType.contains("index") || descriptor.mediaType.contains("manifest.list")
            if !isIndex, descriptor.platform != nil {
                contents.candidates.append(Candidate(digest: descriptor.digest, platform: descriptor.platform))
                continue
            }
            search.read += 1
            guard depth < Self.deepestIndex, search.read < Self.mostIndexes else {
                throw connection.fault("its index has more indexes in it than anyone would want")
            }
            let document = try document(of: descriptor.digest)
            if case .index(let inner) = document {
                try gather(inner, depth + 1, &search, &contents)
            } else {
                contents.candidates.append(Candidate(digest: descriptor.digest, document: document))
            }
        }
    }

    private func document(of digest: String) throws(Problem) -> ImageDocument {
        guard let found = try manifest(digest) else {
            throw connection.fault("the manifest \(digest.prefix(19)) that it names is not there")
        }
        return try document(found.bytes)
    }

    /// Reads what an image says of itself.
    func image(_ candidate: Candidate) throws(Problem) -> Image {
        let document: ImageDocument
        if let known = candidate.document {
            document = known
        } else {
            document = try self.document(of: candidate.digest)
        }
        guard case .manifest(let config, let layers, _) = document else { throw connection.fault("it is an index") }
        let bytes = try blob(config, "the config")
        guard let root = try? JSONValue(bytes) else { throw connection.fault("its config is no JSON") }
        return Image(
            digest: candidate.digest,
            layers: layers.map { Layer(digest: $0.digest, size: $0.size ?? 0, mediaType: $0.mediaType) },
            settings: ImageSettings(root["config"]), platform: ImagePlatform(root) ?? candidate.platform)
    }

    /// A small thing, whole.
    func blob(_ descriptor: ImageDescriptor, _ what: String, limit: Int = largestDocument) throws(Problem) -> [UInt8] {
        guard
            let (body, _) = try connection.document(
                "blobs/\(descriptor.digest)", what, atMost: limit, deadline: Self.deadline)
        else { throw connection.fault("\(what) \(descriptor.digest.prefix(19)) is not there") }
        guard let algorithm = Digest.Algorithm(of: descriptor.digest),
            Digest.text(of: body, algorithm) == descriptor.digest
        else { throw connection.fault("\(what) \(descriptor.digest.prefix(19)) is not what its digest says") }
        return body
    }

    // MARK: layers

    /// Lists what is in a layer. It is kept in a file for as long as that takes, and its digest is checked.
    /// - Parameter limits: afterwards, what is left of them.
    func list(
        _ layer: Layer, spending limits: inout Archive.Limits, keep: (String) -> Bool = { _ in false }
    ) throws(Problem) -> ArchiveListing {
        let short = layer.digest.prefix(19)
        guard layer.mediaType.isEmpty || layer.mediaType.contains("tar"), !layer.mediaType.contains("encrypted") else {
            var listing = ArchiveListing()
            listing.notes = ["the layer \(short) is a \(layer.mediaType), which was not looked into"]
            return listing
        }
        let file = try NamelessFile(in: folder)
        guard let digest = try fetch(layer, into: file.descriptor) else {
            // Some owners of systems do not let registries keep theirs.
            guard layer.mediaType.contains("foreign") || layer.mediaType.contains("nondistributable") else {
                throw connection.fault("the layer \(short) is not there")
            }
            var listing = ArchiveListing()
            listing.notes = ["the layer \(short) is kept elsewhere, and was not looked into"]
            return listing
        }
        guard digest == layer.digest else { throw connection.fault("the layer \(short) is not what its digest says") }
        do {
            return try Archive.list(
                "the layer", descriptor: file.descriptor, root: .fileSystem, spending: &limits, keep: keep)
        } catch {
            throw connection.fault("the layer \(short) cannot be read: \(error)")
        }
    }

    /// - Returns: the digest of what was fetched; `nil` where there is no such layer.
    private func fetch(_ layer: Layer, into file: Int32) throws(Problem) -> String? {
        let digest = Digest(Digest.Algorithm(of: layer.digest) ?? .sha256)
        var total: Int64 = 0
        var complaint: String?
        do throws(Problem) {
            let headers = try connection.get(
                "blobs/\(layer.digest)", deadline: Self.blobDeadline,
                restart: {
                    if ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0 {
                        complaint = "it cannot be begun anew"
                    }
                    digest.restart()
                    total = 0
                },
                take: { piece in
                    total += Int64(piece.count)
                    if total > Self.largestLayer {
                        complaint = "it is larger than \(Self.largestLayer >> 30) GiB"
                    } else if write(file, piece.baseAddress, piece.count) != piece.count {
                        complaint = "the disk is full"
                    }
                    digest.take(piece)
                    return complaint == nil
                })
            return headers == nil ? nil : Digest.text(digest.finish())
        } catch {
            throw complaint.map { Problem("cannot keep the layer \(layer.digest.prefix(19)): \($0)") } ?? error
        }
    }
}
