import Model

/// Where an image is: `oci://registry.example/shop/checkout:1.9.0`, or `…@sha256:…`.
struct ImageReference: Equatable {
    var registry: String
    var repository: String
    /// A tag or a digest.
    var reference: String

    /// Reads an artifact's reference; `nil` where it names no image.
    init?(_ text: String) {
        guard text.hasPrefix(Release.imageScheme) else { return nil }
        var rest = text.dropFirst(Release.imageScheme.count)
        var tag: Substring = "latest"
        if let at = rest.firstIndex(of: "@") {
            tag = rest[rest.index(after: at)...]
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            if tag == "latest" { tag = rest[rest.index(after: colon)...] }
            rest = rest[..<colon]
        }
        guard let slash = rest.firstIndex(of: "/"), !tag.isEmpty else { return nil }
        registry = String(rest[..<slash])
        repository = String(rest[rest.index(after: slash)...])
        reference = String(tag)
        if registry == "docker.io" {
            registry = "registry-1.docker.io"
            if !repository.contains("/") { repository = "library/\(repository)" }
        }
        if repository.isEmpty { return nil }
    }

    /// Registries on this machine speak plainly; all others are asked over TLS.
    var base: String {
        let host = registry.prefix { $0 != ":" }
        return "\(host == "localhost" || host.hasPrefix("127.") ? "http" : "https")://\(registry)/v2/\(repository)"
    }
}
