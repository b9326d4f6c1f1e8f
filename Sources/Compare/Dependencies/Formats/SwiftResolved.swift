/// `Package.resolved`, versions 1 to 3.
///
/// Source: `PinsStore` of https://github.com/swiftlang/swift-package-manager: a pin has a `location` and a `state` of
/// `version`, `branch` and `revision`.
enum SwiftResolved: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Package.resolved" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let root = try JSONValue(bytes)
        let pins = root["pins"].list + root["object"]["pins"].list
        guard !pins.isEmpty || root.isObject else { throw FormatError("it holds no object") }
        return pins.compactMap { pin in
            let location = pin["location"].text ?? pin["repositoryURL"].text
            let identity = pin["identity"].text ?? location.map(identity)
            guard let name = pin["package"].text ?? identity else { return nil }
            let state = pin["state"]
            let commit = state["revision"].text
            guard let version = state["version"].text ?? state["branch"].text ?? commit else { return nil }
            let isRegistry = pin["kind"].text == "registry"
            return Package(
                name, version, .swift, key: identity,
                origin: location.map { Origin(isRegistry ? .registry : .git, $0, commit: commit) })
        }
    }

    /// As the package manager forms it from version 2 on.
    private static func identity(_ location: String) -> String {
        let last = location.split(separator: "/").last.map(String.init) ?? location
        return (last.hasSuffix(".git") ? String(last.dropLast(4)) : last).lowercased()
    }
}
