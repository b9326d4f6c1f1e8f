/// `Cargo.lock`. A package without a source is a part of the workspace.
enum CargoLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Cargo.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let packages = try TOMLTable(parsing: bytes).tables("package")
        // `name`, `name version` or `name version (source)`, as much as is needed to be clear.
        var direct: Set<String> = []
        for package in packages where package["source"] == nil {
            for text in package["dependencies"]?.list.compactMap(\.text) ?? [] {
                direct.insert(text.split(separator: " ").prefix(2).joined(separator: " "))
            }
        }
        return packages.compactMap { package in
            guard let name = package["name"]?.text, let version = package["version"]?.text else { return nil }
            let isDirect = direct.contains(name) || direct.contains("\(name) \(version)")
            let isOwn = package["source"] == nil
            return Package(name, version, .cargo, isOwn ? .own : isDirect ? .direct : .transitive)
        }
    }
}
