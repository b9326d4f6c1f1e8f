import Foundation
import HTTP
import Model

/// What a plugin is asked, and what it answers.
///
/// Source: "client.authentication.k8s.io/v1" in Kubernetes' reference of client authentication.
struct ExecAnswer: Sendable {
    var token: Secret?
    var identity: TLSSettings.Identity?
    var expiresAt: Timestamp?

    /// Who asks a plugin, for `KUBERNETES_EXEC_INFO`.
    static func question(_ plugin: ExecPlugin, for access: ClusterAccess) throws(KubeconfigFault) -> String {
        var specification: [(name: String, value: String)] = [("interactive", "false")]
        if plugin.providesClusterInfo {
            var cluster: [(name: String, value: String)] = [("server", JSONText.quoted(access.url("")))]
            if let name = access.cluster.serverName { cluster.append(("tls-server-name", JSONText.quoted(name))) }
            if !access.cluster.isVerified { cluster.append(("insecure-skip-tls-verify", "true")) }
            if let authorities = try access.security(nil).authorities {
                cluster.append(("certificate-authority-data", JSONText.quoted(Data(authorities).base64EncodedString())))
            }
            if let proxy = access.cluster.proxy { cluster.append(("proxy-url", JSONText.quoted(proxy.text))) }
            if let configuration = access.cluster.pluginConfiguration { cluster.append(("config", configuration)) }
            specification.append(("cluster", JSONText.object(cluster)))
        }
        return JSONText.object([
            ("kind", "\"ExecCredential\""), ("apiVersion", JSONText.quoted(plugin.apiVersion.rawValue)),
            ("spec", JSONText.object(specification)),
        ])
    }

    /// - Throws: what is wrong with it, in words that have nothing of it in them.
    init(_ bytes: [UInt8], from plugin: ExecPlugin) throws(PluginComplaint) {
        var (kind, version): (String?, String?) = (nil, nil)
        var (token, certificate, key, expires): (String?, String?, String?, String?) = (nil, nil, nil, nil)
        var hasStatus = false
        do {
            try JSONReader.read(bytes) { reader throws(JSONFault) in
                try reader.members { reader, name throws(JSONFault) in
                    switch name {
                    case "kind": kind = try reader.text()
                    case "apiVersion": version = try reader.text()
                    case "status":
                        hasStatus = true
                        try reader.members { reader, name throws(JSONFault) in
                            switch name {
                            case "token": token = try reader.text()
                            case "clientCertificateData": certificate = try reader.text()
                            case "clientKeyData": key = try reader.text()
                            case "expirationTimestamp": expires = try reader.text()
                            default: break
                            }
                        }
                    default: break
                    }
                }
            }
        } catch {
            throw PluginComplaint("what it printed is no ExecCredential: \(error)")
        }
        guard kind == "ExecCredential", hasStatus else {
            throw PluginComplaint("what it printed is no ExecCredential with a status")
        }
        guard version == plugin.apiVersion.rawValue else {
            throw PluginComplaint(
                "it answers in \(version ?? "no version"), and \(plugin.apiVersion.rawValue) was asked for")
        }
        if let token, !token.isEmpty { self.token = Secret(token) }
        switch (certificate, key) {
        case (let certificate?, let key?):
            identity = .init(certificate: Array(certificate.utf8), key: Secret(key))
        case (nil, nil): break
        default: throw PluginComplaint("it gave one of clientCertificateData and clientKeyData, and not the other")
        }
        if self.token == nil, identity == nil { throw PluginComplaint("it gave neither a token nor a certificate") }
        if let expires {
            guard let moment = Timestamp(rfc3339: expires) else {
                throw PluginComplaint("its expirationTimestamp is no time")
            }
            expiresAt = moment
        }
    }
}

/// What is wrong with a plugin's answer.
struct PluginComplaint: Error {
    var message: String

    init(_ message: String) { self.message = message }
}
