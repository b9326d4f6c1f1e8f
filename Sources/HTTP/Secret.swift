/// Something that opens a door. It is shown by no description, no dump and no string interpolation.
public struct Secret: Hashable, Sendable {
    /// The secret itself, for where it is used.
    public let revealed: [UInt8]

    public init(_ bytes: [UInt8]) { revealed = bytes }
    public init(_ text: String) { revealed = Array(text.utf8) }

    public var text: String { String(decoding: revealed, as: UTF8.self) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹hidden›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
