/// `Cargo.lock`. A package without a source is a part of the workspace.
///
/// Source: https://doc.rust-lang.org/cargo/reference/unstable.html#lockfile-next and `EncodableSourceId` of cargo:
/// `registry+URL`, `sparse+URL`, `git+URL?branch=…#COMMIT`; `checksum` is the SHA-256 of the crate.
enum CargoLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Cargo.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try TOMLTable(parsing: bytes)
        let packages = root.tables("package")
        // Before version 2 of the format, checksums stood at the end, as "checksum NAME VERSION (SOURCE)".
        let sums = root["metadata"]?.table?.values ?? [:]
        // `name`, `name version` or `name version (source)`, as much as is needed to be clear.
        var direct: Set<String> = []
        for package in packages where package["source"] == nil {
            for text in package["dependencies"]?.list.compactMap(\.text) ?? [] {
                direct.insert(text.split(separator: " ").prefix(2).joined(separator: " "))
            }
        }
        var result = ListContents()
        result.expect(format: root["version"]?.number, atMost: 4)
        var nameless: [String] = []
        for package in packages {
            guard let name = package["name"]?.text, let version = package["version"]?.text else {
                nameless.append(package["name"]?.text ?? "")
                continue
            }
            let isDirect = direct.contains(name) || direct.contains("\(name) \(version)")
            let source = package["source"]?.text
            let sum = package["checksum"]?.text ?? sums["checksum \(name) \(version) (\(source ?? ""))"]?.text
            result.packages.append(
                Package(
                    name, version, .cargo, source == nil ? .own : isDirect ? .direct : .transitive,
                    origin: source.map(origin) ?? Origin(.path, "."),
                    checksums: Set(sum.flatMap { $0 == "<none>" ? nil : Checksum("sha256", $0) }.map { [$0] } ?? [])))
        }
        result.leaveOut(nameless, without: "name or version")
        return result
    }

    private static func origin(_ source: String) -> Origin {
        for word in ["registry+", "sparse+"] where source.hasPrefix(word) {
            let place = String(source.dropFirst(word.count).prefix { $0 != "#" })
            // Two ways to the same registry.
            let isMain = ["https://github.com/rust-lang/crates.io-index", "https://index.crates.io/"].contains(place)
            return Origin(.registry, isMain ? "crates.io" : place)
        }
        return Origin(address: source) ?? Origin(.url, source)
    }
}
