import YAML

/// `yarn.lock`, of classic yarn and of berry.
enum YarnLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "yarn.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("__metadata:") ? try berry(text) : classic(text)
    }

    /// The name in `name@range`, also where it begins with a scope: `@scope/name@range`.
    private static func split(_ descriptor: some StringProtocol) -> (name: String, range: String)? {
        guard let at = descriptor.dropFirst().firstIndex(of: "@") else { return nil }
        return (String(descriptor[..<at]), String(descriptor[descriptor.index(after: at)...]))
    }

    private static func classic(_ text: String) -> [Package] {
        var result: [Package] = []
        var name: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#" else { continue }
            if first != " " {
                // `"@babel/core@^7.0.0", "@babel/core@^7.1.0":`
                let descriptor = line.prefix { $0 != "," }.filter { $0 != "\"" }
                let bare = descriptor.hasSuffix(":") ? String(descriptor.dropLast()) : descriptor
                name = split(bare).map { name, range in
                    range.hasPrefix("npm:") ? split(range.dropFirst(4))?.name ?? String(range.dropFirst(4)) : name
                }
            } else if line.hasPrefix("  version "), let known = name {
                result.append(Package(known, line.dropFirst(10).filter { $0 != "\"" }, .npm))
                name = nil
            }
        }
        return result
    }

    private static func berry(_ text: String) throws(FormatError) -> [Package] {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: text) } catch {
            throw FormatError("line \(error.mark.line): \(error.message)")
        }
        var direct: Set<String> = []
        var found: [(descriptors: String, package: Package)] = []
        for pair in root.pairs ?? [] {
            guard let resolution = pair.value.value("resolution")?.text, let (name, reference) = split(resolution)
            else {
                continue
            }
            if reference.hasPrefix("workspace:") {
                for section in ["dependencies", "devDependencies", "optionalDependencies"] {
                    for dependency in pair.value.value(section)?.pairs ?? [] {
                        direct.insert("\(dependency.key)@\(dependency.value.text ?? "")")
                    }
                }
            } else if let version = pair.value.value("version")?.text {
                found.append((pair.key, Package(name, version, .npm, .transitive)))
            }
        }
        return found.map { descriptors, package in
            var package = package
            // Older files leave the protocol out where the workspace names a range.
            let isDirect = descriptors.split(separator: ",").contains { descriptor in
                let name = String(descriptor.drop { $0 == " " })
                return direct.contains(name) || direct.contains(name.replacing("@npm:", with: "@", maxReplacements: 1))
            }
            if isDirect { package.relation = .direct }
            return package
        }
    }
}

extension YAMLNode {
    func value(_ key: String) -> YAMLNode? { pairs?.first { $0.key == key }?.value }
}
