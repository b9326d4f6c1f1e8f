/// `packages.lock.json` of NuGet.
///
/// Source: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies:
/// `contentHash` is the SHA-512 of the package. Where it comes from is not in it.
enum NuGetLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "packages.lock.json" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let root = try JSONValue(bytes)
        guard root["dependencies"].isObject else { throw FormatError("it has no `dependencies`") }
        return root["dependencies"].members.flatMap { _, framework in
            framework.members.compactMap { name, entry in
                guard let version = entry["resolved"].text else { return nil }
                let isDirect = entry["type"].text == "Direct"
                return Package(
                    name, version, .nuget, isDirect ? .direct : .transitive,
                    checksums: Set(entry["contentHash"].text.map { [Checksum("sha512", $0)] } ?? []))
            }
        }
    }
}
