import Model

/// Where an image is: `oci://registry.example/shop/checkout:1.9.0`, or `…@sha256:…`.
///
/// The forms of its parts are those of the
/// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
struct ImageReference: Equatable {
    var registry: String
    var repository: String
    /// A tag or a digest.
    var reference: String

    /// Reads an artifact's reference; `nil` where it names no image.
    init?(_ text: String) { try? self.init(checking: text) }

    /// Reads an artifact's reference, and says what is wrong with it.
    init(checking text: String) throws(Problem) {
        func fault(_ why: String) -> Problem {
            Problem("\(text) names no image: \(why)", mend: "write oci://REGISTRY/NAME:TAG, or …@sha256:…")
        }
        guard text.hasPrefix(Release.imageScheme) else { throw fault("it does not begin with oci://") }
        var rest = text.dropFirst(Release.imageScheme.count)
        var tag: String?
        var digest: String?
        if let at = rest.firstIndex(of: "@") {
            digest = ArtifactDigest.normalized(String(rest[rest.index(after: at)...]))
            guard digest != nil else { throw fault("“\(rest[rest.index(after: at)...])” is no digest") }
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        if let tag, tag.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,127}/) == nil {
            throw fault("“\(tag)” is no tag")
        }
        guard let slash = rest.firstIndex(of: "/") else { throw fault("it names no repository") }
        registry = String(rest[..<slash])
        repository = String(rest[rest.index(after: slash)...])
        reference = digest ?? tag ?? "latest"
        guard registry.wholeMatch(of: /([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?/) != nil else {
            throw fault("“\(registry)” is no registry")
        }
        if registry == "docker.io" || registry == "index.docker.io" {
            registry = "registry-1.docker.io"
            if !repository.contains("/") { repository = "library/\(repository)" }
        }
        let part = /[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*/
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.wholeMatch(of: part) != nil }) else {
            throw fault("“\(repository)” is no name of a repository")
        }
    }

    /// Whether it names its content, and not what somebody lets a tag name.
    var isDigest: Bool { reference.contains(":") }

    /// As a person writes it.
    var text: String { "\(registry)/\(repository)\(isDigest ? "@" : ":")\(reference)" }

    /// Registries on this machine speak plainly; all others are asked over TLS.
    var base: String { "\(Self.isHere(registry) ? "http" : "https")://\(registry)/v2/\(repository)" }

    /// Whether a host, with or without a port, is this machine.
    static func isHere(_ host: some StringProtocol) -> Bool {
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" } + ""
        return name == "localhost" || name == "[::1]" || name.wholeMatch(of: /127\.[0-9.]+/) != nil
    }
}
