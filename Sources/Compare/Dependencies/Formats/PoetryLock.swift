/// `poetry.lock`. What is direct stands in `pyproject.toml` only.
///
/// Source: https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py: `[package.source]` with `type`,
/// `url` and `resolved_reference`; checksums of files, before version 2 of the format under `[metadata.files]`.
enum PoetryLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "poetry.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try TOMLTable(parsing: bytes)
        let olderSums = root["metadata"]?.table?["files"]?.table?.values ?? [:]
        var result = ListContents()
        result.expect(format: root["metadata"]?.table?["lock-version"]?.number, atMost: 2)
        var nameless: [String] = []
        for package in root.tables("package") {
            guard let name = package["name"]?.text, let version = package["version"]?.text else {
                nameless.append(package["name"]?.text ?? "")
                continue
            }
            let files = package["files"]?.list ?? olderSums[name]?.list ?? []
            result.packages.append(
                Package(
                    name, version, .pypi, origin: origin(package["source"]?.table),
                    checksums: Set(
                        files.compactMap { entry in
                            entry.table?["hash"]?.text.flatMap { Checksum($0, file: entry.table?["file"]?.text) }
                        })))
        }
        result.leaveOut(nameless, without: "name or version")
        if let python = root["metadata"]?.table?["python-versions"]?.text {
            result.packages.append(Package("python", python, .pypi))
        }
        return result
    }

    private static func origin(_ source: TOMLTable?) -> Origin {
        // Without a source it is the registry that everybody uses.
        guard let source, let place = source["url"]?.text else { return Origin(.registry, PythonRegistry.usual) }
        switch source["type"]?.text {
        case "git":
            return Origin(.git, place, commit: source["resolved_reference"]?.text ?? source["reference"]?.text)
        case "url": return Origin(.url, place)
        case "directory", "file": return Origin(.path, place)
        default: return Origin(.registry, place)
        }
    }
}

/// The registry of Python, as lists name it that do not give its address.
enum PythonRegistry {
    static let usual = "https://pypi.org/simple"
}
