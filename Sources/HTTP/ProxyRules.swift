import Foundation

/// Through which proxy a request goes.
public enum HTTPProxy: Hashable, Sendable {
    case none
    /// `http://…`, `https://…` or `socks5://…`; a login may stand in it.
    case through(Secret)
}

/// What `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say, read as Go's programs read them, since kubectl is one.
///
/// Source: package `golang.org/x/net/http/httpproxy`.
public struct ProxyRules: Sendable {
    private let plain: String?
    private let encrypted: String?
    private let exceptions: [Exception]

    private enum Exception: Sendable {
        case everything
        /// A host and all below it; where `isOnlyBelow`, not the host itself.
        case domain(String, isOnlyBelow: Bool, port: Int?)
        case addresses(prefix: [UInt8], bits: Int, port: Int?)
    }

    public init(_ variables: [String: String] = ProcessInfo.processInfo.environment) {
        func value(_ name: String) -> String? {
            [name, name.lowercased()].lazy.compactMap { variables[$0] }.first { !$0.isEmpty }
        }
        // A program that a web server starts gets every header as such a variable: anyone could set it.
        plain = variables["REQUEST_METHOD"] == nil ? value("HTTP_PROXY") : nil
        encrypted = value("HTTPS_PROXY")
        exceptions = (value("NO_PROXY") ?? "").split(separator: ",").compactMap {
            Self.exception($0.trimmingCharacters(in: .whitespaces).lowercased())
        }
    }

    /// - Parameter address: where the request goes in the end.
    public func proxy(for address: HTTPAddress) -> HTTPProxy {
        guard let proxy = address.isEncrypted ? encrypted : plain else { return .none }
        let host = address.host.lowercased()
        let bytes = Self.bytes(host)
        // What runs on this machine is never asked for elsewhere.
        if host == "localhost" || bytes?.first == 127 || bytes == Self.bytes("::1") { return .none }
        for exception in exceptions {
            switch exception {
            case .everything: return .none
            case .domain(let name, let isOnlyBelow, let port):
                guard port == nil || port == address.port else { continue }
                if host.hasSuffix("." + name) || !isOnlyBelow && host == name { return .none }
            case .addresses(let prefix, let bits, let port):
                guard port == nil || port == address.port, let bytes, bytes.count == prefix.count else { continue }
                if Self.agree(bytes, prefix, bits) { return .none }
            }
        }
        return .through(Secret(proxy.contains("://") ? proxy : "http://\(proxy)"))
    }

    private static func exception(_ text: String) -> Exception? {
        if text.isEmpty { return nil }
        if text == "*" { return .everything }
        if let slash = text.firstIndex(of: "/") {
            guard let prefix = bytes(String(text[..<slash])), let bits = Int(text[text.index(after: slash)...]),
                (0...prefix.count * 8).contains(bits)
            else { return nil }
            return .addresses(prefix: prefix, bits: bits, port: nil)
        }
        var (host, port) = (text, nil as Int?)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = String(text[text.index(after: text.startIndex)..<end])
            port = Int(text[end...].dropFirst(2))
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            host = String(text[..<colon])
            port = Int(text[text.index(after: colon)...])
        }
        if let bytes = bytes(host) { return .addresses(prefix: bytes, bits: bytes.count * 8, port: port) }
        if host.hasPrefix("*.") { host.removeFirst() }
        let isOnlyBelow = host.hasPrefix(".")
        if isOnlyBelow { host.removeFirst() }
        return host.isEmpty ? nil : .domain(host, isOnlyBelow: isOnlyBelow, port: port)
    }

    private static func agree(_ left: [UInt8], _ right: [UInt8], _ bits: Int) -> Bool {
        (0..<bits).allSatisfy { (left[$0 / 8] ^ right[$0 / 8]) & (0x80 >> UInt8($0 % 8)) == 0 }
    }

    /// The bytes of an IP address; `nil` for a name.
    private static func bytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }
}
