import CHTTP
import Foundation
import Synchronization

/// The answer of a server.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var body: [UInt8]
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
    private let queue = Mutex<[Transfer]>([])

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
            queue.withLock { $0.append(transfer) }
            curl_multi_wakeup(multi.pointer)
        }
    }

    private func run() {
        while true {
            for transfer in queue.withLock({ waiting in
                defer { waiting = [] }
                return waiting
            }) { transfer.begin(multi.pointer) }
            var running: Int32 = 0
            curl_multi_perform(multi.pointer, &running)
            var result = CURLE_OK
            while let handle = http_next_finished(multi.pointer, &result) {
                Transfer.end(handle, result, multi.pointer)
            }
            curl_multi_poll(multi.pointer, nil, 0, 10_000, nil)
        }
    }
}

/// `curl_multi_wakeup` may be called from any thread, see its manual page; everything else is called on one.
private struct MultiHandle: @unchecked Sendable {
    let pointer: MultiPointer
}

private typealias MultiPointer = UnsafeMutableRawPointer

/// One request under way. It is handed to the client's thread whole and touched by no other from then on.
private final class Transfer: @unchecked Sendable {
    private let url: String
    private let timeout: Duration
    private let limit: Int
    private let continuation: CheckedContinuation<HTTPResponse, any Error>
    private var body: [UInt8] = []
    private var isTooLarge = false

    init(
        url: String, timeout: Duration, limit: Int, continuation: CheckedContinuation<HTTPResponse, any Error>
    ) {
        self.url = url
        self.timeout = timeout
        self.limit = limit
        self.continuation = continuation
    }

    func begin(_ multi: MultiPointer) {
        guard let handle = curl_easy_init() else {
            continuation.resume(throwing: HTTPError.failed("no memory for a request"))
            return
        }
        let pointer = Unmanaged.passRetained(self).toOpaque()
        _ = http_set_defaults(handle)
        _ = http_set_url(handle, url)
        setTimeout(handle, timeout)
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

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= limit else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    static func end(_ handle: UnsafeMutableRawPointer, _ result: CURLcode, _ multi: MultiPointer) {
        let status = http_get_status(handle)
        let pointer = http_get_private(handle)
        curl_multi_remove_handle(multi, handle)
        curl_easy_cleanup(handle)
        guard let pointer else { return }
        let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeRetainedValue()
        if result == CURLE_OK {
            transfer.continuation.resume(returning: HTTPResponse(status: status, body: transfer.body))
        } else if transfer.isTooLarge {
            transfer.continuation.resume(throwing: HTTPError.tooLarge(limit: transfer.limit))
        } else if result == CURLE_OPERATION_TIMEDOUT {
            transfer.continuation.resume(throwing: HTTPError.timedOut(transfer.timeout))
        } else if result == CURLE_COULDNT_CONNECT {
            transfer.continuation.resume(throwing: HTTPError.failed("connection refused"))
        } else {
            let text = curl_easy_strerror(result).map { String(cString: $0) } ?? "error \(result.rawValue)"
            transfer.continuation.resume(throwing: HTTPError.failed(text.lowercased()))
        }
    }
}

/// How long a transfer may take in all.
func setTimeout(_ handle: UnsafeMutableRawPointer, _ timeout: Duration) {
    let parts = timeout.components
    _ = http_set_timeout_ms(handle, Int(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000))
}
