import Foundation
import HTTP
import YAML

/// Where kubectl would look, and what it would find there.
public struct KubeconfigSearch: Sendable {
    /// The file that was named; only it counts then.
    public var file: String?
    public var context: String?
    public var variables: [String: String]
    public var home: String
    /// Where a pod finds its service account.
    public var serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    public init(
        file: String? = nil, context: String? = nil,
        variables: [String: String] = ProcessInfo.processInfo.environment, home: String = NSHomeDirectory()
    ) {
        self.file = file
        self.context = context
        self.variables = variables
        self.home = home
    }

    /// The files that count, of which some may not exist.
    var paths: (list: [String], isNamed: Bool) {
        if let file { return ([file], true) }
        let listed = (variables["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        return listed.isEmpty ? (["\(home)/.kube/config"], false) : (listed, false)
    }

    /// All that the files say, merged.
    public func read() throws(KubeconfigFault) -> Kubeconfig {
        var result = Kubeconfig()
        let (paths, isNamed) = paths
        for path in paths {
            let absolute = URL(fileURLWithPath: NSString(string: path).expandingTildeInPath).standardized.path
            // As kubectl has it: a list may name files that are not there.
            if !isNamed, !FileManager.default.fileExists(atPath: absolute) { continue }
            result.fillIn(from: try KubeconfigReader.read(file: absolute))
        }
        return result
    }

    /// How the cluster is reached.
    public func access() throws(KubeconfigFault) -> ClusterAccess {
        let config = try read()
        if file == nil, context == nil, config.files.isEmpty, let inside = try inCluster() { return inside }
        guard let name = context ?? config.currentContext?.value else {
            if config.files.isEmpty {
                throw KubeconfigFault(
                    file: paths.list.first, message: "there is no kubeconfig, and this is no pod of a cluster",
                    mend: "name one as “kubeconfig: …”, or set KUBECONFIG")
            }
            throw KubeconfigFault(
                file: config.files.first, message: "no context is chosen" + Self.known(config.contexts.keys),
                mend: "name one as “context: …”, or “kubectl config use-context NAME”")
        }
        guard let context = config.contexts[name] else {
            let near = nearest(name, config.contexts.keys.sorted())
            throw KubeconfigFault(
                file: config.files.first ?? paths.list.first, context: name,
                message: "there is no such context" + Self.known(config.contexts.keys),
                mend: near.map { "did you mean “\($0)”?" } ?? "name one that there is")
        }
        guard let cluster = config.clusters[context.value.cluster] else {
            throw KubeconfigFault(
                file: context.file, line: context.line, context: name,
                message: "its cluster “\(context.value.cluster)” is nowhere" + Self.known(config.clusters.keys),
                mend: "add it under “clusters”, or name another")
        }
        let user = config.users[context.value.user]
        if user == nil, !context.value.user.isEmpty {
            throw KubeconfigFault(
                file: context.file, line: context.line, context: name,
                message: "its user “\(context.value.user)” is nowhere" + Self.known(config.users.keys),
                mend: "add it under “users”, or name another")
        }
        return try ClusterAccess(
            context: name, cluster: cluster, user: user, namespace: context.value.namespace ?? "default",
            proxies: ProxyRules(variables), variables: variables)
    }

    /// The service account of the pod that this runs in.
    private func inCluster() throws(KubeconfigFault) -> ClusterAccess? {
        guard let host = variables["KUBERNETES_SERVICE_HOST"], let port = variables["KUBERNETES_SERVICE_PORT"],
            FileManager.default.fileExists(atPath: "\(serviceAccountFolder)/token")
        else { return nil }
        let namespace = try? String(contentsOfFile: "\(serviceAccountFolder)/namespace", encoding: .utf8)
        let isV6 = host.contains(":")
        var cluster = Kubeconfig.Cluster(server: "https://\(isV6 ? "[\(host)]" : host):\(port)")
        cluster.authorities = .file("\(serviceAccountFolder)/ca.crt")
        var user = Kubeconfig.User()
        user.tokenFile = "\(serviceAccountFolder)/token"
        let source = "\(serviceAccountFolder)/token"
        return try ClusterAccess(
            context: nil, cluster: .init(value: cluster, file: source, line: 1),
            user: .init(value: user, file: source, line: 1),
            namespace: namespace?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "default",
            proxies: ProxyRules(variables), variables: variables)
    }

    private static func known(_ names: some Collection<String>) -> String {
        names.isEmpty ? "" : "; known are \(names.sorted().joined(separator: ", "))"
    }
}
