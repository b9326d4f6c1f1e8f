import Foundation
/// SPDX as tags and values.
enum SPDXText: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name.hasSuffix(".spdx") }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        var list: [SPDXPackage] = []
        var graph = SPDXGraph()
        var isPackage = false
        var isDocument = false
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let tag = line[..<colon]
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            switch tag {
            case "SPDXVersion": isDocument = true
            case "PackageName":
                list.append(SPDXPackage(id: "", name: value))
                isPackage = true
            case "FileName", "SnippetSPDXID": isPackage = false
            case "SPDXID" where isPackage && list.last?.id == "": list[list.count - 1].id = value
            case "PackageVersion" where isPackage: list[list.count - 1].version = value
            case "ExternalRef" where isPackage:
                let words = value.split(separator: " ")
                if words.count >= 3, words[1] == "purl" { list[list.count - 1].url = String(words[2]) }
            case "Relationship":
                let words = value.split(separator: " ").map(String.init)
                if words.count >= 3 { graph.add(words[0], words[1], words[2]) }
            default: break
            }
        }
        guard isDocument else { throw FormatError("it has no `SPDXVersion`") }
        return graph.packages(list)
    }
}
