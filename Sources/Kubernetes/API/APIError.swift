import HTTP
import Model

/// Why an API server did not do what was asked: what was asked, and what came of it.
public struct APIError: Error, Hashable, Sendable {
    public var attempt: APIAttempt
    public var cause: Cause

    public enum Cause: Hashable, Sendable {
        /// Nobody has given this user the right.
        case forbidden(ServerStatus)
        /// It is not known who asks; other credentials were tried where there are any.
        case unauthorized(ServerStatus)
        case notFound(ServerStatus)
        /// Somebody has changed the object meanwhile: nothing was done.
        case conflict(ServerStatus)
        /// What was continued or followed is too old: it must be listed again.
        case gone(ServerStatus)
        case busy(ServerStatus)
        /// The object would not be right.
        case invalid(ServerStatus)
        case refused(ServerStatus)
        case serverFault(ServerStatus)
        case unreachable(HTTPFailure)
        /// What came is not what was asked for.
        case malformed(String)
        case credentials(KubeconfigFault)
    }

    init(_ attempt: APIAttempt, _ status: ServerStatus) {
        self.attempt = attempt
        cause =
            switch (status.code, status.reason) {
            case (401, _): .unauthorized(status)
            case (403, _): .forbidden(status)
            case (404, _): .notFound(status)
            case (409, _): .conflict(status)
            case (410, _), (_, "Expired"), (_, "Gone"): .gone(status)
            case (429, _), (503, _): .busy(status)
            case (422, _): .invalid(status)
            case (500..., _): .serverFault(status)
            default: .refused(status)
            }
    }

    init(_ attempt: APIAttempt, cause: Cause) {
        self.attempt = attempt
        self.cause = cause
    }

    /// What the server said, where it said something.
    public var status: ServerStatus? {
        switch cause {
        case .forbidden(let status), .unauthorized(let status), .notFound(let status), .conflict(let status),
            .gone(let status), .busy(let status), .invalid(let status), .refused(let status),
            .serverFault(let status):
            status
        case .unreachable, .malformed, .credentials: nil
        }
    }

    /// Whether the same may do better later, with nothing changed by a person.
    public var mayPass: Bool {
        switch cause {
        case .gone, .busy, .serverFault, .malformed: true
        case .unreachable(let failure): failure.mayPass
        case .forbidden, .unauthorized, .notFound, .conflict, .invalid, .refused, .credentials: false
        }
    }
}

/// What was asked of an API server.
public struct APIAttempt: Hashable, Sendable {
    public enum Verb: String, Sendable { case get, list, watch, create, update, patch, delete }

    public var verb: Verb
    public var resource: String
    public var namespace: String?
    public var name: String?
    /// As ``ClusterAccess/name``.
    public var cluster: String

    /// `replicasets in namespace shop`, `deployment checkout in namespace shop`
    var object: String {
        let what = name.map { "\(singular) \($0)" } ?? resource
        return what + (namespace.map { " in namespace \($0)" } ?? (name == nil ? " in all namespaces" : ""))
    }

    private var singular: String { resource.hasSuffix("s") ? String(resource.dropLast()) : resource }
}

extension APIError: CustomStringConvertible {
    public var description: String {
        let (verb, object) = (attempt.verb.rawValue, attempt.object)
        switch cause {
        case .forbidden(let status): return "may not \(verb) \(object)" + said(status)
        case .unauthorized(let status):
            return "\(attempt.cluster) does not know who asks to \(verb) \(object)" + said(status)
        case .notFound(let status):
            return attempt.name == nil
                ? "\(attempt.cluster) has no \(attempt.resource)" + said(status) : "there is no \(object)"
        case .conflict(let status): return "the \(object) has been changed meanwhile; nothing was done" + said(status)
        case .gone(let status): return "cannot \(verb) \(object) from where it was left" + said(status)
        case .busy(let status): return "\(attempt.cluster) is too busy to \(verb) \(object)" + said(status)
        case .invalid(let status), .refused(let status), .serverFault(let status):
            return "cannot \(verb) \(object): status \(status.code)" + said(status)
        case .unreachable(let failure): return "cannot \(verb) \(object): \(failure)"
        case .malformed(let detail): return "cannot \(verb) \(object): what came cannot be read: \(detail)"
        case .credentials(let fault): return "cannot \(verb) \(object): \(fault)"
        }
    }

    /// In the server's words, which may quote what it was sent.
    private func said(_ status: ServerStatus) -> String {
        guard let message = status.message, !message.isEmpty else { return "" }
        return " (\(Secrets.hiding(in: message)))"
    }
}
