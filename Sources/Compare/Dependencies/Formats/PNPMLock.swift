import Archive
import YAML

/// `pnpm-lock.yaml`, versions 5 to 9.
///
/// Source: https://github.com/pnpm/spec/tree/master/lockfile: `resolution` holds `integrity`, `tarball`, or the `repo` and
/// `commit` of a repository; `patchedDependencies` the hash of a patch, for a name, a version or a range of versions, see
/// https://pnpm.io/settings#patcheddependencies. Which packages a range is for, their keys tell: `(patch_hash=…)`.
enum PNPMLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "pnpm-lock.yaml" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: listText(bytes)) } catch {
            throw FormatError("line \(error.mark.line): \(error.message)")
        }
        let format = root.value("lockfileVersion")?.text.flatMap { Double($0.filter { $0.isNumber || $0 == "." }) } ?? 5
        let direct = directPackages(root, format)
        let patches = Dictionary(
            (root.value("patchedDependencies")?.pairs ?? []).map { pair in
                (pair.key, pair.value.value("hash")?.text ?? pair.value.text ?? "patched")
            }
        ) { first, _ in first }
        let patched = patchedPackages(root, format)
        var result = ListContents()
        result.expect(format: Int(exactly: format.rounded(.down)), atMost: 9)
        for pair in root.value("packages")?.pairs ?? [] {
            let named = pair.value.value("name")?.text.map { ($0, pair.value.value("version")?.text ?? "") }
            guard let (name, reference) = named ?? split(pair.key, format) else {
                result.leaveOut("\(pair.key) names no package")
                continue
            }
            let isDirect = direct.contains("\(name)@\(reference)") || direct.contains(pair.key)
            // What does not come from a registry has its address where others have a version.
            let address = Origin(address: reference)
            let version = address == nil ? reference : pair.value.value("version")?.text ?? ""
            var package = Package(name, version, .npm, isDirect ? .direct : .transitive, origin: address)
            describe(&package, pair.value.value("resolution"))
            package.patch = patched["\(name)@\(reference)"] ?? patches["\(name)@\(version)"] ?? patches[name]
            result.packages.append(package)
        }
        return result
    }

    /// The hashes of patches, by the packages that they were put on.
    private static func patchedPackages(_ root: YAMLNode, _ format: Double) -> [String: String] {
        let mark = "(patch_hash="
        var result: [String: String] = [:]
        for section in ["packages", "snapshots"] {
            for pair in root.value(section)?.pairs ?? [] {
                let parts = pair.key.split(atBytes: mark)
                guard parts.count == 2, let (name, version) = split(pair.key, format) else { continue }
                result["\(name)@\(version)"] = String(parts[1].prefix { $0 != ")" })
            }
        }
        return result
    }

    private static func describe(_ package: inout Package, _ resolution: YAMLNode?) {
        guard let resolution else { return }
        package.checksums = NPMLock.integrity(resolution.value("integrity")?.text)
        if let repository = resolution.value("repo")?.text {
            package.origin = Origin(.git, repository, commit: resolution.value("commit")?.text)
        } else if let archive = resolution.value("tarball")?.text {
            package.origin = Origin(archive: archive, of: package.name)
        } else if let folder = resolution.value("directory")?.text {
            package.origin = Origin(.path, folder)
        } else if package.origin == nil {
            package.origin = Origin(.registry, "npm")
        }
    }

    private static func directPackages(_ root: YAMLNode, _ format: Double) -> Set<String> {
        var result: Set<String> = []
        for importer in root.value("importers")?.pairs?.map(\.value) ?? [root] {
            for section in ["dependencies", "devDependencies", "optionalDependencies"] {
                for pair in importer.value(section)?.pairs ?? [] {
                    let version = pair.value.value("version")?.text ?? pair.value.text ?? ""
                    // `npm:` aliases name the real package in front of the version.
                    result.insert(version)
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
        // The first `@` behind a scope's own: an address may hold more of them.
        let rest = path.dropFirst()
        guard let end = format < 6 ? rest.lastIndex(of: "/") : rest.firstIndex(of: "@") else { return nil }
        let version = path[path.index(after: end)...]
        let name = path[..<end]
        guard !name.isEmpty, !version.isEmpty else { return nil }
        // A version alone, such as `1.2.3`, or a link has no name in it.
        if format < 6, name.contains(":") || !key.hasPrefix("/") { return nil }
        return (String(name), format < 6 ? withoutPeers(version, format) : String(version))
    }
}
