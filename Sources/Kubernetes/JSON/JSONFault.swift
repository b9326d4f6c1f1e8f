/// Why bytes from a server could not be read.
public struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// From the beginning of what was read.
    public var offset: Int
    public var message: String

    public var description: String { "\(message), at byte \(offset)" }
}
