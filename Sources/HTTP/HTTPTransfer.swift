import CHTTP
import Foundation

/// One transfer that is waited for, piece by piece, for what is too large or too rare for ``HTTPClient``.
public final class HTTPTransfer {
    public struct Answer: Sendable {
        public var status: Int
        /// By their names in small letters, of the last answer where there were redirects.
        public var headers: [String: String]
    }

    private var headers: [String: String] = [:]
    private let take: (UnsafeRawBufferPointer) -> Bool

    private init(take: @escaping (UnsafeRawBufferPointer) -> Bool) { self.take = take }

    /// - Parameters:
    ///   - headers: lines such as `Accept: text/plain`.
    ///   - take: is given the body piece by piece, and ends the transfer by answering `false`.
    /// - Throws: ``HTTPError``.
    public static func get(
        _ url: String, headers: [String] = [], timeout: Duration,
        take: (UnsafeRawBufferPointer) -> Bool
    ) throws(HTTPError) -> Answer {
        guard let handle = curl_easy_init() else { throw .failed("no memory for a request") }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in headers { list = curl_slist_append(list, line) }
        defer { curl_slist_free_all(list) }
        _ = http_set_transfer_defaults(handle)
        _ = http_set_url(handle, url)
        _ = http_set_headers(handle, list)
        setTimeout(handle, timeout)
        let (result, answer) = withoutActuallyEscaping(take) { take in
            let transfer = HTTPTransfer(take: take)
            let result = withExtendedLifetime(transfer) {
                transfer.connect(handle)
                return curl_easy_perform(handle)
            }
            return (result, Answer(status: http_get_status(handle), headers: transfer.headers))
        }
        switch result {
        case CURLE_OK: return answer
        case CURLE_OPERATION_TIMEDOUT: throw .timedOut(timeout)
        case CURLE_COULDNT_CONNECT: throw .failed("connection refused")
        default: throw .failed(curl_easy_strerror(result).map { String(cString: $0) }?.lowercased() ?? "it failed")
        }
    }

    private func connect(_ handle: UnsafeMutableRawPointer) {
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        _ = http_set_writer(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
            }, pointer)
        _ = http_set_header_reader(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let line = String(
                    decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
                Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().note(line)
                return size * count
            }, pointer)
    }

    private func note(_ line: String) {
        if line.hasPrefix("HTTP/") { headers = [:] }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
        headers[line[..<colon].lowercased()] = value
    }
}
