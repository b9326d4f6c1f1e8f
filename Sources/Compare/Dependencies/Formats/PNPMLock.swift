import YAML

/// `pnpm-lock.yaml`, versions 5 to 9.
enum PNPMLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "pnpm-lock.yaml" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: String(decoding: bytes, as: UTF8.self)) } catch {
            throw FormatError("line \(error.mark.line): \(error.message)")
        }
        let format = root.value("lockfileVersion")?.text.flatMap { Double($0.filter { $0.isNumber || $0 == "." }) } ?? 5
        let direct = directPackages(root, format)
        return (root.value("packages")?.pairs ?? []).compactMap { pair in
            let named = pair.value.value("name")?.text.map { ($0, pair.value.value("version")?.text ?? "") }
            guard let (name, version) = named ?? split(pair.key, format) else { return nil }
            return Package(name, version, .npm, direct.contains("\(name)@\(version)") ? .direct : .transitive)
        }
    }

    private static func directPackages(_ root: YAMLNode, _ format: Double) -> Set<String> {
        var result: Set<String> = []
        for importer in root.value("importers")?.pairs?.map(\.value) ?? [root] {
            for section in ["dependencies", "devDependencies", "optionalDependencies"] {
                for pair in importer.value(section)?.pairs ?? [] {
                    let version = pair.value.value("version")?.text ?? pair.value.text ?? ""
                    // `npm:` aliases name the real package in front of the version.
                    let (name, number) = split(version, format) ?? (pair.key, withoutPeers(version, format))
                    result.insert("\(name)@\(number)")
                }
            }
        }
        return result
    }

    /// The peers that a package was resolved with stand in brackets, or behind `_` in version 5.
    private static func withoutPeers(_ text: some StringProtocol, _ format: Double) -> String {
        let bare = text.prefix { $0 != "(" }
        return String(format < 6 ? bare.prefix { $0 != "_" } : bare)
    }

    /// `/@scope/name/1.2.3_peer`, `/@scope/name@1.2.3(peer)` or `@scope/name@1.2.3`.
    private static func split(_ key: String, _ format: Double) -> (String, String)? {
        var path = key.prefix { $0 != "(" }
        if path.first == "/" { path = path.dropFirst() }
        guard let end = path.dropFirst().lastIndex(of: format < 6 ? "/" : "@") else { return nil }
        let version = path[path.index(after: end)...]
        let name = path[..<end]
        guard !name.isEmpty, !version.isEmpty else { return nil }
        // A version alone, such as `1.2.3`, or a link has no name in it.
        if format < 6, name.contains(":") || !key.hasPrefix("/") { return nil }
        return (String(name), format < 6 ? withoutPeers(version, format) : String(version))
    }
}
