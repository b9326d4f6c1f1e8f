/// What people give as a reason: everybody reads it in an incident, in a line of a table.
enum ReasonRule {
    /// In characters.
    static let longest = 1000

    /// - Parameter option: where it was given.
    /// - Throws: where nobody would learn anything from it, or it is no line any more.
    static func check(_ reason: String?, as option: String = "--reason") throws {
        guard let reason else { return }
        guard !reason.allSatisfy(\.isWhitespace) else {
            throw Failure(.usage, "\(option) is empty", mend: "say why: everybody reads it in an incident")
        }
        guard !reason.contains(where: \.isNewline) else {
            throw Failure(
                .usage, "\(option) has line breaks", mend: "keep it to a line, and name the ticket that says the rest")
        }
        guard reason.count <= longest else {
            throw Failure(
                .usage, "\(option) has \(reason.count) characters, and \(longest) are the most",
                mend: "keep it to a line, and name the ticket that says the rest")
        }
    }
}
