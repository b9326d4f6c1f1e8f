import Foundation
/// `go.mod`: what it requires; `// indirect` marks what only others need.
enum GoModule: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "go.mod" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        var packages: [Package] = []
        var replacements: [(path: String, version: String?, by: String)] = []
        var block = ""
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let comment = line.range(of: "//")
            var words = line[..<(comment?.lowerBound ?? line.endIndex)].split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let first = words.first else { continue }
            if first == ")" {
                block = ""
                continue
            }
            if block.isEmpty {
                words.removeFirst()
                if words.first == "(" {
                    block = String(first)
                    continue
                }
            }
            let directive = block.isEmpty ? String(first) : block
            let texts = words.map { String($0.filter { $0 != "\"" }) }
            if directive == "require", texts.count >= 2 {
                let isIndirect = comment.map { line[$0.upperBound...].contains("indirect") } ?? false
                packages.append(Package(texts[0], texts[1], .go, isIndirect ? .transitive : .direct))
            } else if directive == "replace", let arrow = texts.firstIndex(of: "=>"), arrow >= 1,
                arrow + 1 < texts.count
            {
                let target = texts[(arrow + 1)...]
                let by = target.count > 1 && target.first == texts[0] ? texts[arrow + 2] : target.joined(separator: "@")
                replacements.append((texts[0], arrow > 1 ? texts[1] : nil, by))
            }
        }
        for index in packages.indices {
            let package = packages[index]
            let found = replacements.last {
                $0.path == package.name && ($0.version == nil || $0.version == package.version)
            }
            if let found { packages[index].version = found.by }
        }
        return packages
    }
}

/// `go.sum`: every module whose content was verified. Used where there is no `go.mod`.
enum GoSums: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "go.sum" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, !words[1].hasSuffix("/go.mod") else { return nil }
            return Package(String(words[0]), String(words[1]), .go)
        }
    }
}
