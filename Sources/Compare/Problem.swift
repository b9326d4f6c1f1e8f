/// Why a part of a comparison cannot be had, and what would mend that.
public struct Problem: Error, Equatable, Sendable {
    public var reason: String
    public var mend: String?

    public init(_ reason: String, mend: String? = nil) {
        self.reason = reason
        self.mend = mend
    }
}
