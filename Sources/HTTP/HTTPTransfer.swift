import CHTTP
import Foundation

/// One transfer that is waited for, piece by piece, for what is too large or too rare for ``HTTPClient``.
public final class HTTPTransfer {
    public struct Answer: Sendable {
        public var status: Int
        /// By their names in small letters, of the last answer where there were redirects.
        public var headers: [String: String]
        /// Whether somebody else than who was asked may have given it.
        public var isRedirected: Bool
    }

    private var headers = HeaderLines()
    private let take: (Int, UnsafeRawBufferPointer) -> Bool
    private let handle: UnsafeMutableRawPointer

    private init(_ handle: UnsafeMutableRawPointer, take: @escaping (Int, UnsafeRawBufferPointer) -> Bool) {
        self.handle = handle
        self.take = take
    }

    /// - Parameters:
    ///   - headers: lines such as `Accept: text/plain`.
    ///   - form: makes it a POST of these fields, encoded already.
    ///   - followsRedirects: to be false where secrets are sent that are meant for one address only.
    ///   - stall: after that long without a byte, whole seconds, the connection counts as cut.
    ///   - take: is given the answer's status with the body, piece by piece, so that a complaint is never taken for what
    ///     was asked for; it ends the transfer by answering `false`.
    /// - Throws: ``HTTPError``.
    public static func get(
        _ url: String, headers: [String] = [], form: String? = nil, followsRedirects: Bool = true,
        timeout: Duration, stall: Duration = .seconds(30),
        take: (_ status: Int, _ piece: UnsafeRawBufferPointer) -> Bool
    ) throws(HTTPError) -> Answer {
        guard let handle = curl_easy_init() else { throw .failed("no memory for a request") }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in headers { list = curl_slist_append(list, line) }
        defer { curl_slist_free_all(list) }
        _ = http_set_transfer_defaults(handle, followsRedirects ? redirectSchemes(from: url) : nil)
        _ = http_set_url(handle, url)
        _ = http_set_headers(handle, list)
        if let form { _ = http_set_form(handle, form) }
        setTimeout(handle, timeout)
        _ = http_set_stall(handle, Int(stall.components.seconds))
        let begin = ContinuousClock.now
        let (result, answer) = withoutActuallyEscaping(take) { take in
            let transfer = HTTPTransfer(handle, take: take)
            let result = withExtendedLifetime(transfer) {
                transfer.connect(handle)
                return curl_easy_perform(handle)
            }
            return (
                result,
                Answer(
                    status: http_get_status(handle), headers: transfer.headers.values,
                    isRedirected: http_get_redirects(handle) > 0)
            )
        }
        switch result {
        case CURLE_OK: return answer
        case CURLE_OPERATION_TIMEDOUT where ContinuousClock.now - begin < timeout:
            throw .interrupted("nothing came for \(stall.components.seconds) s")
        case CURLE_OPERATION_TIMEDOUT: throw .timedOut(timeout)
        case CURLE_UNSUPPORTED_PROTOCOL: throw .failed("it sends on to an address that is not encrypted")
        case CURLE_COULDNT_CONNECT: throw .failed("connection refused")
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            throw .interrupted("the connection was cut")
        default: throw .failed(curl_easy_strerror(result).map { String(cString: $0) }?.lowercased() ?? "it failed")
        }
    }

    /// The schemes of the addresses that one may send on to: what was asked for under encryption stays so.
    static func redirectSchemes(from url: String) -> String {
        url.lowercased().hasPrefix("https:") ? "https" : "http,https"
    }

    private func connect(_ handle: UnsafeMutableRawPointer) {
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        _ = http_set_writer(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
                let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.take(http_get_status(transfer.handle), piece) ? size * count : 0
            }, pointer)
        _ = http_set_header_reader(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let line = String(
                    decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
                Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().headers.take(line)
                return size * count
            }, pointer)
    }
}
