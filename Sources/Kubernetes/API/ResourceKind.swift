/// A kind of objects that an API server keeps.
public struct ResourceKind: Hashable, Sendable {
    /// Empty for the oldest kinds.
    public var group: String
    public var version: String
    /// As it stands in addresses and rules: `replicasets`.
    public var plural: String
    public var kind: String

    public init(group: String, version: String, plural: String, kind: String) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
    }

    public static let deployments = ResourceKind(
        group: "apps", version: "v1", plural: "deployments", kind: "Deployment")
    public static let statefulSets = ResourceKind(
        group: "apps", version: "v1", plural: "statefulsets", kind: "StatefulSet")
    public static let daemonSets = ResourceKind(group: "apps", version: "v1", plural: "daemonsets", kind: "DaemonSet")
    public static let replicaSets = ResourceKind(
        group: "apps", version: "v1", plural: "replicasets", kind: "ReplicaSet")
    public static let controllerRevisions = ResourceKind(
        group: "apps", version: "v1", plural: "controllerrevisions", kind: "ControllerRevision")
    public static let rollouts = ResourceKind(
        group: "argoproj.io", version: "v1alpha1", plural: "rollouts", kind: "Rollout")
    public static let pods = ResourceKind(group: "", version: "v1", plural: "pods", kind: "Pod")
    public static let services = ResourceKind(group: "", version: "v1", plural: "services", kind: "Service")
    public static let events = ResourceKind(group: "", version: "v1", plural: "events", kind: "Event")

    /// - Parameters:
    ///   - namespace: `nil` for all of them.
    ///   - name: of one object; `nil` for the list.
    ///   - part: such as `scale` or `status`.
    func path(namespace: String?, name: String? = nil, part: String? = nil) -> String {
        var words = group.isEmpty ? ["api", version] : ["apis", group, version]
        if let namespace { words += ["namespaces", namespace] }
        words.append(plural)
        if let name { words.append(name) }
        if let part { words.append(part) }
        return "/" + words.map(PercentEncoding.encode).joined(separator: "/")
    }
}

/// RFC 3986, section 2.1.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }
}
