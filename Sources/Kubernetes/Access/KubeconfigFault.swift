/// What is wrong with how a cluster is to be reached: where it stands, and what to do about it. Never a secret.
public struct KubeconfigFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file; `nil` where it is about none.
    public var file: String?
    public var line: Int?
    /// The context that was asked for.
    public var context: String?
    public var message: String
    public var mend: String

    public init(file: String? = nil, line: Int? = nil, context: String? = nil, message: String, mend: String) {
        self.file = file
        self.line = line
        self.context = context
        self.message = message
        self.mend = mend
    }

    public var description: String {
        let place = [file.map { file in line.map { "\(file):\($0)" } ?? file }, context.map { "context \($0)" }]
            .compactMap(\.self).joined(separator: ", ")
        return (place.isEmpty ? "" : "\(place): ") + message
    }
}
