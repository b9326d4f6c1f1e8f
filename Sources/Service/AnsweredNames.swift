/// By which names a service is asked that listens on loopback.
///
/// A page that somebody looks at on this machine may have its own name lead to 127.0.0.1, and read there as if it were its
/// own server; only its name tells.
struct AnsweredNames: Sendable {
    /// `nil` where everybody is answered: no page comes to a socket in the file system.
    private let others: Set<String>?

    /// - Parameter others: names besides those of loopback, as a proxy on this machine may ask by.
    init(_ address: ListenAddress, others: [String]) {
        switch address {
        case .socket: self.others = nil
        case .loopback: self.others = Set(others.map(Self.name))
        }
    }

    /// The answer to who asks by another name; `nil` to whoever is answered.
    func refusal(_ request: Request) -> Response? {
        guard let others, let host = request.host else { return nil }
        let name = Self.name(host)
        if others.contains(name) || name == "localhost" || ListenAddress.isLoopback(name) { return nil }
        return Response(
            status: 421,
            body: "“\(host.prefix(100))” is no name of this service: a page may have led here. "
                + "Ask by 127.0.0.1, [::1] or localhost, or start it with --answer-to NAME\n")
    }

    /// A name without its port, as it is compared: `LOCALHOST.:9474` is `localhost`.
    private static func name(_ host: String) -> String {
        var name = host[...]
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
            return String(name[name.index(after: name.startIndex)..<end]).lowercased()
        }
        if let colon = name.lastIndex(of: ":"), name[name.index(after: colon)...].allSatisfy(\.isNumber) {
            name = name[..<colon]
        }
        if name.hasSuffix(".") { name = name.dropLast() }
        return name.lowercased()
    }
}
