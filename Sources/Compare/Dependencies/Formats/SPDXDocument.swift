/// An SPDX document, whichever way it is written down.
///
/// Sources: https://spdx.github.io/spdx-spec/v2.3/package-information/ and
/// https://spdx.github.io/spdx-spec/v3.0.1/serializations/
struct SPDXDocument {
    var packages: [ListedComponent] = []
    /// What the document is about.
    var described: Set<String> = []
    /// Files, which are no packages.
    var files = 0
    private var needs: [String: Set<String>] = [:]
    private var hasEdges = false

    init() {}

    mutating func relate(_ from: String, _ kind: String, _ to: String) {
        switch kind {
        case "DESCRIBES", "describes": described.insert(to)
        case "DESCRIBED_BY": described.insert(from)
        case "DEPENDS_ON", "dependsOn":
            needs[from, default: []].insert(to)
            hasEdges = true
        case "DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "BUILD_DEPENDENCY_OF":
            needs[to, default: []].insert(from)
            hasEdges = true
        default: break
        }
    }

    func contents() -> ListContents {
        var result = ListContents()
        let direct = described.reduce(into: Set<String>()) { $0.formUnion(needs[$1] ?? []) }
        var nameless = 0
        for entry in packages {
            let id = entry.id ?? ""
            let relation: Package.Relation? =
                described.contains(id) ? .own : !hasEdges ? nil : direct.contains(id) ? .direct : .transitive
            guard let package = entry.package(relation) else {
                nameless += 1
                continue
            }
            result.packages.append(package)
        }
        if nameless > 0 { result.leaveOut("\(nameless) packages have no name") }
        let unreadable = packages.count(where: \.hasUnreadableURL)
        if unreadable > 0 { result.remark("\(unreadable) packages have a purl that is none: their names are used") }
        if files > 0 { result.remark("\(files) files are left out") }
        return result
    }

    // MARK: version 2

    init(_ root: JSONValue) {
        described = Set(root["documentDescribes"].list.compactMap(\.text))
        files = root["files"].list.count
        packages = root["packages"].list.map { entry in
            let url = entry["externalRefs"].list.first { $0["referenceType"].text == "purl" }
            return ListedComponent(
                id: entry["SPDXID"].text, name: entry["name"].text ?? "", version: entry["versionInfo"].word,
                url: url?["referenceLocator"].text, address: entry["downloadLocation"].text,
                checksums: Set(
                    entry["checksums"].list.compactMap { sum in
                        sum["algorithm"].text.flatMap { name in
                            sum["checksumValue"].text.map { Checksum(name, $0) }
                        }
                    }), licence: Self.licence(entry["licenseConcluded"].text, entry["licenseDeclared"].text))
        }
        for relation in root["relationships"].list {
            relate(
                relation["spdxElementId"].text ?? "", relation["relationshipType"].text ?? "",
                relation["relatedSpdxElement"].text ?? "")
        }
    }

    /// What was concluded outranks what is declared.
    static func licence(_ concluded: String?, _ declared: String?) -> String? {
        [concluded, declared].compactMap { $0 }.first { !["", "NOASSERTION", "NONE"].contains($0) }
    }

    // MARK: version 3

    init(graph root: JSONValue) {
        let elements = root["@graph"].list.isEmpty ? [root] : root["@graph"].list
        func id(_ element: JSONValue) -> String? { element["spdxId"].text ?? element["@id"].text }
        func type(_ element: JSONValue) -> String { element["type"].text ?? element["@type"].text ?? "" }
        var expressions: [String: String] = [:]
        for element in elements {
            let words =
                element["simplelicensing_licenseExpression"].text
                ?? (type(element).contains("License") ? element["name"].text : nil)
            if let id = id(element), let words { expressions[id] = words }
        }
        var licences: [String: [String: String]] = [:]
        var roots: Set<String> = []
        var sboms: [String: [String]] = [:]
        for element in elements {
            let targets = element["to"].list.compactMap(\.text) + [element["to"].text].compactMap { $0 }
            let kind = element["relationshipType"].text ?? ""
            if let from = element["from"].text {
                for to in targets { relate(from, kind, to) }
                if kind.hasSuffix("License"), let words = targets.compactMap({ expressions[$0] }).first {
                    licences[from, default: [:]][kind] = words
                }
            }
            let inside = element["rootElement"].list.compactMap(\.text)
            if type(element) == "SpdxDocument" { roots.formUnion(inside) }
            if type(element) == "software_Sbom", let id = id(element) { sboms[id] = inside }
        }
        // The document's root is a package, or a bill of materials that has one.
        for root in roots { described.formUnion(sboms[root] ?? [root]) }
        if roots.isEmpty { described.formUnion(sboms.values.joined()) }
        files = elements.count { type($0) == "software_File" }
        let kinds = ["software_Package", "ai_AIPackage", "dataset_DatasetPackage"]
        packages = elements.filter { kinds.contains(type($0)) }.map { element in
            let url = element["externalIdentifier"].list.first {
                ["packageUrl", "packageURL", "purl"].contains($0["externalIdentifierType"].text)
            }
            let said = id(element).flatMap { licences[$0] }
            return ListedComponent(
                id: id(element), name: element["name"].text ?? "", version: element["software_packageVersion"].word,
                url: element["software_packageUrl"].text ?? url?["identifier"].text,
                address: element["software_downloadLocation"].text,
                checksums: Set(
                    element["verifiedUsing"].list.compactMap { sum in
                        sum["algorithm"].text.flatMap { name in sum["hashValue"].text.map { Checksum(name, $0) } }
                    }), licence: Self.licence(said?["hasConcludedLicense"], said?["hasDeclaredLicense"]))
        }
    }
}
