import Foundation

/// `pkg:npm/%40scope/name@1.2.3?arch=amd64#path`: what a package is, wherever it is listed.
///
/// Source: https://github.com/package-url/purl-spec/blob/main/PURL-SPECIFICATION.rst
struct PackageURL {
    let type: String
    let namespace: String?
    let name: String
    let version: String?
    let qualifiers: [String: String]

    init?(_ text: String) {
        guard text.lowercased().hasPrefix("pkg:") else { return nil }
        func decoded(_ text: some StringProtocol) -> String { String(text).removingPercentEncoding ?? String(text) }
        var rest = text.dropFirst(4).drop { $0 == "/" }
        if let mark = rest.firstIndex(of: "#") { rest = rest[..<mark] }
        var qualifiers: [String: String] = [:]
        if let mark = rest.firstIndex(of: "?") {
            for pair in rest[rest.index(after: mark)...].split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { qualifiers[parts[0].lowercased()] = decoded(parts[1]) }
            }
            rest = rest[..<mark]
        }
        self.qualifiers = qualifiers
        // A scope's `@` that was not encoded stands before a slash, a version's behind the last one.
        let slash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let at = rest[slash...].lastIndex(of: "@"), at > rest.index(after: slash) {
            let version = decoded(rest[rest.index(after: at)...])
            self.version = version.isEmpty ? nil : version
            rest = rest[..<at]
        } else {
            version = nil
        }
        let parts = rest.split(separator: "/").map(decoded)
        guard parts.count >= 2, let name = parts.last, !name.isEmpty else { return nil }
        type = parts[0].lowercased()
        self.name = name
        namespace = parts.count > 2 ? parts[1..<(parts.count - 1)].joined(separator: "/") : nil
    }

    /// Types of the rest whose names are the same in upper and lower case.
    private static let lowered: Set<String> = [
        "bitbucket", "gitlab", "alpm", "luarocks", "huggingface", "vscode-extension",
    ]

    var ecosystem: Ecosystem { Ecosystem(packageURLType: type) }

    /// As people of its ecosystem write it.
    var fullName: String {
        guard let namespace else { return name }
        switch ecosystem {
        case .maven: return "\(namespace):\(name)"
        // The namespace is the distribution, which nobody writes.
        case .deb, .apk, .rpm: return name
        default: return "\(namespace)/\(name)"
        }
    }

    /// Type, namespace and name: what makes two packages one.
    var key: String {
        let path = namespace.map { "\($0)/\(name)" } ?? name
        switch ecosystem {
        case .deb, .apk, .rpm: return path.lowercased()
        case .other: return "\(type):\(Self.lowered.contains(type) ? path.lowercased() : path)"
        default: return ecosystem.key(fullName)
        }
    }

    /// What stands before the version of a distribution's package where it is not 0.
    ///
    /// Source: https://github.com/package-url/purl-spec/blob/main/types-doc/rpm-definition.md
    var epoch: String? {
        guard [.rpm, .deb].contains(ecosystem), let epoch = qualifiers["epoch"], epoch != "0" else { return nil }
        return epoch
    }

    /// Where its qualifiers say that it comes from.
    var origin: Origin? {
        if let address = qualifiers["vcs_url"] { return Origin(address: address) }
        if let address = qualifiers["download_url"] { return Origin(.url, address) }
        return qualifiers["repository_url"].map { Origin(.registry, $0) }
    }
}
