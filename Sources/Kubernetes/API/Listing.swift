import HTTP

/// A list as it comes.
public enum ListPiece<Object: Sendable>: Sendable {
    /// It begins, or begins anew: what has come before does not count.
    case begin
    case objects([Object])
    /// It is whole, as of this version.
    case end(resourceVersion: String)
}

extension APIClient {
    /// Lists objects page by page; they are decoded as they come, and handed over in small groups.
    ///
    /// Where a page comes so late that the server has forgotten what the list was (410), it begins anew; the second time
    /// without pages, which cannot be forgotten.
    /// - Parameters:
    ///   - namespace: `nil` for all.
    ///   - selector: of labels, such as `app=checkout`.
    ///   - page: how many objects are asked for at once.
    /// - Throws: ``APIError``, or `CancellationError`.
    public func list<Object: KubernetesObject>(
        _ kind: ResourceKind, namespace: String?, selector: String? = nil, page: Int = 500,
        take: @Sendable (ListPiece<Object>) async throws -> Void
    ) async throws {
        let attempt = attempt(.list, kind, namespace)
        var restarts = 0
        restart: while true {
            try await take(.begin)
            var next: String?
            while true {
                var message = Message(path: kind.path(namespace: namespace))
                if restarts < 2 { message.query.append(("limit", String(page))) }
                if let selector { message.query.append(("labelSelector", selector)) }
                if let next { message.query.append(("continue", next)) }
                do {
                    let answer = try await open(message, attempt)
                    let end = try await read(answer, attempt, take)
                    guard let token = end.next, !token.isEmpty else {
                        try await take(.end(resourceVersion: end.resourceVersion))
                        return
                    }
                    next = token
                } catch let error as APIError {
                    guard case .gone = error.cause, next != nil, restarts < 3 else { throw error }
                    restarts += 1
                    continue restart
                }
            }
        }
    }

    private func read<Object: KubernetesObject>(
        _ answer: HTTPAnswer, _ attempt: APIAttempt, _ take: @Sendable (ListPiece<Object>) async throws -> Void
    ) async throws -> ListEnvelope {
        var cutter = ListCutter()
        do {
            for try await piece in answer.body {
                var objects: [Object] = []
                try Self.withBytes(piece) { bytes throws(JSONFault) in
                    try cutter.take(bytes) { reader throws(JSONFault) in objects.append(try Object(&reader)) }
                }
                if !objects.isEmpty { try await take(.objects(objects)) }
            }
            try Task.checkCancellation()
            try cutter.finish()
            return try JSONReader.read(cutter.envelope) { reader throws(JSONFault) in try ListEnvelope(&reader) }
        } catch {
            throw Self.translated(error, attempt)
        }
    }

    static func withBytes(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        let result = bytes.withUnsafeBytes { buffer in
            Result<Void, JSONFault> { () throws(JSONFault) in try body(buffer) }
        }
        try result.get()
    }
}

/// What a list says beside its items.
struct ListEnvelope: JSONReadable {
    var resourceVersion = ""
    var next: String?

    init(_ reader: inout JSONReader) throws(JSONFault) {
        var (version, token): (String?, String?) = (nil, nil)
        try reader.members { reader, key throws(JSONFault) in
            guard case "metadata" = key else { return }
            try reader.members { reader, key throws(JSONFault) in
                switch key {
                case "resourceVersion": version = try reader.text()
                case "continue": token = try reader.text()
                default: break
                }
            }
        }
        (resourceVersion, next) = (version ?? "", token)
    }
}
