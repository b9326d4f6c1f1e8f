import Foundation

/// `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
///
/// Source: https://docs.npmjs.com/cli/configuring-npm/package-lock-json: `resolved` is where it comes from (an archive
/// of a registry, `git+ssh://…#COMMIT`, `file:…`), `integrity` the checksums of the archive; with `link`, it is a folder,
/// which has an entry of its own, as workspaces have: https://docs.npmjs.com/cli/using-npm/workspaces.
enum NPMLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "package-lock.json" || name == "npm-shrinkwrap.json" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try JSONValue(bytes)
        guard root.isObject else { throw FormatError("it holds no object") }
        guard ["packages", "dependencies", "lockfileVersion"].contains(where: root.keys.contains) else {
            throw FormatError("it has neither `packages` nor `dependencies`")
        }
        var result = ListContents()
        if root["packages"].isObject {
            result = packages(root["packages"])
        } else {
            var unread: [String] = []
            collect(root["dependencies"], depth: 0, into: &result.packages, &unread)
            result.leaveOut(unread, without: "version")
        }
        result.expect(format: root["lockfileVersion"].number, atMost: 3)
        return result
    }

    private static let sections = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]

    private static func packages(_ packages: JSONValue) -> ListContents {
        let mark = "node_modules/"
        let members = packages.members
        // What the application itself and its workspaces name is direct.
        var direct: Set<String> = []
        for (path, entry) in members where !path.contains(mark) {
            for section in sections {
                for name in entry[section].keys {
                    direct.insert("\(mark)\(name)")
                    if !path.isEmpty { direct.insert("\(path)/\(mark)\(name)") }
                }
            }
        }
        var result = ListContents()
        var unread: [String] = []
        for (path, entry) in members {
            guard let last = path.range(of: mark, options: .backwards) else { continue }
            if entry["link"].flag, let folder = entry["resolved"].text {
                let target = packages[folder]
                result.packages.append(
                    Package(
                        target["name"].text ?? String(path[last.upperBound...]), target["version"].text ?? "", .npm,
                        // What lies outside is not the application's own.
                        folder.hasPrefix("..") ? .direct : .own, origin: Origin(.path, folder)))
                continue
            }
            let name = entry["name"].text ?? String(path[last.upperBound...])
            var package = Package(
                name, entry["version"].text ?? "", .npm, direct.contains(path) ? .direct : .transitive)
            describe(&package, entry, entry["resolved"].text)
            package.licence = entry["license"].text
            if package.version.isEmpty, package.origin == nil {
                unread.append(path)
            } else {
                result.packages.append(package)
            }
        }
        result.leaveOut(unread, without: "version")
        return result
    }

    /// Version 1 nests what could not be shared; it does not tell what is direct.
    private static func collect(
        _ dependencies: JSONValue, depth: Int, into result: inout [Package], _ unread: inout [String]
    ) {
        guard depth < 100 else { return }
        for (name, entry) in dependencies.members {
            if let version = entry["version"].text {
                let (real, number) = alias(version) ?? (name, version)
                // What does not come from a registry has its address for a version.
                let isAddress = Origin(address: number) != nil
                var package = Package(real, isAddress ? "" : number, .npm)
                describe(&package, entry, isAddress ? number : entry["resolved"].text)
                result.append(package)
            } else {
                unread.append(name)
            }
            collect(entry["dependencies"], depth: depth + 1, into: &result, &unread)
        }
    }

    private static func describe(_ package: inout Package, _ entry: JSONValue, _ address: String?) {
        package.origin = address.flatMap { Origin(archive: $0, of: package.name) }
        package.checksums = integrity(entry["integrity"].text)
    }

    /// https://www.w3.org/TR/SRI/: one or several checksums, options behind `?`.
    static func integrity(_ text: String?) -> Set<Checksum> {
        Set((text ?? "").split(separator: " ").compactMap { Checksum($0.prefix { $0 != "?" }) })
    }

    /// `npm:left-pad@1.3.0` stands for another package.
    private static func alias(_ version: String) -> (String, String)? {
        guard version.hasPrefix("npm:"), let at = version.lastIndex(of: "@") else { return nil }
        let name = version[version.index(version.startIndex, offsetBy: 4)..<at]
        return name.isEmpty ? nil : (String(name), String(version[version.index(after: at)...]))
    }
}
