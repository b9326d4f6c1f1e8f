import Foundation

/// SPDX as tags and values; what stands in `<text>` is text, over however many lines.
///
/// Source: https://spdx.github.io/spdx-spec/v2.3/conformance/#44-standard-data-format-requirements
enum SPDXText: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name.hasSuffix(".spdx") || name.hasSuffix(".spdx.tv") }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let text = listText(bytes)
        switch text.first(where: { !$0.isWhitespace }) {
        case "{": return try SBOM.parse(bytes)
        case "<": throw FormatError("it is SPDX in RDF, which is not read: JSON and tags with values are")
        default: break
        }
        var document = SPDXDocument()
        var reader = Reader()
        let (tags, unended) = tags(text)
        for (tag, value) in tags { reader.take(tag, value, into: &document) }
        reader.finish(into: &document)
        guard reader.isDocument else { throw FormatError("it has no `SPDXVersion`") }
        var result = document.contents()
        if let unended { result.leaveOut("the text that begins in line \(unended) does not end") }
        return result
    }

    /// Tags and their values; of a text over several lines only its first is kept, since no name has more.
    /// - Returns: also the line of a text that does not end.
    private static func tags(_ text: String) -> (tags: [(Substring, String)], unended: Int?) {
        var result: [(Substring, String)] = []
        var openLine: Int?
        for (number, line) in ListText.lines(Array(text.utf8)) {
            if openLine != nil {
                if line.contains("</text>") { openLine = nil }
                continue
            }
            guard line.first != "#", let colon = line.firstIndex(of: ":") else { continue }
            var value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            if value.hasPrefix("<text>") {
                openLine = value.contains("</text>") ? nil : number
                value = value.replacing("<text>", with: "").replacing("</text>", with: "")
            }
            result.append((line[..<colon], value))
        }
        return (result, openLine)
    }

    private struct Reader {
        private(set) var isDocument = false
        private var current: ListedComponent?
        private var concluded: String?
        private var declared: String?

        mutating func take(_ tag: Substring, _ value: String, into document: inout SPDXDocument) {
            let words = value.split(separator: " ").map(String.init)
            switch tag {
            case "SPDXVersion": isDocument = true
            case "PackageName":
                finish(into: &document)
                current = ListedComponent(name: value)
            case "FileName", "SnippetSPDXID":
                finish(into: &document)
                if tag == "FileName" { document.files += 1 }
            case "SPDXID": if current?.id == nil { current?.id = value }
            case "PackageVersion": current?.version = value
            case "PackageDownloadLocation": current?.address = value
            case "PackageLicenseConcluded": concluded = value
            case "PackageLicenseDeclared": declared = value
            case "PackageChecksum":
                if words.count == 2 { current?.checksums.insert(Checksum(String(words[0].dropLast()), words[1])) }
            case "ExternalRef": if words.count >= 3, words[1] == "purl" { current?.url = words[2] }
            case "Relationship": if words.count >= 3 { document.relate(words[0], words[1], words[2]) }
            default: break
            }
        }

        mutating func finish(into document: inout SPDXDocument) {
            guard var package = current else { return }
            package.licence = SPDXDocument.licence(concluded, declared)
            document.packages.append(package)
            (current, concluded, declared) = (nil, nil, nil)
        }
    }
}
