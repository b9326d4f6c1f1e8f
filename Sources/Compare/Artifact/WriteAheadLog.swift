/// What SQLite has written beside a database and not yet into it.
///
/// Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
struct WriteAheadLog {
    private static let headerSize = 32
    private static let frameHeaderSize = 24
    private static let mostPages = 1 << 20

    private let bytes: [UInt8]
    private let pageSize: Int
    /// Whether its sums are made of words whose highest byte comes first.
    private let isBigEndian: Bool

    /// `nil` where it is none, or damaged where it begins: SQLite passes over it then, too.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.headerSize else { return nil }
        self.bytes = bytes
        let mark = Self.number(bytes, 0)
        guard mark & ~1 == 0x377F_0682, Self.number(bytes, 4) == 3_007_000 else { return nil }
        isBigEndian = mark & 1 == 1
        pageSize = Int(Self.number(bytes, 8))
        guard (512...65536).contains(pageSize), pageSize & (pageSize - 1) == 0,
            sum((0, 0), 0..<24) == (Self.number(bytes, 24), Self.number(bytes, 28))
        else { return nil }
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
            | UInt32(bytes[place + 3])
    }

    private func sum(_ start: (UInt32, UInt32), _ range: Range<Int>) -> (UInt32, UInt32) {
        var (first, second) = start
        func word(_ place: Int) -> UInt32 {
            isBigEndian ? Self.number(bytes, place) : Self.number(bytes, place).byteSwapped
        }
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
            first &+= word(place) &+ second
            second &+= word(place + 4) &+ first
        }
        return (first, second)
    }

    /// The database as it is with all that was written to the log whole.
    func applied(to database: [UInt8]) -> [UInt8] {
        var written: [Int: Int] = [:]
        var waiting: [Int: Int] = [:]
        var pages = 0
        var sums = (Self.number(bytes, 24), Self.number(bytes, 28))
        var place = Self.headerSize
        while place + Self.frameHeaderSize + pageSize <= bytes.count {
            let content = place + Self.frameHeaderSize
            // What an earlier use of the same file left behind has other salts.
            guard bytes[place + 8..<place + 16] == bytes[16..<24] else { break }
            sums = sum(sum(sums, place..<place + 8), content..<content + pageSize)
            guard sums == (Self.number(bytes, place + 16), Self.number(bytes, place + 20)) else { break }
            let page = Int(Self.number(bytes, place))
            guard (1...Self.mostPages).contains(page) else { break }
            waiting[page] = content
            // Only with the last page of a change is the change there; it says how many pages there are.
            let count = Int(Self.number(bytes, place + 4))
            if count > 0 {
                guard count <= Self.mostPages else { break }
                written.merge(waiting) { _, new in new }
                waiting = [:]
                pages = count
            }
            place = content + pageSize
        }
        guard pages > 0 else { return database }
        var result = Array(database.prefix(pages * pageSize))
        result += [UInt8](repeating: 0, count: pages * pageSize - result.count)
        for (page, content) in written where page <= pages {
            let start = (page - 1) * pageSize
            result.replaceSubrange(start..<start + pageSize, with: bytes[content..<content + pageSize])
        }
        return result
    }
}
