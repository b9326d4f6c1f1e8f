/// A CycloneDX document, whichever way it is written down.
///
/// Source: https://cyclonedx.org/docs/1.6/json/ and https://cyclonedx.org/docs/1.6/xml/
struct CycloneDX {
    /// What the document is about.
    var own: ListedComponent?
    private(set) var components: [ListedComponent] = []
    /// Who needs whom, by reference.
    var needs: [String: Set<String>] = [:]
    private var files = 0
    private var services = 0
    private static let deepest = 100

    func contents() -> ListContents {
        var result = ListContents()
        let direct = own?.id.flatMap { needs[$0] }
        if let package = own?.package(.own) { result.packages.append(package) }
        var nameless = 0
        for component in components {
            let relation = direct.flatMap { known in
                component.id.map { known.contains($0) ? Package.Relation.direct : .transitive }
            }
            guard let package = component.package(relation) else {
                nameless += 1
                continue
            }
            result.packages.append(package)
        }
        if nameless > 0 { result.leaveOut("\(nameless) components have no name") }
        let unreadable = components.count(where: \.hasUnreadableURL)
        if unreadable > 0 { result.remark("\(unreadable) components have a purl that is none: their names are used") }
        if files > 0 { result.remark("\(files) components that are files are left out") }
        if services > 0 { result.remark("\(services) services are left out") }
        return result
    }

    // MARK: JSON

    init(_ root: JSONValue) {
        let subject = root["metadata"]["component"]
        if subject.isObject {
            own = Self.component(subject)
            collect(subject["components"], 1)
        }
        collect(root["components"], 0)
        services = root["services"].list.count
        for edge in root["dependencies"].list {
            guard let id = edge["ref"].text else { continue }
            needs[id, default: []].formUnion(edge["dependsOn"].list.compactMap(\.text))
        }
    }

    private mutating func collect(_ list: JSONValue, _ depth: Int) {
        guard depth < Self.deepest else { return }
        for entry in list.list {
            if entry["type"].text == "file" { files += 1 } else { components.append(Self.component(entry)) }
            collect(entry["components"], depth + 1)
        }
    }

    private static func component(_ entry: JSONValue) -> ListedComponent {
        let distribution = entry["externalReferences"].list.first { $0["type"].text == "distribution" }
        let patches = entry["pedigree"]["patches"].list.map { patch in
            patch["diff"]["url"].text ?? patch["diff"]["text"]["content"].text ?? patch["type"].text ?? "patched"
        }
        let licences = entry["licenses"].list.compactMap { choice in
            choice["expression"].text ?? choice["license"]["id"].text ?? choice["license"]["name"].text
                ?? choice["license"]["text"]["content"].text.map { String($0.prefix(80)) }
        }
        return ListedComponent(
            id: entry["bom-ref"].text, group: entry["group"].text, name: entry["name"].text ?? "",
            // A number has lost its last zeros: what the purl says is better.
            version: entry["version"].text ?? entry["purl"].text.flatMap(PackageURL.init)?.version
                ?? entry["version"].word, url: entry["purl"].text, address: distribution?["url"].text,
            commit: entry["pedigree"]["commits"].list.last?["uid"].text,
            patch: patches.isEmpty ? nil : patches.joined(separator: ", "),
            checksums: Set(
                entry["hashes"].list.compactMap { sum in
                    sum["alg"].text.flatMap { name in sum["content"].text.map { Checksum(name, $0) } }
                }), licence: licences.isEmpty ? nil : licences.sorted().joined(separator: " AND "))
    }

    // MARK: XML

    init(_ root: XMLElement) {
        if let subject = root["metadata"]?["component"] {
            own = Self.component(subject)
            collect(subject["components"], 1)
        }
        collect(root["components"], 0)
        services = root["services"]?.all("service").count ?? 0
        for edge in root["dependencies"]?.all("dependency") ?? [] {
            guard let id = edge.attributes["ref"] else { continue }
            needs[id, default: []].formUnion(edge.all("dependency").compactMap { $0.attributes["ref"] })
        }
    }

    private mutating func collect(_ list: XMLElement?, _ depth: Int) {
        guard depth < Self.deepest else { return }
        for entry in list?.all("component") ?? [] {
            if entry.attributes["type"] == "file" { files += 1 } else { components.append(Self.component(entry)) }
            collect(entry["components"], depth + 1)
        }
    }

    private static func component(_ entry: XMLElement) -> ListedComponent {
        let distribution = entry["externalReferences"]?.all("reference").first {
            $0.attributes["type"] == "distribution"
        }
        let patches = (entry["pedigree"]?["patches"]?.all("patch") ?? []).map { patch in
            patch["diff"]?.value("url") ?? patch["diff"]?.value("text") ?? patch.attributes["type"] ?? "patched"
        }
        let licences = (entry["licenses"]?.children ?? []).compactMap { choice in
            choice.name == "expression"
                ? choice.text
                : choice.value("id") ?? choice.value("name")
                    ?? choice.value("text").map { String($0.prefix(80)) }
        }
        return ListedComponent(
            id: entry.attributes["bom-ref"], group: entry.value("group"), name: entry.value("name") ?? "",
            version: entry.value("version"), url: entry.value("purl"), address: distribution?.value("url"),
            commit: entry["pedigree"]?["commits"]?.all("commit").last?.value("uid"),
            patch: patches.isEmpty ? nil : patches.joined(separator: ", "),
            checksums: Set(
                (entry["hashes"]?.all("hash") ?? []).compactMap { sum in
                    sum.attributes["alg"].map { Checksum($0, sum.text) }
                }), licence: licences.isEmpty ? nil : licences.sorted().joined(separator: " AND "))
    }
}

/// CycloneDX as XML.
enum CycloneDXXML: XMLFormat {
    static func matches(_ name: Substring) -> Bool {
        ["bom.xml", "sbom.xml", "cyclonedx.xml"].contains(name)
            || [".cdx.xml", ".sbom.xml", ".bom.xml"].contains { name.hasSuffix($0) }
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try XMLTree.parse(bytes)
        guard root.name == "bom" else { throw FormatError("it is no CycloneDX: its root is `\(root.name)`") }
        return CycloneDX(root).contents()
    }
}
