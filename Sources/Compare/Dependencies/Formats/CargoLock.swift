import TOMLKit

/// `Cargo.lock`. A package without a source is a part of the workspace.
enum CargoLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Cargo.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let packages = TOML.tables(try TOML.table(bytes)["package"]?.array)
        // `name`, `name version` or `name version (source)`, as much as is needed to be clear.
        var direct: Set<Substring> = []
        for package in packages where package["source"]?.string == nil {
            guard let list = package["dependencies"]?.array else { continue }
            for index in 0..<list.count {
                guard let text = list[index].string else { continue }
                direct.insert(text.split(separator: " ").prefix(2).joined(separator: " ")[...])
            }
        }
        return packages.compactMap { package in
            guard let name = package["name"]?.string, let version = package["version"]?.string else { return nil }
            let isDirect = direct.contains(name[...]) || direct.contains("\(name) \(version)")
            let isOwn = package["source"]?.string == nil
            return Package(name, version, .cargo, isOwn ? .own : isDirect ? .direct : .transitive)
        }
    }
}
