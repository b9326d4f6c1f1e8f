/// `composer.lock`.
enum ComposerLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "composer.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let root = try JSONValue(bytes)
        guard root.isObject else { throw FormatError("it holds no object") }
        return (root["packages"].list + root["packages-dev"].list).compactMap { entry in
            guard let name = entry["name"].text, let version = entry["version"].text else { return nil }
            return Package(name, version, .composer)
        }
    }
}
