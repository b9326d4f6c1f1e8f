import YAML

/// SPDX 2 as YAML: what its JSON says, written otherwise.
///
/// Source: https://spdx.github.io/spdx-spec/v2.3/conformance/#44-standard-data-format-requirements
enum SPDXYAML: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name.hasSuffix(".spdx.yaml") || name.hasSuffix(".spdx.yml") }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: listText(bytes)) } catch {
            throw FormatError("line \(error.mark.line): \(error.message)")
        }
        guard root.value("spdxVersion") != nil else { throw FormatError("it has no `spdxVersion`") }
        return SPDXDocument(JSONValue(root)).contents()
    }
}

/// SPDX 2 as XML: what its JSON says, with an element for each part of a list.
///
/// Source: https://github.com/spdx/spdx-spec/tree/development/v2.3.1/schemas
enum SPDXXML: XMLFormat {
    static func matches(_ name: Substring) -> Bool { name.hasSuffix(".spdx.xml") }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents { try contents(XMLTree.parse(bytes)) }

    static func contents(_ root: XMLElement) throws(FormatError) -> ListContents {
        guard let document = root.name == "Document" ? root : root["Document"], document["spdxVersion"] != nil else {
            throw FormatError("it is no SPDX that is read: its root is `\(root.name)`")
        }
        return SPDXDocument(JSONValue(document)).contents()
    }
}

extension JSONValue {
    /// Elements that stand for the parts of a list, however many there are.
    private static let lists: Set<String> = [
        "packages", "files", "relationships", "documentDescribes", "externalRefs", "checksums",
    ]

    fileprivate init(_ node: YAMLNode) { self.init(value: Self.plain(node)) }
    fileprivate init(_ element: XMLElement) { self.init(value: Self.plain(element)) }

    private static func plain(_ node: YAMLNode) -> Any {
        if let items = node.items { return items.map(plain) }
        if let pairs = node.pairs {
            return Dictionary(pairs.map { ($0.key, plain($0.value)) }) { first, _ in first }
        }
        return node.text ?? ""
    }

    private static func plain(_ element: XMLElement) -> Any {
        guard !element.children.isEmpty else { return element.text }
        return Dictionary(grouping: element.children, by: \.name).reduce(into: [String: Any]()) { result, group in
            let values = group.value.map(plain)
            result[group.key] = lists.contains(group.key) ? values : values.first
        }
    }
}
