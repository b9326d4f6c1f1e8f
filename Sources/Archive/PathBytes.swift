/// Paths as file systems take them: bytes, with `/` between their parts.
///
/// A `String` is made of characters: `/` with a combining mark behind it is one of them, which is no `/`, and two texts
/// count as equal where Unicode holds them to be one, such as é and e with an accent. To a file system, the first is a
/// `/`, and the latter are two names; see [path resolution](https://man7.org/linux/man-pages/man7/path_resolution.7.html).
extension StringProtocol {
    /// Whether it begins at the root.
    public var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

    /// What stands between the `/`; empty parts mean nothing and are left out.
    public var pathParts: [Substring] {
        Substring(self).utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    public func startsWithBytes(of other: some StringProtocol) -> Bool { utf8.starts(with: other.utf8) }

    public func endsWithBytes(of other: some StringProtocol) -> Bool {
        utf8.reversed().starts(with: other.utf8.reversed())
    }

    public func hasSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// What is left without the first bytes, as many as another text has.
    public func droppingBytes(of other: some StringProtocol) -> Substring {
        Substring(Substring(self).utf8.dropFirst(other.utf8.count))
    }

    /// The parts before and behind each place where the bytes of a separator stand.
    /// - Parameter separator: not empty.
    public func split(atBytes separator: some StringProtocol) -> [Substring] {
        let (bytes, mark) = (Substring(self).utf8, Array(separator.utf8))
        var parts: [Substring] = []
        var start = bytes.startIndex
        var place = bytes.startIndex
        while place < bytes.endIndex {
            if bytes[place] == mark[0], bytes[place...].starts(with: mark) {
                parts.append(Substring(bytes[start..<place]))
                place = bytes.index(place, offsetBy: mark.count)
                start = place
            } else {
                place = bytes.index(after: place)
            }
        }
        return parts + [Substring(bytes[start...])]
    }

    /// Whether it leads into an archive inside another, or is said to: behind each `!/` what lies in one.
    public var leadsIntoArchive: Bool {
        zip(utf8, utf8.dropFirst()).contains { $0 == UInt8(ascii: "!") && $1 == UInt8(ascii: "/") }
    }
}

/// A path, or a part of one, that is the same as another where all their bytes are.
public struct ExactPath: Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible, Sendable {
    public let text: String

    public init(_ text: some StringProtocol) { self.text = String(text) }

    public init(stringLiteral text: String) { self.text = text }

    public var description: String { text }

    public static func == (one: ExactPath, other: ExactPath) -> Bool { one.text.hasSameBytes(as: other.text) }

    public static func < (one: ExactPath, other: ExactPath) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
