/// Something wrong in a calendar file; the rest of the file counts all the same.
public struct CalendarFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    public var message: String
    public var mend: String

    public init(_ line: Int, _ message: String, mend: String) {
        self.line = line
        self.message = message
        self.mend = mend
    }

    public var description: String { "line \(line): \(message); \(mend)" }
}
