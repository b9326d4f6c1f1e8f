import TOMLKit

/// TOML, read by the library.
enum TOML {
    static func table(_ bytes: [UInt8]) throws(FormatError) -> TOMLTable {
        do { return try TOMLTable(string: String(decoding: bytes, as: UTF8.self)) } catch let error as TOMLParseError {
            throw FormatError("line \(error.source.begin.line): \(error.description)")
        } catch { throw FormatError("it is no TOML") }
    }

    /// The tables of an array of tables, such as `[[package]]`.
    static func tables(_ array: TOMLArray?) -> [TOMLTable] {
        guard let array else { return [] }
        return (0..<array.count).compactMap { array[$0].table }
    }
}
