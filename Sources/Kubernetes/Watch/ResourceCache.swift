import Synchronization

/// The watches of one cluster: whoever asks for a kind in a namespace gets the same one.
public final class ResourceCache: Sendable {
    public let client: APIClient
    private let watches = Mutex<[Key: any Sendable]>([:])

    private struct Key: Hashable {
        var kind: ResourceKind
        var namespace: String?
        var type: ObjectIdentifier
    }

    public init(_ client: APIClient) { self.client = client }

    /// - Parameter namespace: `nil` for all.
    public func watch<Object: KubernetesObject>(
        _ type: Object.Type = Object.self, _ kind: ResourceKind, namespace: String?
    ) -> ResourceWatch<Object> {
        let key = Key(kind: kind, namespace: namespace, type: ObjectIdentifier(type))
        return watches.withLock { watches in
            if let known = watches[key] as? ResourceWatch<Object> { return known }
            let new = ResourceWatch<Object>(client, kind, namespace: namespace)
            watches[key] = new
            return new
        }
    }
}
