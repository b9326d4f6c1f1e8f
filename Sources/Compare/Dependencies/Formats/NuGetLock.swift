/// `packages.lock.json` of NuGet.
///
/// Source: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies:
/// `contentHash` is the SHA-512 of the package. Where it comes from is not in it.
enum NuGetLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "packages.lock.json" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try JSONValue(bytes)
        guard root["dependencies"].isObject else { throw FormatError("it has no `dependencies`") }
        var result = ListContents()
        result.expect(format: root["version"].number, atMost: 2)
        var unread: [String] = []
        for (_, framework) in root["dependencies"].members {
            for (name, entry) in framework.members {
                guard let version = entry["resolved"].text else {
                    // A project of the same solution has none.
                    if entry["type"].text != "Project" { unread.append(name) }
                    continue
                }
                let isDirect = entry["type"].text == "Direct"
                result.packages.append(
                    Package(
                        name, version, .nuget, isDirect ? .direct : .transitive,
                        checksums: Set(entry["contentHash"].text.map { [Checksum("sha512", $0)] } ?? [])))
            }
        }
        result.leaveOut(unread, without: "version")
        return result
    }
}
