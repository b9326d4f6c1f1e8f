/// `go.sum`: every module whose content was verified. Used where there is no `go.mod`.
///
/// Source: https://go.dev/ref/mod#go-sum-files
enum GoSums: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "go.sum" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        let (entries, unread) = entries(bytes)
        var result = ListContents(
            packages: entries.map { name, version, sum in Package(name, version, .go, checksums: [sum]) })
        result.leaveOut(lines: unread)
        return result
    }

    /// The checksum of each module, by `name version`.
    static func sums(_ bytes: [UInt8]) -> [String: Checksum] {
        Dictionary(entries(bytes).found.map { ("\($0.name) \($0.version)", $0.sum) }) { first, _ in first }
    }

    private typealias Entry = (name: String, version: String, sum: Checksum)

    private static func entries(_ bytes: [UInt8]) -> (found: [Entry], unread: [(number: Int, text: Substring)]) {
        var found: [Entry] = []
        var unread: [(number: Int, text: Substring)] = []
        for (number, line) in ListText.lines(bytes) {
            let words = line.split(separator: " ")
            guard words.count == 3, let sum = Checksum(words[2]) else {
                unread.append((number, line))
                continue
            }
            if !words[1].hasSuffix("/go.mod") { found.append((String(words[0]), String(words[1]), sum)) }
        }
        return (found, unread)
    }
}
