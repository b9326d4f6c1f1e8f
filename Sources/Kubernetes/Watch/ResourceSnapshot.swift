import Model

/// Where an object is: its namespace and name. Whoever has the name later is another object, told apart by its `uid`.
public struct ObjectKey: Hashable, Comparable, Sendable {
    public var namespace: String
    public var name: String

    public init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    init(_ meta: ObjectMeta) { self.init(namespace: meta.namespace, name: meta.name) }

    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}

/// All objects of a kind, as they were known at a moment.
public struct ResourceSnapshot<Object: KubernetesObject>: Sendable {
    public internal(set) var objects: [ObjectKey: Object] = [:]
    /// When the server was last heard of them; `nil` before they were first listed.
    public internal(set) var asOf: Timestamp?
    /// Why nothing newer is known; `nil` while the server is followed.
    public internal(set) var problem: APIError?

    /// Whether this is what the server has, but for what is on its way.
    public var isCurrent: Bool { asOf != nil && problem == nil }
}

/// What has become of one object.
public enum ResourceChange<Object: KubernetesObject>: Sendable {
    case added(Object)
    case changed(from: Object, to: Object)
    case removed(Object)
}

/// What a subscriber is told, in the order in which it happened.
public enum ResourceNews<Object: KubernetesObject>: Sendable {
    /// Everything. It comes first, and again where a subscriber was so slow that the single changes were given up.
    case everything(ResourceSnapshot<Object>)
    case changes([ResourceChange<Object>], asOf: Timestamp)
    /// The server is not followed any more, or again (`nil`).
    case problem(APIError?)
}
