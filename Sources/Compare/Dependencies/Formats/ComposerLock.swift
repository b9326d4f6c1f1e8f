/// `composer.lock`.
///
/// Source: https://getcomposer.org/doc/04-schema.md#package: `source` names a repository and its commit (`reference`),
/// `dist` an archive with its SHA-1 (`shasum`).
enum ComposerLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "composer.lock" }

    /// Composer installs `dist` where both are there, unless it is told otherwise: where either comes from counts. The
    /// commit stands in the address of an archive, too, and is no other place.
    private static func origin(_ source: String, _ commit: String?, _ dist: JSONValue) -> Origin {
        let reference = dist["reference"].text
        guard let url = dist["url"].text else { return Origin(.git, source, commit: commit) }
        let archive = [commit, reference].compactMap(\.self).reduce(url) { $0.replacing($1, with: "") }
        let isOther = reference != nil && reference != commit
        return Origin(
            .git, "\(source) and \(Repository.withoutPassword(archive))",
            commit: isOther ? "\(commit ?? "-"), \(reference ?? "")" : commit)
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try JSONValue(bytes)
        guard root.keys.contains("packages") || root.keys.contains("packages-dev") else {
            throw FormatError("it has no `packages`")
        }
        var result = ListContents()
        var nameless: [String] = []
        for entry in root["packages"].list + root["packages-dev"].list {
            guard let name = entry["name"].text, let version = entry["version"].text else {
                nameless.append(entry["name"].text ?? "")
                continue
            }
            let (source, dist) = (entry["source"], entry["dist"])
            var package = Package(name, version, .composer)
            if let place = source["url"].text {
                package.origin = Self.origin(place, source["reference"].text, dist)
            } else if let place = dist["url"].text {
                package.origin = Origin(
                    dist["type"].text == "path" ? .path : .url, place, commit: dist["reference"].text)
            }
            if let sum = dist["shasum"].text, !sum.isEmpty { package.checksums = [Checksum("sha1", sum)] }
            let licences = entry["license"].list.compactMap(\.text)
            package.licence = licences.isEmpty ? nil : licences.joined(separator: " OR ")
            result.packages.append(package)
        }
        result.leaveOut(nameless, without: "name or version")
        // What PHP and its extensions must be.
        for section in ["platform", "platform-dev"] {
            for (name, version) in root[section].members {
                version.text.map { result.packages.append(Package(name, $0, .composer)) }
            }
        }
        return result
    }
}
