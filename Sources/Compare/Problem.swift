/// Why a part of a comparison cannot be had, and what would mend that.
public struct Problem: Error, Equatable, Sendable {
    public var reason: String
    public var mend: String?
    /// Whether it speaks against going there, and not only against knowing more.
    public var isDanger: Bool

    public init(_ reason: String, mend: String? = nil, isDanger: Bool = false) {
        self.reason = reason
        self.mend = mend
        self.isDanger = isDanger
    }
}
