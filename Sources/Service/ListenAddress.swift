import Foundation

/// Where a service answers those who watch it: at this machine's loopback addresses, or at a socket in its file system.
///
/// What it tells is for whoever may look into the machine, and nobody is asked for a password: other addresses are refused.
public enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// `host` is an address, not a name; port 0 is any that is free.
    case loopback(host: String, port: UInt16)
    case socket(path: String)

    /// Why an address cannot be taken, for people.
    public struct Refusal: Error, Equatable, Sendable {
        public var message: String
        public var mend: String
    }

    static let example = "write 127.0.0.1:9474, [::1]:9474 or unix:/run/lastgood/metrics.sock"

    /// - Parameters:
    ///   - text: `127.0.0.1:9474`, `[::1]:9474`, `localhost:9474` or `unix:PATH`.
    ///   - isForAll: whether other addresses are taken too, where nothing is told and nothing is believed.
    public init(written text: String, isForAll: Bool = false) throws(Refusal) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { throw Refusal(message: "“\(text)” names no socket", mend: Self.example) }
            // See unix(7): `sun_path` has 108 bytes, the last of which is 0.
            guard path.utf8.count < 108 else {
                throw Refusal(
                    message: "a socket's path has at most 107 bytes, and \(path) is longer", mend: "shorten it")
            }
            self = .socket(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw Refusal(message: "“\(text)” is no address with a port", mend: Self.example)
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host == "localhost" { host = "127.0.0.1" }
        guard Self.isLoopback(host) || isForAll && Self.isAddress(host) else {
            if isForAll { throw Refusal(message: "“\(host)” is no address of a machine", mend: Self.example) }
            throw Refusal(
                message: "it listens on this machine's loopback only, and “\(host)” is not of it",
                mend: "\(Self.example); for others put a proxy before it that asks who they are")
        }
        self = .loopback(host: host, port: port)
    }

    private static func isAddress(_ host: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    static func isLoopback(_ host: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: &six) { $0.elementsEqual([UInt8](repeating: 0, count: 15) + [1]) }
    }

    public var description: String {
        switch self {
        case .loopback(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .socket(let path): "unix:\(path)"
        }
    }
}
