/// `Package.resolved`, versions 1 to 3.
///
/// Source: `PinsStore` of https://github.com/swiftlang/swift-package-manager: a pin has a `location` and a `state` of
/// `version`, `branch` and `revision`.
enum SwiftResolved: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Package.resolved" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try JSONValue(bytes)
        let pins = root["pins"].list + root["object"]["pins"].list
        guard !pins.isEmpty || root.isObject else { throw FormatError("it holds no object") }
        var result = ListContents()
        result.expect(format: root["version"].number, atMost: 3)
        var unread: [String] = []
        for pin in pins {
            let location = pin["location"].text ?? pin["repositoryURL"].text
            let identity = pin["identity"].text ?? location.map(identity)
            guard let name = pin["package"].text ?? identity else {
                unread.append("")
                continue
            }
            let state = pin["state"]
            let commit = state["revision"].text
            guard let version = state["version"].text ?? state["branch"].text ?? commit else {
                unread.append(name)
                continue
            }
            let isRegistry = pin["kind"].text == "registry"
            result.packages.append(
                Package(
                    name, version, .swift, key: identity,
                    origin: location.map { Origin(isRegistry ? .registry : .git, $0, commit: commit) }))
        }
        result.leaveOut(unread, without: "name or version")
        return result
    }

    /// As the package manager forms it from version 2 on.
    private static func identity(_ location: String) -> String {
        let last = location.split(separator: "/").last.map(String.init) ?? location
        return (last.hasSuffix(".git") ? String(last.dropLast(4)) : last).lowercased()
    }
}
