/// `uv.lock`. Packages whose source is this folder are the project's own.
///
/// Source: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile and `uv-resolver/src/lock/mod.rs`: `source` is
/// one of `registry`, `git` (`ADDRESS?rev=…#COMMIT`), `url`, `path`, `directory`, `editable`, `virtual`; a package whose
/// version is worked out when it is built has none.
enum UVLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "uv.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try TOMLTable(parsing: bytes)
        let packages = root.tables("package")
        func isOwn(_ package: TOMLTable) -> Bool {
            guard let source = package["source"]?.table else { return false }
            return ["virtual", "editable", "directory"].contains { source[$0] != nil }
        }
        var direct: Set<String> = []
        func note(_ list: [TOMLValue]) { direct.formUnion(list.compactMap { $0.table?["name"]?.text }) }
        for package in packages where isOwn(package) {
            note(package["dependencies"]?.list ?? [])
            for section in ["optional-dependencies", "dev-dependencies"] {
                for group in package[section]?.table?.values.values ?? [:].values { note(group.list) }
            }
        }
        var result = ListContents()
        result.expect(format: root["version"]?.number, atMost: 1)
        let nameless = packages.count { $0["name"]?.text == nil }
        if nameless > 0 { result.leaveOut("\(nameless) packages have no name") }
        result.packages = packages.compactMap { package in
            guard let name = package["name"]?.text else { return nil }
            let files = [package["sdist"]].compactMap { $0 } + (package["wheels"]?.list ?? [])
            return Package(
                name, package["version"]?.text ?? "", .pypi,
                isOwn(package) ? .own : direct.contains(name) ? .direct : .transitive,
                origin: package["source"]?.table.flatMap(origin),
                checksums: Set(
                    files.compactMap { entry in
                        let file =
                            entry.table?["url"]?.text ?? entry.table?["path"]?.text
                            ?? entry.table?["filename"]?.text
                        return entry.table?["hash"]?.text.flatMap { Checksum($0, file: file.map(fileName)) }
                    }))
        }
        if let python = root["requires-python"]?.text { result.packages.append(Package("python", python, .pypi)) }
        return result
    }

    /// The same file may lie in several places.
    private static func fileName(_ address: String) -> String { String(lastPart(address)) }

    private static func origin(_ source: TOMLTable) -> Origin? {
        if let place = source["registry"]?.text { return Origin(.registry, place) }
        if let place = source["git"]?.text { return Origin(address: "git+\(place)") }
        if let place = source["url"]?.text { return Origin(.url, place) }
        for word in ["path", "directory", "editable", "virtual"] {
            if let place = source[word]?.text { return Origin(.path, place) }
        }
        return nil
    }
}
