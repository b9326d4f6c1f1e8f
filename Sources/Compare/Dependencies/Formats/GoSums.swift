/// `go.sum`: every module whose content was verified. Used where there is no `go.mod`.
///
/// Source: https://go.dev/ref/mod#go-sum-files
enum GoSums: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "go.sum" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        entries(bytes).map { name, version, sum in Package(name, version, .go, checksums: [sum]) }
    }

    /// The checksum of each module, by `name version`.
    static func sums(_ bytes: [UInt8]) -> [String: Checksum] {
        Dictionary(entries(bytes).map { ("\($0.name) \($0.version)", $0.sum) }) { first, _ in first }
    }

    private static func entries(_ bytes: [UInt8]) -> [(name: String, version: String, sum: Checksum)] {
        listText(bytes).split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, !words[1].hasSuffix("/go.mod"), let sum = Checksum(words[2]) else { return nil }
            return (String(words[0]), String(words[1]), sum)
        }
    }
}
