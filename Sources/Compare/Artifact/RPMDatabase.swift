/// What RPM keeps since its version 4.16: a table of headers in a database of SQLite.
///
/// A header is described in the [manual](https://rpm-software-management.github.io/rpm/manual/format_header.html), its tags
/// in [its list](https://rpm-software-management.github.io/rpm/manual/tags.html). Databases of older versions are not read.
enum RPMDatabase: SystemPackageFormat {
    private static let folders = ["var/lib/rpm", "usr/lib/sysimage/rpm"]

    static func matches(_ path: String) -> Bool { folders.contains { path == "\($0)/rpmdb.sqlite" } }

    /// The database that a path is the log of; `nil` where it is none.
    static func database(ofLog path: String) -> String? {
        folders.map { "\($0)/rpmdb.sqlite" }.first { path == "\($0)-wal" }
    }

    /// Whether it is a database of an older version or of another kind.
    static func isUnread(_ path: String) -> Bool {
        folders.contains { folder in ["Packages", "Packages.db"].contains { path == "\(folder)/\($0)" } }
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] { try parse(bytes, log: []) }

    /// - Parameter log: what was written beside the database and is not in it yet.
    static func parse(_ bytes: [UInt8], log: [UInt8]) throws(FormatError) -> [Package] {
        let bytes = WriteAheadLog(log)?.applied(to: bytes) ?? bytes
        var packages: [Package] = []
        for header in try ForeignDatabase.blobs(in: bytes, query: "SELECT blob FROM Packages ORDER BY hnum") {
            guard let package = package(header) else { throw FormatError("a header has no package or no version") }
            packages.append(package)
        }
        return packages
    }

    private static func package(_ header: [UInt8]) -> Package? {
        let fields = Header(header)
        guard let name = fields.text(1000), let version = fields.text(1001), !name.isEmpty, !version.isEmpty else {
            return nil
        }
        let epoch = fields.number(1003).map { "\($0):" } ?? ""
        let release = fields.text(1002).map { "-\($0)" } ?? ""
        return Package(name, "\(epoch)\(version)\(release)", .rpm)
    }

    /// Numbers of four bytes, the highest first: how many entries and how many bytes of data; then entries of a tag, a type,
    /// a place in the data and a count; then the data.
    private struct Header {
        private let bytes: [UInt8]
        private let entries: Int

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            entries = min(Self.number(bytes, 0) ?? 0, max(0, bytes.count - 8) / 16)
        }

        private static func number(_ bytes: [UInt8], _ place: Int) -> Int? {
            guard place >= 0, place <= bytes.count - 4 else { return nil }
            return bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
        }

        /// Where the data of a tag begins.
        private func place(_ tag: Int, types: Set<Int>) -> Int? {
            for entry in 0..<entries {
                let start = 8 + entry * 16
                guard Self.number(bytes, start) == tag else { continue }
                guard let type = Self.number(bytes, start + 4), types.contains(type),
                    let offset = Self.number(bytes, start + 8)
                else { return nil }
                let place = 8 + entries * 16 + offset
                return place < bytes.count ? place : nil
            }
            return nil
        }

        /// A text: type 6, of one of several languages 9.
        func text(_ tag: Int) -> String? {
            place(tag, types: [6, 9]).map { String(decoding: bytes[$0...].prefix { $0 != 0 }, as: UTF8.self) }
        }

        /// A number of four bytes: type 4.
        func number(_ tag: Int) -> Int? { place(tag, types: [4]).flatMap { Self.number(bytes, $0) } }
    }
}
