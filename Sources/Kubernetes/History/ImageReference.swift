/// The parts of an image's name, such as `registry.example:5000/shop/app:1.8.2@sha256:…`.
struct ImageReference: Hashable, Sendable {
    var repository: String
    var tag: String?
    var digest: String?

    init(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        digest = parts.count > 1 ? String(parts[1]) : nil
        let name = parts[0]
        // A colon before the last slash is of the registry's port.
        let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
        if let colon = name[start...].firstIndex(of: ":") {
            repository = String(name[..<colon])
            tag = String(name[name.index(after: colon)...])
        } else {
            repository = String(name)
        }
    }
}
