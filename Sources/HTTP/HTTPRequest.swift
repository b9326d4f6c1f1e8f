import Foundation

/// By whom a server's certificate has to be signed, and with what one shows who one is.
public struct HTTPTrust: Hashable, Sendable {
    /// Certificates of authorities in PEM, in place of those that the machine trusts.
    public var caFile: String?
    /// One's own certificate and its key, in PEM.
    public var certFile: String?
    public var keyFile: String?
    /// Whether anybody is believed to be who they say.
    public var insecureSkipVerify: Bool
    /// The name that the certificate has to be of, where it is not the one in the address.
    public var serverName: String?

    public init(
        caFile: String? = nil, certFile: String? = nil, keyFile: String? = nil, insecureSkipVerify: Bool = false,
        serverName: String? = nil
    ) {
        self.caFile = caFile
        self.certFile = certFile
        self.keyFile = keyFile
        self.insecureSkipVerify = insecureSkipVerify
        self.serverName = serverName
    }
}

/// What is asked of a server. Redirects are not followed: what shows who asks is meant for one address only.
public struct HTTPRequest: Sendable {
    public var method: String
    public var url: String
    /// Lines such as `Accept: application/json`.
    public var headers: [String]
    public var body: [UInt8]?
    public var trust: HTTPTrust

    public init(
        _ method: String = "GET", _ url: String, headers: [String] = [], body: [UInt8]? = nil,
        trust: HTTPTrust = HTTPTrust()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.trust = trust
    }

    /// The address with the name that the certificate is to be of, who is to be asked for it, and the header that says
    /// whom it is meant for; `nil` where the address has that name.
    ///
    /// curl sends and checks the name that stands in the address, and may be told to connect elsewhere.
    var named: (url: String, connection: String, header: String)? {
        guard let name = trust.serverName, var parts = URLComponents(string: url), parts.scheme == "https",
            let host = parts.percentEncodedHost
        else { return nil }
        let port = parts.port ?? 443
        parts.percentEncodedHost = name
        return parts.string.map { ($0, "\(name):\(port):\(host):\(port)", "Host: \(host):\(port)") }
    }
}
