import Foundation
import Model

/// SBOMs that lie beside an image in its registry.
struct Attachments {
    /// Contents, by names below ``ArtifactLists/attached``.
    var lists: [String: [UInt8]] = [:]
    var notes: [String] = []
}

extension Registry {
    private static let mostAttachments = 50
    /// Nobody waits longer for what may not be there.
    private static let patience: Duration = .seconds(60)

    /// Reads SBOMs attached as [referrers](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers),
    /// as [BuildKit's attestations](https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md),
    /// or under [cosign's tags](https://github.com/sigstore/cosign/blob/main/specs/SBOM_SPEC.md). What cannot be read is
    /// noted; it keeps nothing else back.
    func attachments(of contents: Contents, _ image: Image) -> Attachments {
        var result = Attachments()
        let end = connection.time.now() + Self.patience
        func look(_ read: (inout Attachments) throws(Problem) -> Void) {
            guard connection.time.now() < end else {
                result.notes.append("not all that may be attached was asked for: \(reference.registry) is too slow")
                return
            }
            do throws(Problem) { try read(&result) } catch {
                result.notes.append("what is attached could not be read: \(error.reason)")
            }
        }
        let beside = contents.attestations.filter { $0.annotations["vnd.docker.reference.digest"] == image.digest }
        for descriptor in beside.prefix(Self.mostAttachments) {
            look { result throws(Problem) in try read(descriptor, &result) }
        }
        for digest in contents.digest == image.digest ? [image.digest] : [image.digest, contents.digest] {
            var attached: [ImageDescriptor] = []
            look { _ throws(Problem) in attached = try referrers(of: digest) }
            for descriptor in attached.prefix(Self.mostAttachments) {
                look { result throws(Problem) in try read(descriptor, &result) }
            }
            let tag = digest.replacing(":", with: "-")
            for name in ["\(tag).sbom", "\(tag).att"] {
                look { result throws(Problem) in
                    guard let found = try manifest(name) else { return }
                    try read(try document(found.bytes), &result)
                }
            }
        }
        result.notes = Array(Set(result.notes))
        return result
    }

    /// Registries that do not know the question have the answer under a tag.
    private func referrers(of digest: String) throws(Problem) -> [ImageDescriptor] {
        var body = try connection.document(
            "referrers/\(digest)", "the list of what is attached", atMost: Self.largestDocument, deadline: .seconds(60)
        )?.bytes
        if body == nil { body = try manifest(digest.replacing(":", with: "-"))?.bytes }
        guard let body, case .index(let list) = try document(body) else { return [] }
        return list
    }

    private func read(_ descriptor: ImageDescriptor, _ result: inout Attachments) throws(Problem) {
        let kind = descriptor.artifactType ?? ""
        // Signatures and the like are attached, too. Where nothing is told of the kind, it is looked at.
        let isOther = !kind.isEmpty && !["spdx", "cyclonedx", "in-toto", "dsse", "syft"].contains(where: kind.contains)
        guard !isOther else { return }
        guard let found = try manifest(descriptor.digest) else {
            throw connection.fault("the attachment \(descriptor.digest.prefix(19)) is not there")
        }
        try read(try document(found.bytes), &result)
    }

    private func read(_ document: ImageDocument, _ result: inout Attachments) throws(Problem) {
        guard case .manifest(_, let layers, _) = document else { return }
        for layer in layers {
            let kind = layer.annotations["predicateType"] ?? layer.annotations["in-toto.io/predicate-type"] ?? ""
            let isEnvelope = ["in-toto", "dsse"].contains { layer.mediaType.contains($0) }
            if isEnvelope, !kind.isEmpty, SBOMKind(kind) == nil { continue }
            guard isEnvelope || SBOMKind(layer.mediaType) != nil else { continue }
            let bytes = try blob(layer, "an attached SBOM", limit: DependencyList.largest)
            guard let (kind, list) = isEnvelope ? statement(bytes) : SBOMKind(layer.mediaType).map({ ($0, bytes) })
            else { continue }
            guard let ending = kind.ending else {
                result.notes.append("an attached list is a \(layer.mediaType), which lastgood does not read")
                continue
            }
            var name = "\(ArtifactLists.attached)sbom\(ending)"
            for number in 2..<100 where result.lists[name] != nil && result.lists[name] != list {
                name = "\(ArtifactLists.attached)sbom-\(number)\(ending)"
            }
            result.lists[name] = list
        }
    }

    /// What an in-toto statement says, which may lie in an envelope with signatures, see
    /// [DSSE](https://github.com/secure-systems-lab/dsse/blob/master/envelope.md); `nil` where it is no SBOM.
    private func statement(_ bytes: [UInt8]) -> (SBOMKind, [UInt8])? {
        guard var root = try? JSONValue(bytes) else { return nil }
        if let payload = root["payload"].text {
            guard let data = Data(base64Encoded: payload), let inner = try? JSONValue(Array(data)) else { return nil }
            root = inner
        }
        guard let kind = root["predicateType"].text.flatMap(SBOMKind.init) else { return nil }
        // Older tools put the list into a field of its own, or write it as a text.
        let predicate = root["predicate"]["Data"].isThere ? root["predicate"]["Data"] : root["predicate"]
        return (kind, Array((predicate.text ?? predicate.json).utf8))
    }
}

/// What an attachment is, by its media type or the type of its statement.
private enum SBOMKind {
    case cycloneDX, cycloneDXInXML, spdx, spdxText, syft

    init?(_ type: String) {
        let type = type.lowercased()
        if type.contains("cyclonedx") {
            self = type.hasSuffix("xml") ? .cycloneDXInXML : .cycloneDX
        } else if type.contains("spdx") {
            self = type.hasPrefix("text/") && !type.contains("json") ? .spdxText : .spdx
        } else if type.contains("syft") {
            self = .syft
        } else {
            return nil
        }
    }

    /// How a file of that kind is called.
    var ending: String? {
        switch self {
        case .cycloneDX: ".cdx.json"
        case .spdx: ".spdx.json"
        case .spdxText: ".spdx"
        // By its name, the reader says whether it knows it.
        case .cycloneDXInXML: ".cdx.xml"
        case .syft: nil
        }
    }
}
