/// `Pipfile.lock`.
///
/// Source: https://github.com/pypa/pipfile#pipfilelock: `index` names one of the sources under `_meta`, the first where
/// it is left out; `ref` is the commit of a `git` repository.
enum PipfileLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Pipfile.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try JSONValue(bytes)
        guard root.isObject else { throw FormatError("it holds no object") }
        let sources = root["_meta"]["sources"].list
        var result = ListContents()
        var unread: [String] = []
        for (_, group) in root.members.filter({ $0.key != "_meta" }) {
            for (name, entry) in group.members {
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
                if package.version.isEmpty, package.origin == nil {
                    unread.append(name)
                } else {
                    result.packages.append(package)
                }
            }
        }
        result.leaveOut(unread, without: "version")
        for (name, version) in root["_meta"]["requires"].members {
            // `python_version`, or `python_full_version` where it is known to the last number.
            version.text.map { result.packages.append(Package(String(name.prefix { $0 != "_" }), $0, .pypi)) }
        }
        return result
    }
}
