import CHTTP
import Foundation
import Synchronization

/// The answer of a server.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var body: [UInt8]
    /// How long the server wants to be left alone; `nil` where it did not say.
    public var retryAfter: Duration?

    public init(status: Int, body: [UInt8], retryAfter: Duration? = nil) {
        (self.status, self.body, self.retryAfter) = (status, body, retryAfter)
    }
}

/// Why there is no answer.
public enum HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    case timedOut(Duration)
    case tooLarge(limit: Int)
    /// The connection was cut: asking again may help.
    case interrupted(String)
    case failed(String)

    public var description: String {
        switch self {
        case .timedOut(let limit):
            "no answer within \(limit)"
        case .tooLarge(let limit): "the answer is larger than \(limit / 1024) KiB"
        case .interrupted(let detail), .failed(let detail): detail
        }
    }
}

/// Fetches over HTTP. Any number of requests run at once on one thread, through libcurl's multi interface.
public final class HTTPClient: Sendable {
    public static let shared = HTTPClient()

    private let multi: MultiHandle
    private let inbox = Mutex(Inbox())

    private init() {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        multi = MultiHandle(pointer: curl_multi_init())
        let thread = Thread { [self] in run() }
        thread.name = "http"
        thread.start()
    }

    /// - Parameters:
    ///   - timeout: for the whole exchange.
    ///   - limit: the largest body in bytes that is taken in.
    /// - Throws: ``HTTPError``.
    public func get(_ url: String, timeout: Duration, limit: Int = 4 << 20) async throws -> HTTPResponse {
        try await withCheckedThrowingContinuation { continuation in
            let transfer = Transfer(url: url, timeout: timeout, limit: limit, continuation: continuation)
            inbox.withLock { $0.waiting.append((Ticket(), transfer)) }
            curl_multi_wakeup(multi.pointer)
        }
    }

    /// Sends a body; redirects are not followed, since what is sent is meant for one address only.
    /// - Parameters:
    ///   - headers: lines such as `Content-Type: application/json`.
    ///   - timeout: for the whole exchange.
    ///   - limit: how many bytes of the answer are kept; the rest is left out.
    /// - Throws: ``HTTPError``, or `CancellationError` where the task is cancelled meanwhile.
    public func post(
        _ url: String, headers: [String], body: [UInt8], timeout: Duration, limit: Int = 4 << 10
    ) async throws -> HTTPResponse {
        try await perform(url, timeout, limit, .told(headers: headers, body: body))
    }

    /// Asks, or tells, a server that wants to know who asks.
    /// - Parameters:
    ///   - timeout: for the whole exchange.
    ///   - limit: the largest body in bytes that is taken in.
    /// - Throws: ``HTTPError``, or `CancellationError` where the task is cancelled meanwhile.
    public func send(_ request: HTTPRequest, timeout: Duration, limit: Int = 4 << 20) async throws -> HTTPResponse {
        try await perform(request.url, timeout, limit, .asked(request))
    }

    private func perform(
        _ url: String, _ timeout: Duration, _ limit: Int, _ content: Transfer.Content
    ) async throws -> HTTPResponse {
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let transfer = Transfer(
                    url: url, timeout: timeout, limit: limit, sending: content, continuation: continuation)
                let isTaken = inbox.withLock { inbox in
                    // Whoever cancels later finds it waiting, and whoever did before is seen here.
                    if Task.isCancelled { return false }
                    inbox.waiting.append((ticket, transfer))
                    return true
                }
                if isTaken { curl_multi_wakeup(multi.pointer) } else { transfer.cancel(nil) }
            }
        } onCancel: {
            inbox.withLock { $0.cancelled.append(ticket) }
            curl_multi_wakeup(multi.pointer)
        }
    }

    private func run() {
        // Those under way that somebody may cancel.
        var begun: [ObjectIdentifier: (Ticket, Transfer)] = [:]
        while true {
            let (waiting, cancelled) = inbox.withLock { inbox in
                defer { inbox = Inbox() }
                return (inbox.waiting, inbox.cancelled)
            }
            for (ticket, transfer) in waiting {
                begun[ObjectIdentifier(ticket)] = (ticket, transfer)
                transfer.begin(multi.pointer)
            }
            for ticket in cancelled { begun[ObjectIdentifier(ticket)]?.1.cancel(multi.pointer) }
            var running: Int32 = 0
            curl_multi_perform(multi.pointer, &running)
            var result = CURLE_OK
            while let handle = http_next_finished(multi.pointer, &result) {
                Transfer.end(handle, result, multi.pointer)
            }
            begun = begun.filter { !$0.value.1.isOver }
            curl_multi_poll(multi.pointer, nil, 0, 10_000, nil)
        }
    }
}

/// What has come for the client's thread.
private struct Inbox {
    var waiting: [(Ticket, Transfer)] = []
    var cancelled: [Ticket] = []
}

/// By which a transfer is known to whoever cancels it.
private final class Ticket: Sendable {}

/// `curl_multi_wakeup` may be called from any thread, see its manual page; everything else is called on one.
private struct MultiHandle: @unchecked Sendable {
    let pointer: MultiPointer
}

private typealias MultiPointer = UnsafeMutableRawPointer

/// One request under way. It is handed to the client's thread whole and touched by no other from then on.
private final class Transfer: @unchecked Sendable {
    /// What is sent.
    enum Content {
        /// A body for whoever only has to take it, and whose answer is cut short.
        case told(headers: [String], body: [UInt8])
        case asked(HTTPRequest)
    }

    private let url: String
    private let timeout: Duration
    private let limit: Int
    private let content: Content?
    private let continuation: CheckedContinuation<HTTPResponse, any Error>
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var handle: UnsafeMutableRawPointer?
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var hosts: UnsafeMutablePointer<curl_slist>?
    /// What went wrong in detail, where somebody wants to know.
    private var detail: UnsafeMutablePointer<CChar>?
    private(set) var isOver = false

    init(
        url: String, timeout: Duration, limit: Int, sending content: Content? = nil,
        continuation: CheckedContinuation<HTTPResponse, any Error>
    ) {
        self.url = url
        self.timeout = timeout
        self.limit = limit
        self.content = content
        self.continuation = continuation
    }

    func begin(_ multi: MultiPointer) {
        guard let handle = curl_easy_init() else {
            return finish(.failure(HTTPError.failed("no memory for a request")))
        }
        self.handle = handle
        let pointer = Unmanaged.passRetained(self).toOpaque()
        _ = http_set_defaults(handle)
        _ = http_set_url(handle, url)
        setTimeout(handle, timeout)
        switch content {
        case .told(let lines, let body):
            setHeaders(handle, lines)
            _ = body.withUnsafeBytes { http_set_body(handle, $0.baseAddress, $0.count) }
        case .asked(let request):
            setHeaders(handle, request.headers + (request.named.map { [$0.header] } ?? []))
            setTrust(handle, request)
            _ = (request.body ?? []).withUnsafeBytes { body in
                http_set_request(handle, request.method, request.body == nil ? nil : body.baseAddress, body.count)
            }
        case nil: break
        }
        _ = http_set_private(handle, pointer)
        _ = http_set_writer(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
            }, pointer)
        curl_multi_add_handle(multi, handle)
    }

    private func setHeaders(_ handle: UnsafeMutableRawPointer, _ lines: [String]) {
        // Without the last, curl asks first whether a large body is wanted, and waits for an answer.
        for line in lines + ["User-Agent: lastgood", "Expect:"] { headers = curl_slist_append(headers, line) }
        _ = http_set_headers(handle, headers)
    }

    private func setTrust(_ handle: UnsafeMutableRawPointer, _ request: HTTPRequest) {
        let trust = request.trust
        let detail = UnsafeMutablePointer<CChar>.allocate(capacity: Int(http_error_size))
        detail.initialize(repeating: 0, count: Int(http_error_size))
        self.detail = detail
        _ = http_set_error_buffer(handle, detail)
        _ = http_set_trust(handle, trust.caFile, trust.certFile, trust.keyFile, trust.insecureSkipVerify ? 0 : 1)
        guard let named = request.named else { return }
        _ = http_set_url(handle, named.url)
        hosts = curl_slist_append(hosts, named.connection)
        _ = http_set_connect_to(handle, hosts)
    }

    /// - Parameter multi: `nil` where it has not begun.
    func cancel(_ multi: MultiPointer?) {
        guard !isOver else { return }
        if let handle, let multi {
            curl_multi_remove_handle(multi, handle)
            curl_easy_cleanup(handle)
            Unmanaged.passUnretained(self).release()
        }
        finish(.failure(CancellationError()))
    }

    private func finish(_ result: Result<HTTPResponse, any Error>) {
        isOver = true
        handle = nil
        curl_slist_free_all(headers)
        curl_slist_free_all(hosts)
        (headers, hosts) = (nil, nil)
        detail?.deallocate()
        detail = nil
        continuation.resume(with: result)
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= limit else {
            // Whoever only sends wants to know how it was taken, however much is said about it.
            if case .told = content {
                body.append(contentsOf: bytes.prefix(limit - body.count))
                return bytes.count
            }
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    static func end(_ handle: UnsafeMutableRawPointer, _ result: CURLcode, _ multi: MultiPointer) {
        let (status, retryAfter) = (http_get_status(handle), http_get_retry_after(handle))
        let pointer = http_get_private(handle)
        curl_multi_remove_handle(multi, handle)
        curl_easy_cleanup(handle)
        guard let pointer else { return }
        let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeRetainedValue()
        // Read before it is freed by the end.
        let outcome = transfer.outcome(result)
        transfer.finish(
            outcome.map {
                HTTPResponse(status: status, body: $0, retryAfter: retryAfter > 0 ? .seconds(retryAfter) : nil)
            })
    }

    private func outcome(_ result: CURLcode) -> Result<[UInt8], any Error> {
        if result == CURLE_OK { return .success(body) }
        if isTooLarge { return .failure(HTTPError.tooLarge(limit: limit)) }
        switch result {
        case CURLE_OPERATION_TIMEDOUT: return .failure(HTTPError.timedOut(timeout))
        case CURLE_COULDNT_CONNECT: return .failure(HTTPError.failed("connection refused"))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
            let words = detail.map { String(cString: $0) } ?? ""
            return .failure(HTTPError.failed(words.isEmpty ? "tls: the connection cannot be made" : "tls: \(words)"))
        default:
            let text = curl_easy_strerror(result).map { String(cString: $0) } ?? "error \(result.rawValue)"
            return .failure(HTTPError.failed(text.lowercased()))
        }
    }
}

/// How long a transfer may take in all.
func setTimeout(_ handle: UnsafeMutableRawPointer, _ timeout: Duration) {
    let parts = timeout.components
    _ = http_set_timeout_ms(handle, Int(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000))
}
