import Model

/// The kind of machine that an image is for.
struct ImagePlatform: Hashable, CustomStringConvertible {
    var system: String
    var architecture: String
    var variant: String?

    var description: String { [system, architecture, variant].compactMap { $0 }.joined(separator: "/") }

    /// This machine's.
    static var here: ImagePlatform {
        #if arch(arm64)
            ImagePlatform(system: "linux", architecture: "arm64")
        #else
            ImagePlatform(system: "linux", architecture: "amd64")
        #endif
    }

    /// Whether an image for `other` is one for this; one of both may leave the variant open.
    func fits(_ other: ImagePlatform) -> Bool {
        system == other.system && architecture == other.architecture
            && (variant == other.variant || variant == nil || other.variant == nil)
    }

    /// Reads `os`, `architecture` and `variant`, as configs and indexes have them; `nil` where it is not told. Images of
    /// Windows are for one build of it, which stands in the place of the variant.
    init?(_ value: JSONValue) {
        guard let system = value["os"].text, let architecture = value["architecture"].text, !system.isEmpty,
            !architecture.isEmpty, system != "unknown"
        else { return nil }
        let build = system == "windows" ? value["os.version"].text?.split(separator: ".").prefix(3) : nil
        let variant = value["variant"].text.flatMap { $0.isEmpty ? nil : $0 } ?? build?.joined(separator: ".")
        // Every arm64 is of the variant v8, and many say nothing of it.
        let isUsual = architecture == "arm64" && variant == "v8"
        self.init(system: system, architecture: architecture, variant: isUsual ? nil : variant)
    }

    init(system: String, architecture: String, variant: String? = nil) {
        self.system = system
        self.architecture = architecture
        self.variant = variant
    }

    /// Which two to compare: this machine's where both have it, else the first that both have, so that like is compared
    /// with like; `nil` where they have none in common.
    static func pair(
        _ from: [ImagePlatform], _ to: [ImagePlatform], here: ImagePlatform
    ) -> (from: ImagePlatform, to: ImagePlatform)? {
        for wanted in [here] + from {
            // An exact one goes before one that leaves the variant open.
            func best(_ list: [ImagePlatform]) -> ImagePlatform? {
                list.first { $0 == wanted } ?? list.first { $0.fits(wanted) }
            }
            if let first = best(from), let second = best(to) { return (first, second) }
        }
        return nil
    }
}

/// What an index or a manifest says of something else in the registry, see the
/// [image specification](https://github.com/opencontainers/image-spec/blob/main/descriptor.md).
struct ImageDescriptor: Hashable {
    var mediaType: String
    var digest: String
    var size: Int64?
    var platform: ImagePlatform?
    /// What it is of, where it is an attachment.
    var artifactType: String?
    var annotations: [String: String]

    init(_ value: JSONValue, _ what: String) throws(FormatError) {
        guard let text = value["digest"].text, let digest = ArtifactDigest.normalized(text) else {
            throw FormatError("\(what) has no digest")
        }
        self.digest = digest
        mediaType = value["mediaType"].text ?? ""
        size = value["size"].number.map { Int64($0) }
        platform = ImagePlatform(value["platform"])
        artifactType = value["artifactType"].text
        annotations = value["annotations"].members.reduce(into: [:]) { $0[$1.key] = $1.value.text }
    }

    /// Whether it is a statement about an image beside it in an index, as
    /// [BuildKit](https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md) writes them.
    var isAttestation: Bool { annotations["vnd.docker.reference.type"] != nil }
}

/// What a registry has under a tag or a digest. Its parser survives any bytes.
enum ImageDocument: Equatable {
    /// For several kinds of machines.
    case index([ImageDescriptor])
    case manifest(config: ImageDescriptor, layers: [ImageDescriptor], artifactType: String?)

    /// Reads an [index](https://github.com/opencontainers/image-spec/blob/main/image-index.md) or a
    /// [manifest](https://github.com/opencontainers/image-spec/blob/main/manifest.md), Docker's of the same shape included.
    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ImageDocument {
        let root = try JSONValue(bytes)
        guard root.isObject else { throw FormatError("it is no manifest") }
        if root.keys.contains("manifests") {
            var list: [ImageDescriptor] = []
            for value in root["manifests"].list { list.append(try ImageDescriptor(value, "one of its images")) }
            return .index(list)
        }
        if root["schemaVersion"].number == 1 {
            throw FormatError("its manifest is of the first kind, which no registry takes any more")
        }
        guard root["config"].isObject else { throw FormatError("its manifest has no config") }
        let config = try ImageDescriptor(root["config"], "its config")
        guard root.keys.contains("layers") else { throw FormatError("its manifest has no layers") }
        var layers: [ImageDescriptor] = []
        for value in root["layers"].list { layers.append(try ImageDescriptor(value, "one of its layers")) }
        return .manifest(config: config, layers: layers, artifactType: root["artifactType"].text)
    }
}
