/// Why there is no answer, or not all of it. What was sent may have arrived unless ``isBeforeSending``.
public enum HTTPFailure: Error, Hashable, Sendable {
    case badAddress(String)
    case cannotResolve(host: String)
    case cannotConnect(authority: String, detail: String)
    /// The server's certificate is not to be believed.
    case notTrusted(authority: String, detail: String)
    /// Certificate, key or authorities of ours cannot be used.
    case unusableMaterial(detail: String)
    case handshake(authority: String, detail: String)
    case proxy(detail: String)
    case late(Deadline, Duration)
    /// The connection ended before the answer did.
    case cut(detail: String)
    case tooLarge(limit: Int)
    case other(detail: String)

    /// Which of the ``HTTPDeadlines`` has passed.
    public enum Deadline: String, Sendable { case connect, firstByte, silence, whole }

    /// Whether nothing of the request can have reached the server.
    public var isBeforeSending: Bool {
        switch self {
        case .badAddress, .cannotResolve, .cannotConnect, .notTrusted, .unusableMaterial, .handshake, .proxy,
            .late(.connect, _):
            true
        case .late, .cut, .tooLarge, .other: false
        }
    }

    /// Whether the same request may do better later, with nothing changed by a person.
    public var mayPass: Bool {
        switch self {
        case .badAddress, .notTrusted, .unusableMaterial, .tooLarge: false
        case .cannotResolve, .cannotConnect, .handshake, .proxy, .late, .cut, .other: true
        }
    }
}

extension HTTPFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badAddress(let text): "“\(text)” is no http or https address"
        case .cannotResolve(let host): "the name \(host) is not known here"
        case .cannotConnect(let authority, let detail):
            "cannot connect to \(authority)" + (detail.isEmpty ? "" : ": \(detail)")
        case .notTrusted(let authority, let detail): "the certificate of \(authority) is not trusted: \(detail)"
        case .unusableMaterial(let detail): "a certificate or key cannot be used: \(detail)"
        case .handshake(let authority, let detail): "no TLS with \(authority): \(detail)"
        case .proxy(let detail): "the proxy does not help: \(detail)"
        case .late(.connect, let limit): "no connection within \(limit)"
        case .late(.firstByte, let limit): "no answer within \(limit)"
        case .late(.silence, let limit): "nothing came for \(limit)"
        case .late(.whole, let limit): "it took longer than \(limit)"
        case .cut(let detail): "the connection was cut" + (detail.isEmpty ? "" : ": \(detail)")
        case .tooLarge(let limit): "the answer is larger than \(limit / 1024) KiB"
        case .other(let detail): detail
        }
    }
}
