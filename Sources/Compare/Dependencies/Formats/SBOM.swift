/// CycloneDX or SPDX in JSON, told apart by what they say of themselves.
enum SBOM: DependencyFormat {
    static func matches(_ name: Substring) -> Bool {
        ["bom.json", "sbom.json"].contains(name)
            || [".cdx.json", ".spdx.json", ".sbom.json", ".bom.json"].contains { name.hasSuffix($0) }
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let root = try JSONValue(bytes)
        if root["bomFormat"].text == "CycloneDX" { return cycloneDX(root) }
        if root["spdxVersion"].text != nil { return spdx(root) }
        throw FormatError("it is neither CycloneDX nor SPDX")
    }

    private static func cycloneDX(_ root: JSONValue) -> [Package] {
        let own = root["metadata"]["component"]["bom-ref"].text
        let edges = root["dependencies"].list
        let direct = edges.first { own != nil && $0["ref"].text == own }.map {
            Set($0["dependsOn"].list.compactMap(\.text))
        }
        var result: [Package] = []
        func collect(_ components: JSONValue, _ depth: Int) {
            guard depth < 100 else { return }
            for component in components.list {
                if let name = component["name"].text, let version = component["version"].text,
                    component["type"].text != "file"
                {
                    let relation = direct.flatMap { known in
                        component["bom-ref"].text.map { known.contains($0) ? Package.Relation.direct : .transitive }
                    }
                    let url = component["purl"].text.flatMap(PackageURL.init)
                    let group = component["group"].text.flatMap { $0.isEmpty ? nil : $0 }
                    result.append(package(name, version, url, group, relation))
                }
                collect(component["components"], depth + 1)
            }
        }
        collect(root["components"], 0)
        return result
    }

    static func package(
        _ name: String, _ version: String, _ url: PackageURL?, _ group: String?, _ relation: Package.Relation?
    ) -> Package {
        let ecosystem = url?.ecosystem ?? .other
        let full = group.map { "\($0)\(ecosystem == .maven ? ":" : "/")\(name)" } ?? name
        return Package(full, version, ecosystem, relation)
    }

    private static func spdx(_ root: JSONValue) -> [Package] {
        let list = root["packages"].list.map { entry in
            SPDXPackage(
                id: entry["SPDXID"].text ?? "", name: entry["name"].text ?? "", version: entry["versionInfo"].text,
                url: entry["externalRefs"].list.first { $0["referenceType"].text == "purl" }?["referenceLocator"].text)
        }
        var graph = SPDXGraph(described: Set(root["documentDescribes"].list.compactMap(\.text)))
        for relation in root["relationships"].list {
            graph.add(
                relation["spdxElementId"].text ?? "", relation["relationshipType"].text ?? "",
                relation["relatedSpdxElement"].text ?? "")
        }
        return graph.packages(list)
    }
}

/// `pkg:npm/%40scope/name@1.2.3?arch=amd64`: the parts that matter here.
struct PackageURL {
    let ecosystem: Ecosystem

    init?(_ text: String) {
        guard text.hasPrefix("pkg:") else { return nil }
        let rest = text.dropFirst(4).drop { $0 == "/" }
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        ecosystem = Ecosystem(packageURLType: rest[..<slash])
    }
}

struct SPDXPackage {
    var id: String
    var name: String
    var version: String?
    var url: String?
}

/// Who describes and needs whom in an SPDX document.
struct SPDXGraph {
    var described: Set<String>
    private var needs: [String: Set<String>] = [:]
    private var hasEdges = false

    init(described: Set<String> = []) { self.described = described }

    mutating func add(_ from: String, _ kind: String, _ to: String) {
        switch kind {
        case "DESCRIBES": described.insert(to)
        case "DESCRIBED_BY": described.insert(from)
        case "DEPENDS_ON":
            needs[from, default: []].insert(to)
            hasEdges = true
        case "DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "BUILD_DEPENDENCY_OF":
            needs[to, default: []].insert(from)
            hasEdges = true
        default: break
        }
    }

    func packages(_ list: [SPDXPackage]) -> [Package] {
        let direct = described.reduce(into: Set<String>()) { $0.formUnion(needs[$1] ?? []) }
        return list.compactMap { entry in
            guard let version = entry.version, !entry.name.isEmpty, version != "NOASSERTION" else { return nil }
            let relation: Package.Relation? =
                described.contains(entry.id)
                ? .own : !hasEdges ? nil : direct.contains(entry.id) ? .direct : .transitive
            return SBOM.package(entry.name, version, entry.url.flatMap(PackageURL.init), nil, relation)
        }
    }
}
