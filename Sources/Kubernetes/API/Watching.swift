import HTTP

/// What happens to objects that are watched.
public enum WatchEvent<Object: Sendable>: Sendable {
    case added(Object)
    case modified(Object)
    case deleted(Object)
    /// Nothing has happened up to this version.
    case bookmark(resourceVersion: String)
}

extension APIClient {
    /// For how long a watch may bring nothing: servers of today send a bookmark every minute.
    public static let longestSilence: Duration = .seconds(150)

    /// Follows what happens after a version, until the server ends it, as it does after some minutes.
    /// - Parameter take: is called once with nothing as soon as the server follows.
    /// - Throws: ``APIError``, `gone` where the version is too old; or `CancellationError`.
    public func watch<Object: KubernetesObject>(
        _ kind: ResourceKind, namespace: String?, selector: String? = nil, from resourceVersion: String,
        silence: Duration = longestSilence, take: @Sendable ([WatchEvent<Object>]) async throws -> Void
    ) async throws {
        let attempt = attempt(.watch, kind, namespace)
        var message = Message(path: kind.path(namespace: namespace))
        message.deadlines = HTTPDeadlines(silence: silence)
        // Of many watches that begin together, not all are to end together.
        let seconds = 300 + Int(120 * min(1, max(0, surroundings.chance())))
        message.query = [
            ("watch", "1"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
            ("timeoutSeconds", String(seconds)),
        ]
        if let selector { message.query.append(("labelSelector", selector)) }
        let answer = try await open(message, attempt)
        var cutter = ObjectCutter()
        do {
            try await take([])
            for try await piece in answer.body {
                var events: [WatchEvent<Object>] = []
                var refusal: ServerStatus?
                // What came before a refusal, or before what cannot be read, has happened.
                var fault: JSONFault?
                do {
                    try Self.withBytes(piece) { bytes throws(JSONFault) in
                        try cutter.take(bytes) { object throws(JSONFault) in
                            guard refusal == nil else { return }
                            switch try Self.line(object, of: Object.self) {
                            case .event(let event): events.append(event)
                            case .refusal(let status): refusal = status
                            case .unknown: break
                            }
                        }
                    }
                } catch {
                    fault = error
                }
                if !events.isEmpty { try await take(events) }
                if let refusal { throw APIError(attempt, refusal) }
                if let fault { throw fault }
            }
            try Task.checkCancellation()
            if cutter.isCut { throw HTTPFailure.cut(detail: "in the middle of an event") }
        } catch {
            throw Self.translated(error, attempt)
        }
    }

    private enum Line<Object: Sendable> {
        case event(WatchEvent<Object>)
        case refusal(ServerStatus)
        /// Of a type that later versions may bring.
        case unknown
    }

    private static func line<Object: KubernetesObject>(
        _ bytes: UnsafeRawBufferPointer, of type: Object.Type
    ) throws(JSONFault) -> Line<Object> {
        var kind = ""
        var raw: UnsafeRawBufferPointer?
        try JSONReader.read(bytes) { reader throws(JSONFault) in
            try reader.members { reader, key throws(JSONFault) in
                switch key {
                case "type": kind = try reader.text() ?? ""
                case "object": raw = try reader.raw()
                default: break
                }
            }
        }
        guard let raw else { throw JSONFault(offset: 0, message: "an event has no object") }
        func object() throws(JSONFault) -> Object {
            try JSONReader.read(raw) { reader throws(JSONFault) in try Object(&reader) }
        }
        switch kind {
        case "ADDED": return .event(.added(try object()))
        case "MODIFIED": return .event(.modified(try object()))
        case "DELETED": return .event(.deleted(try object()))
        case "BOOKMARK":
            let meta = try JSONReader.read(raw) { reader throws(JSONFault) in try JustMeta(&reader).meta }
            return .event(.bookmark(resourceVersion: meta.resourceVersion))
        case "ERROR":
            return .refusal(try JSONReader.read(raw) { reader throws(JSONFault) in try ServerStatus(&reader) })
        default: return .unknown
        }
    }
}
