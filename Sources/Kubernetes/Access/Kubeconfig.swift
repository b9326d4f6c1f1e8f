import HTTP

/// What kubeconfig files say, merged as kubectl merges them: of entries with one name the first counts, whole.
///
/// Source: "Organizing Cluster Access Using kubeconfig Files" in Kubernetes' documentation.
public struct Kubeconfig: Sendable {
    /// An entry, and the file that it came from.
    public struct Entry<Value: Sendable>: Sendable {
        public var value: Value
        public var file: String
        public var line: Int
    }

    public struct Context: Sendable {
        public var cluster: String
        public var user: String
        public var namespace: String?
    }

    public struct Cluster: Sendable {
        public var server: String
        public var authorities: Material?
        public var serverName: String?
        public var isVerified = true
        public var proxy: Secret?
        /// What the cluster says to its users' plugins, as JSON.
        public var pluginConfiguration: String?
    }

    public struct User: Sendable {
        public var certificate: Material?
        public var key: SecretMaterial?
        public var token: Secret?
        public var tokenFile: String?
        public var login: (name: String, password: Secret)?
        public var plugin: ExecPlugin?
        public var impersonation: Impersonation?
        /// The name of an `auth-provider`, which Kubernetes has given up.
        public var formerProvider: String?
    }

    /// As whom a user acts.
    public struct Impersonation: Hashable, Sendable {
        public var user: String
        public var uid: String?
        public var groups: [String] = []
        public var extra: [String: [String]] = [:]
    }

    /// Something that is written down, or lies in a file that may be exchanged at any time.
    public enum Material: Hashable, Sendable {
        case bytes([UInt8])
        case file(String)
    }

    public enum SecretMaterial: Hashable, Sendable {
        case bytes(Secret)
        case file(String)
    }

    public internal(set) var files: [String] = []
    public internal(set) var currentContext: Entry<String>?
    public internal(set) var contexts: [String: Entry<Context>] = [:]
    public internal(set) var clusters: [String: Entry<Cluster>] = [:]
    public internal(set) var users: [String: Entry<User>] = [:]

    public init() {}

    /// This with what it does not say yet taken from another.
    mutating func fillIn(from other: Kubeconfig) {
        files += other.files
        if currentContext == nil { currentContext = other.currentContext }
        contexts.merge(other.contexts) { mine, _ in mine }
        clusters.merge(other.clusters) { mine, _ in mine }
        users.merge(other.users) { mine, _ in mine }
    }
}

/// A program that is asked for a login.
///
/// Source: "client-go credential plugins" in Kubernetes' documentation.
public struct ExecPlugin: Hashable, Sendable {
    /// With a path separator it is a path, made absolute; else it is looked for on the `PATH`.
    public var command: String
    /// They may be secrets, as may the variables.
    public var arguments: [Secret] = []
    /// Added to the variables of this process.
    public var variables: [String: Secret] = [:]
    public var apiVersion: APIVersion
    public var providesClusterInfo = false
    public var interaction = Interaction.ifAvailable
    public var installHint: String?

    public enum APIVersion: String, Hashable, Sendable, CaseIterable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    public enum Interaction: String, Hashable, Sendable, CaseIterable {
        case never = "Never", ifAvailable = "IfAvailable", always = "Always"
    }
}
