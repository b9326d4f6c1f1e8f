import Foundation
import YAML

/// `yarn.lock`, of classic yarn and of berry.
///
/// Sources: https://classic.yarnpkg.com/lang/en/docs/yarn-lock/ (`resolved "ADDRESS#SHA1 or COMMIT"`, `integrity`) and
/// https://yarnpkg.com/advanced/lexicon#resolution (`name@npm:1.0.0`, `name@ADDRESS#commit=SHA`,
/// `name@patch:…#PATCH::hash=…`), `checksum: CACHEKEY/SHA512`.
enum YarnLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "yarn.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let text = listText(bytes)
        return text.contains("__metadata:") ? try berry(text) : classic(text)
    }

    /// The name in `name@range`, also where it begins with a scope: `@scope/name@range`.
    private static func split(_ descriptor: some StringProtocol) -> (name: String, range: String)? {
        guard let at = descriptor.dropFirst().firstIndex(of: "@") else { return nil }
        return (String(descriptor[..<at]), String(descriptor[descriptor.index(after: at)...]))
    }

    private static func classic(_ text: String) -> ListContents {
        var result: [Package] = []
        var unread: [(Int, Substring)] = []
        var unversioned: [String] = []
        var name: String?
        for (number, line) in ListText.lines(Array(text.utf8)) {
            guard let first = line.first, first != "#" else { continue }
            if first != " " {
                // `"@babel/core@^7.0.0", "@babel/core@^7.1.0":`
                if let name { unversioned.append(name) }
                if !line.hasSuffix(":") { unread.append((number, line)) }
                let descriptor = line.prefix { $0 != "," }.filter { $0 != "\"" }
                let bare = descriptor.hasSuffix(":") ? String(descriptor.dropLast()) : descriptor
                name = split(bare).map { name, range in
                    range.hasPrefix("npm:") ? split(range.dropFirst(4))?.name ?? String(range.dropFirst(4)) : name
                }
            } else if line.hasPrefix("  version "), let known = name {
                result.append(Package(known, line.dropFirst(10).filter { $0 != "\"" }, .npm))
                name = nil
            } else if !line.hasPrefix("  ") {
                unread.append((number, line))
            } else if name == nil, let last = result.indices.last {
                if line.hasPrefix("  resolved ") {
                    resolve(&result[last], line.dropFirst(11).filter { $0 != "\"" })
                } else if line.hasPrefix("  integrity ") {
                    result[last].checksums.formUnion(NPMLock.integrity(line.dropFirst(12).filter { $0 != "\"" }))
                }
            }
        }
        if let name { unversioned.append(name) }
        var contents = ListContents(packages: result)
        contents.leaveOut(lines: unread)
        contents.leaveOut(unversioned, without: "version")
        return contents
    }

    private static func resolve(_ package: inout Package, _ address: String) {
        package.origin = Origin(archive: address, of: package.name)
        guard let mark = address.firstIndex(of: "#"), let kind = package.origin?.kind, kind != .git else { return }
        let fragment = String(address[address.index(after: mark)...])
        // What is no commit is the SHA-1 of the archive.
        if fragment.count == 40 { package.checksums.insert(Checksum("sha1", fragment)) }
    }

    private static func berry(_ text: String) throws(FormatError) -> ListContents {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: text) } catch {
            throw FormatError("line \(error.mark.line): \(error.message)")
        }
        let cacheKey = root.value("__metadata")?.value("cacheKey")?.text ?? ""
        var direct: Set<String> = []
        var found: [(descriptors: String, package: Package)] = []
        var unread: [String] = []
        for pair in root.pairs ?? [] {
            guard let resolution = pair.value.value("resolution")?.text, let (name, reference) = split(resolution)
            else {
                if pair.key != "__metadata" { unread.append(pair.key) }
                continue
            }
            if reference.hasPrefix("workspace:") {
                for section in ["dependencies", "devDependencies", "optionalDependencies"] {
                    for dependency in pair.value.value(section)?.pairs ?? [] {
                        direct.insert("\(dependency.key)@\(dependency.value.text ?? "")")
                    }
                }
            } else if let version = pair.value.value("version")?.text {
                var package = Package(name, version, .npm, .transitive)
                describe(&package, reference)
                if let sum = pair.value.value("checksum")?.text {
                    // The sum is of what yarn packed anew, in a way that the cache key names.
                    let parts = sum.split(separator: "/", maxSplits: 1).map(String.init)
                    let way = parts.count == 2 ? parts[0] : cacheKey
                    package.checksums = [Checksum("yarn\(way)", parts.last ?? sum)]
                }
                found.append((pair.key, package))
            } else {
                unread.append(pair.key)
            }
        }
        var contents = ListContents()
        contents.leaveOut(unread, without: "version or resolution")
        contents.expect(format: root.value("__metadata")?.value("version")?.text.flatMap { Int($0) }, atMost: 8)
        contents.packages = found.map { descriptors, package in
            var package = package
            // Older files leave the protocol out where the workspace names a range.
            let isDirect = descriptors.split(separator: ",").contains { descriptor in
                let name = String(descriptor.drop { $0 == " " })
                return direct.contains(name) || direct.contains(name.replacing("@npm:", with: "@", maxReplacements: 1))
            }
            if isDirect { package.relation = .direct }
            return package
        }
        return contents
    }

    /// What stands behind the name in `resolution`.
    private static func describe(_ package: inout Package, _ reference: String) {
        var reference = reference
        var parameters: [Substring: String] = [:]
        if let mark = reference.range(of: "::") {
            for pair in reference[mark.upperBound...].split(separator: "&") {
                guard let equals = pair.firstIndex(of: "=") else { continue }
                let value = String(pair[pair.index(after: equals)...])
                parameters[pair[..<equals]] = value.removingPercentEncoding ?? value
            }
            reference = String(reference[..<mark.lowerBound])
        }
        if reference.hasPrefix("patch:") {
            // `patch:lodash@npm%3A4.17.21#./patches/lodash.patch::version=4.17.21&hash=abc123`
            let file = reference.split(separator: "#", maxSplits: 1).dropFirst().first.map(String.init) ?? "patch"
            // Yarn's own patches come with yarn.
            let isOwn = file.contains("builtin<")
            package.patch = [isOwn ? "builtin" : file, parameters["hash"]].compactMap { $0 }.joined(separator: " ")
            let inner = reference.dropFirst(6).prefix { $0 != "#" }
            let source = String(inner).removingPercentEncoding ?? String(inner)
            reference = split(source)?.range ?? ""
        }
        if reference.hasPrefix("npm:") {
            package.origin = Origin(.registry, "npm")
            if let archive = parameters["__archiveUrl"] {
                package.origin = Origin(archive: archive, of: package.name)
            }
        } else {
            package.origin = Origin(address: reference)
        }
    }
}

extension YAMLNode {
    func value(_ key: String) -> YAMLNode? { pairs?.first { $0.key == key }?.value }
}
