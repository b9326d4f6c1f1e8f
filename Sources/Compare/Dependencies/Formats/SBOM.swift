/// CycloneDX or SPDX in JSON, told apart by what they say of themselves.
enum SBOM: DependencyFormat {
    static func matches(_ name: Substring) -> Bool {
        ["bom.json", "sbom.json", "cyclonedx.json", "spdx.json"].contains(name)
            || [".cdx.json", ".spdx.json", ".sbom.json", ".bom.json", ".spdx3.json", ".spdx.jsonld"].contains {
                name.hasSuffix($0)
            }
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root = try JSONValue(bytes)
        if root["bomFormat"].text == "CycloneDX" { return CycloneDX(root).contents() }
        if root["spdxVersion"].text != nil { return SPDXDocument(root).contents() }
        if root["@graph"].list.isEmpty == false || root["spdxId"].text != nil {
            return SPDXDocument(graph: root).contents()
        }
        throw FormatError("it is neither CycloneDX nor SPDX")
    }
}
