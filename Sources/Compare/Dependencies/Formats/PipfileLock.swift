/// `Pipfile.lock`.
///
/// Source: https://github.com/pypa/pipfile#pipfilelock: `index` names one of the sources under `_meta`, the first where
/// it is left out; `ref` is the commit of a `git` repository.
enum PipfileLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Pipfile.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let root = try JSONValue(bytes)
        guard root.isObject else { throw FormatError("it holds no object") }
        let sources = root["_meta"]["sources"].list
        return root.members.filter { $0.key != "_meta" }.flatMap { _, group in
            group.members.compactMap { name, entry -> Package? in
                let version = entry["version"].text ?? ""
                var package = Package(name, version.hasPrefix("==") ? String(version.dropFirst(2)) : version, .pypi)
                if let place = entry["git"].text {
                    package.origin = Origin(.git, place, commit: entry["ref"].text)
                } else if let place = entry["path"].text ?? entry["file"].text {
                    package.origin = Origin(address: place) ?? Origin(.path, place)
                } else {
                    let index = entry["index"].text
                    let source = sources.first { index == nil || $0["name"].text == index }
                    package.origin = source?["url"].text.map { Origin(.registry, $0) }
                }
                package.checksums = Set(entry["hashes"].list.compactMap { $0.text.flatMap { Checksum($0) } })
                return package.version.isEmpty && package.origin == nil ? nil : package
            }
        }
    }
}
