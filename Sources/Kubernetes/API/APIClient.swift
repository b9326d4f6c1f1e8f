import Foundation
import HTTP
import Model

/// Speaks with the API server of one cluster.
///
/// Where the server is busy (429) it is asked again after the time that it names; where it does not know who asks (401),
/// other credentials are got once. Everything else is the caller's to try again: a change whose answer was lost may have
/// been made.
public struct APIClient: Sendable {
    public let access: ClusterAccess
    let surroundings: Surroundings
    private let transport: any HTTPOpening
    private let credentials: CredentialSource

    /// How often a busy server is asked again.
    private static let mostTries = 4
    static let mostBodyBytes = 16 << 20

    public init(
        _ access: ClusterAccess, transport: any HTTPOpening = HTTPStreams.shared, surroundings: Surroundings = .real
    ) {
        self.init(access, transport: transport, surroundings: surroundings, runner: PluginRun())
    }

    init(
        _ access: ClusterAccess, transport: any HTTPOpening, surroundings: Surroundings, runner: any PluginRunning
    ) {
        self.access = access
        self.transport = transport
        self.surroundings = surroundings
        credentials = CredentialSource(access, now: surroundings.now, runner: runner)
    }

    /// What is sent, beside who asks.
    struct Message: Sendable {
        var method = StreamRequest.Method.get
        var path: String
        var query: [(name: String, value: String)] = []
        var body: [UInt8]?
        var contentType = "application/json"
        var deadlines = HTTPDeadlines()
    }

    /// An answer of success, not yet read.
    /// - Throws: ``APIError``, or `CancellationError`.
    func open(_ message: Message, _ attempt: APIAttempt) async throws -> HTTPAnswer {
        var (tries, hasRenewed) = (0, false)
        while true {
            let (answer, used) = try await send(message, attempt)
            if (200..<300).contains(answer.status) { return answer }
            let status = await read(answer)
            if answer.status == 401, !hasRenewed {
                hasRenewed = true
                if await credentials.refuse(used) { continue }
            }
            let error = APIError(attempt, status)
            guard case .busy = error.cause, tries < Self.mostTries, answer.status == 429 || status.retryAfter != nil
            else { throw error }
            tries += 1
            // Who is told to wait for long is better told that it is so.
            let asked = status.retryAfter ?? .seconds(1)
            guard asked <= .seconds(30) else { throw error }
            try await surroundings.pause(asked + asked * 0.1 * surroundings.chance())
        }
    }

    private func send(_ message: Message, _ attempt: APIAttempt) async throws -> (HTTPAnswer, Credentials) {
        do {
            let who = try await credentials.credentials()
            let query = message.query.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
            var request = StreamRequest(
                message.method, access.url(message.path) + (query.isEmpty ? "" : "?\(query)"),
                headers: [HTTPHeader("Accept", "application/json")] + who.headers, body: message.body,
                security: try access.security(who.identity), proxy: access.proxy, deadlines: message.deadlines)
            if message.body != nil { request.headers.append(HTTPHeader("Content-Type", message.contentType)) }
            return (try await transport.open(request), who)
        } catch {
            throw Self.translated(error, attempt)
        }
    }

    /// - Returns: an ``APIError``, or a `CancellationError`.
    static func translated(_ error: any Error, _ attempt: APIAttempt) -> any Error {
        switch error {
        case is CancellationError, is APIError: error
        case let failure as HTTPFailure: APIError(attempt, cause: .unreachable(failure))
        case let fault as KubeconfigFault: APIError(attempt, cause: .credentials(fault))
        case let fault as JSONFault: APIError(attempt, cause: .malformed(fault.description))
        default: APIError(attempt, cause: .malformed("\(error)"))
        }
    }

    private func read(_ answer: HTTPAnswer) async -> ServerStatus {
        let body = (try? await answer.whole(limit: 1 << 20)) ?? []
        var status = ServerStatus(code: answer.status, body: body)
        // The head is the better one: a gateway in between may be who is busy.
        if let seconds = answer.headers["retry-after"].flatMap({ Int($0) }), seconds > 0 {
            status.retryAfter = .seconds(seconds)
        }
        return status
    }

    func attempt(_ verb: APIAttempt.Verb, _ kind: ResourceKind, _ namespace: String?, _ name: String? = nil)
        -> APIAttempt
    {
        APIAttempt(verb: verb, resource: kind.plural, namespace: namespace, name: name, cluster: access.name)
    }
}
