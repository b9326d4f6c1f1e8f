import HTTP

extension APIClient {
    /// One object.
    /// - Throws: ``APIError``, or `CancellationError`.
    public func get<Object: KubernetesObject>(
        _ type: Object.Type, _ kind: ResourceKind, namespace: String, name: String
    ) async throws -> Object {
        let attempt = attempt(.get, kind, namespace, name)
        return try await decode(Message(path: kind.path(namespace: namespace, name: name)), attempt)
    }

    /// Changes an object as it was when it had `resourceVersion`: where somebody has changed it since, nothing is done.
    /// - Parameter operations: of RFC 6902; they are done all or none.
    /// - Throws: ``APIError``, `conflict` where it has been changed, or `CancellationError`.
    public func patch<Object: KubernetesObject>(
        _ type: Object.Type, _ kind: ResourceKind, namespace: String, name: String,
        expecting resourceVersion: String, _ operations: [PatchOperation]
    ) async throws -> Object {
        // Put in its place, the version is compared by the server in the moment of the change.
        let version = PatchOperation.replace("/metadata/resourceVersion", json: JSONText.quoted(resourceVersion))
        let body = "[" + ([version] + operations).map(\.json).joined(separator: ",") + "]"
        return try await decode(
            Message(
                method: .patch, path: kind.path(namespace: namespace, name: name), body: Array(body.utf8),
                contentType: "application/json-patch+json"),
            attempt(.patch, kind, namespace, name))
    }

    /// Replaces a whole object by JSON in which the `resourceVersion` stands that it had.
    /// - Throws: ``APIError``, `conflict` where it has been changed, or `CancellationError`.
    public func replace<Object: KubernetesObject>(
        _ type: Object.Type, _ kind: ResourceKind, namespace: String, name: String, by json: [UInt8]
    ) async throws -> Object {
        let attempt = attempt(.update, kind, namespace, name)
        let meta = try? JSONReader.read(json) { reader throws(JSONFault) in try JustMeta(&reader).meta }
        guard let meta, !meta.resourceVersion.isEmpty else {
            throw APIError(
                attempt, cause: .malformed("it says no resourceVersion, and would overwrite what others did"))
        }
        return try await decode(
            Message(method: .put, path: kind.path(namespace: namespace, name: name), body: json), attempt)
    }

    /// Deletes this very object, and no other that has got its name since.
    /// - Throws: ``APIError``, `conflict` where it is another or has been changed, or `CancellationError`.
    public func delete(
        _ kind: ResourceKind, namespace: String, name: String, uid: String, expecting resourceVersion: String? = nil
    ) async throws {
        var conditions: [(name: String, value: String)] = [("uid", JSONText.quoted(uid))]
        if let resourceVersion { conditions.append(("resourceVersion", JSONText.quoted(resourceVersion))) }
        let body = JSONText.object([
            ("kind", "\"DeleteOptions\""), ("apiVersion", "\"v1\""), ("preconditions", JSONText.object(conditions)),
        ])
        let attempt = attempt(.delete, kind, namespace, name)
        let answer = try await open(
            Message(method: .delete, path: kind.path(namespace: namespace, name: name), body: Array(body.utf8)), attempt
        )
        do {
            _ = try await answer.whole(limit: Self.mostBodyBytes)
        } catch {
            throw Self.translated(error, attempt)
        }
    }

    /// Whether this user may do something; asked before it is tried, so that what cannot be done is said beforehand.
    /// - Throws: ``APIError``, or `CancellationError`.
    public func may(
        _ verb: APIAttempt.Verb, _ kind: ResourceKind, namespace: String, name: String? = nil, part: String? = nil
    ) async throws -> AccessReview {
        var attributes: [(name: String, value: String)] = [
            ("namespace", namespace), ("verb", verb.rawValue), ("group", kind.group), ("resource", kind.plural),
        ]
        if let name { attributes.append(("name", name)) }
        if let part { attributes.append(("subresource", part)) }
        let quoted = attributes.map { (name: $0.name, value: JSONText.quoted($0.value)) }
        let body = JSONText.object([
            ("apiVersion", "\"authorization.k8s.io/v1\""), ("kind", "\"SelfSubjectAccessReview\""),
            ("spec", JSONText.object([("resourceAttributes", JSONText.object(quoted))])),
        ])
        let reviews = ResourceKind(
            group: "authorization.k8s.io", version: "v1", plural: "selfsubjectaccessreviews",
            kind: "SelfSubjectAccessReview")
        return try await decode(
            Message(method: .post, path: reviews.path(namespace: nil), body: Array(body.utf8)),
            attempt(.create, reviews, nil))
    }

    private func decode<Value: JSONReadable>(_ message: Message, _ attempt: APIAttempt) async throws -> Value {
        let answer = try await open(message, attempt)
        do {
            let body = try await answer.whole(limit: Self.mostBodyBytes)
            return try JSONReader.read(body) { reader throws(JSONFault) in try Value(&reader) }
        } catch {
            throw Self.translated(error, attempt)
        }
    }
}

/// One step of a patch.
///
/// Source: RFC 6902.
public struct PatchOperation: Hashable, Sendable {
    var json: String

    /// - Parameter path: of RFC 6901, in which `/` in a name is `~1`; see ``pointer(_:)``.
    public static func replace(_ path: String, json value: String) -> PatchOperation {
        PatchOperation(
            json: JSONText.object([("op", "\"replace\""), ("path", JSONText.quoted(path)), ("value", value)]))
    }

    /// Sets a member, whether or not it is there.
    public static func add(_ path: String, json value: String) -> PatchOperation {
        PatchOperation(json: JSONText.object([("op", "\"add\""), ("path", JSONText.quoted(path)), ("value", value)]))
    }

    public static func remove(_ path: String) -> PatchOperation {
        PatchOperation(json: JSONText.object([("op", "\"remove\""), ("path", JSONText.quoted(path))]))
    }

    /// The path of names that may have `/` and `~` in them.
    public static func pointer(_ names: [String]) -> String {
        names.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}

/// Whether a user may do something, and why.
public struct AccessReview: Hashable, Sendable, JSONReadable {
    public var isAllowed = false
    public var reason: String?

    public init(_ reader: inout JSONReader) throws(JSONFault) {
        var (allowed, why): (Bool?, String?) = (nil, nil)
        try reader.members { reader, key throws(JSONFault) in
            guard case "status" = key else { return }
            try reader.members { reader, key throws(JSONFault) in
                switch key {
                case "allowed": allowed = try reader.flag()
                case "reason": why = try reader.text()
                default: break
                }
            }
        }
        guard let allowed else { throw reader.fault("it does not say whether it is allowed") }
        (isAllowed, reason) = (allowed, why)
    }
}
