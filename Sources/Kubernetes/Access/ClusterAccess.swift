import Foundation
import HTTP

/// How one cluster is reached, and as whom.
public struct ClusterAccess: Sendable {
    /// The context's name; `nil` for the service account of a pod.
    public let context: String?
    public let server: HTTPAddress
    /// Where nothing else is said.
    public let namespace: String
    /// Whether whoever answers is believed: to be shown.
    public var isInsecure: Bool { !cluster.isVerified || !server.isEncrypted }
    public let proxy: HTTPProxy

    let cluster: Kubeconfig.Cluster
    let user: Kubeconfig.User
    /// Where the user is written down.
    let file: String

    init(
        context: String?, cluster: Kubeconfig.Entry<Kubeconfig.Cluster>, user: Kubeconfig.Entry<Kubeconfig.User>?,
        namespace: String, proxies: ProxyRules, variables: [String: String]
    ) throws(KubeconfigFault) {
        func fault(_ message: String, _ mend: String) -> KubeconfigFault {
            KubeconfigFault(file: cluster.file, line: cluster.line, context: context, message: message, mend: mend)
        }
        let written = cluster.value.server
        if written.isEmpty { throw fault("its cluster has no server", "add “server: https://…”") }
        // As kubectl has it: with anything of TLS it is https.
        let hasTLS =
            cluster.value.authorities != nil || !cluster.value.isVerified || cluster.value.serverName != nil
            || user?.value.certificate != nil
        let url = written.contains("://") ? written : (hasTLS ? "https://" : "http://") + written
        guard let address = HTTPAddress(url) else {
            throw fault("its server is no http or https address", "write “server: https://host:port”")
        }
        if !cluster.value.isVerified, cluster.value.authorities != nil {
            throw fault(
                "it has a certificate-authority and insecure-skip-tls-verify",
                "leave one of them out: better the second")
        }
        if let proxy = cluster.value.proxy {
            let scheme = proxy.text.prefix { $0 != ":" }.lowercased()
            guard ["http", "https", "socks5", "socks5h"].contains(scheme) else {
                throw fault("its proxy-url is no http, https or socks5 address", "write “proxy-url: http://host:port”")
            }
            self.proxy = .through(proxy)
        } else {
            proxy = proxies.proxy(for: address)
        }
        if let former = user?.value.formerProvider, user?.value.plugin == nil {
            throw KubeconfigFault(
                file: user?.file, line: user?.line, context: context,
                message: "its user logs in by the auth-provider “\(former)”, which Kubernetes has given up",
                mend: "use an exec plugin; for gcp: gke-gcloud-auth-plugin, for azure: kubelogin")
        }
        self.context = context
        server = address
        self.namespace = namespace
        self.cluster = cluster.value
        self.user = user?.value ?? Kubeconfig.User()
        file = user?.file ?? cluster.file
    }

    /// As it stands in a sentence.
    public var name: String { context.map { "context \($0)" } ?? "this cluster" }

    /// The address of a path; the server's own path, as behind a gateway, stays before it.
    func url(_ path: String) -> String {
        let base = server.path == "/" ? "" : server.path.hasSuffix("/") ? String(server.path.dropLast()) : server.path
        return server.origin + base + path
    }

    /// Whom a request believes, read anew: authorities may be exchanged.
    func security(_ identity: TLSSettings.Identity?) throws(KubeconfigFault) -> TLSSettings {
        var authorities: [UInt8]?
        switch cluster.authorities {
        case .bytes(let bytes): authorities = bytes
        case .file(let path): authorities = try read(path, "certificate-authority")
        case nil: break
        }
        return TLSSettings(
            authorities: authorities, identity: identity, serverName: cluster.serverName,
            isVerified: cluster.isVerified)
    }

    /// A file that is named in the kubeconfig.
    func read(_ path: String, _ key: String) throws(KubeconfigFault) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
            throw KubeconfigFault(
                file: file, context: context, message: "its \(key), \(path), is not there or cannot be read",
                mend: "put it there, or name another")
        }
        return [UInt8](data)
    }
}
