import Foundation

/// The parts of an `http` or `https` address.
public struct HTTPAddress: Hashable, Sendable {
    public var isEncrypted: Bool
    /// Without brackets where it is an IPv6 address.
    public var host: String
    public var port: Int
    /// From the first `/` on, query included; never empty.
    public var path: String

    /// - Returns: `nil` where the text is no such address, or has a login in it: that would go into logs.
    public init?(_ text: String) {
        guard let end = text.range(of: "://") else { return nil }
        switch text[..<end.lowerBound].lowercased() {
        case "https": isEncrypted = true
        case "http": isEncrypted = false
        default: return nil
        }
        let rest = text[end.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        path = String(rest[authority.endIndex...].prefix { $0 != "#" })
        if !path.hasPrefix("/") { path = "/" + path }
        guard !authority.contains("@") else { return nil }
        let portText: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<bracket])
            portText = authority[authority.index(after: bracket)...]
        } else {
            host = String(authority.prefix { $0 != ":" })
            portText = authority.drop { $0 != ":" }
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0.isNewline }) else { return nil }
        if portText.isEmpty || portText == ":" {
            port = isEncrypted ? 443 : 80
        } else {
            guard portText.hasPrefix(":"), let number = Int(portText.dropFirst()), (1...65535).contains(number) else {
                return nil
            }
            port = number
        }
    }

    /// `host:port`, the host in brackets where it is an IPv6 address.
    public var authority: String { "\(Self.bracketed(host)):\(port)" }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// Scheme, host and port, without the path.
    public var origin: String { "\(isEncrypted ? "https" : "http")://\(authority)" }
}
