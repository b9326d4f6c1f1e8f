/// Whom a request believes, and who it says it is.
public struct TLSSettings: Hashable, Sendable {
    /// A client's certificate and its key, both PEM.
    public struct Identity: Hashable, Sendable {
        public var certificate: [UInt8]
        public var key: Secret

        public init(certificate: [UInt8], key: Secret) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// PEM; where it is left out, whom the system trusts.
    public var authorities: [UInt8]?
    public var identity: Identity?
    /// The name that the server's certificate must have, where it is not the host of the address.
    public var serverName: String?
    /// `false` believes whoever answers: to be shown wherever the connection is shown.
    public var isVerified = true

    public init(
        authorities: [UInt8]? = nil, identity: Identity? = nil, serverName: String? = nil, isVerified: Bool = true
    ) {
        self.authorities = authorities
        self.identity = identity
        self.serverName = serverName
        self.isVerified = isVerified
    }
}
