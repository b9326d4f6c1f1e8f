import CHTTP
import Foundation

/// One exchange under way. It is handed to the thread of ``HTTPStreams`` whole and touched by no other from then on.
final class StreamTransfer: @unchecked Sendable {
    let pipe: BodyPipe
    private let request: StreamRequest
    private var address: HTTPAddress?
    private var handle: UnsafeMutableRawPointer?
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private let complaint = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headerLines = HeaderLines()
    private var isHeadHere = false
    private let began = ContinuousClock.now
    private var lastByte = ContinuousClock.now

    init(_ request: StreamRequest, into pipe: BodyPipe) {
        self.request = request
        self.pipe = pipe
        complaint.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { complaint.deallocate() }

    /// - Returns: whether it is under way.
    func begin(_ multi: UnsafeMutableRawPointer) -> Bool {
        guard let address = HTTPAddress(request.url) else {
            pipe.end(HTTPFailure.badAddress(request.url))
            return false
        }
        guard let handle = curl_easy_init() else {
            pipe.end(HTTPFailure.other(detail: "no memory for a request"))
            return false
        }
        self.address = address
        self.handle = handle
        _ = http_stream_set_defaults(handle, request.mayUseHTTP2 && address.isEncrypted ? 1 : 0)
        _ = http_stream_set_error_buffer(handle, complaint)
        setAddress(handle, address)
        setHeaders(handle)
        if request.method != .get { _ = http_stream_set_unrepeated(handle) }
        if let body = request.body {
            // An empty body must not be NULL, which is none.
            _ = (body.isEmpty ? [0] : body).withUnsafeBytes {
                http_stream_set_method(handle, request.method.rawValue, $0.baseAddress, body.count)
            }
        } else {
            _ = http_stream_set_method(handle, request.method.rawValue, nil, 0)
        }
        switch request.proxy {
        case .none: _ = http_stream_set_proxy(handle, "")
        case .through(let proxy): _ = http_stream_set_proxy(handle, proxy.text)
        }
        if address.isEncrypted { setSecurity(handle) }
        _ = http_stream_set_connect_timeout_ms(handle, Self.milliseconds(request.deadlines.connect))
        connect(handle)
        // Balanced in `release`.
        _ = http_set_private(handle, Unmanaged.passRetained(self).toOpaque())
        curl_multi_add_handle(multi, handle)
        return true
    }

    /// Where the certificate bears another name than the host, that name goes into the address, as it is what TLS is
    /// told and what is checked, and the connection is made to the host all the same.
    private func setAddress(_ handle: UnsafeMutableRawPointer, _ address: HTTPAddress) {
        guard let name = request.security.serverName, address.isEncrypted, name != address.host else {
            _ = http_set_url(handle, address.origin + address.path)
            return
        }
        var named = address
        named.host = name
        _ = http_set_url(handle, named.origin + address.path)
        connectTo = curl_slist_append(nil, "\(named.authority):\(address.authority)")
        _ = http_stream_set_connect_to(handle, connectTo)
        headers = curl_slist_append(headers, "Host: \(address.authority)")
    }

    private func setHeaders(_ handle: UnsafeMutableRawPointer) {
        for header in request.headers {
            // A line's end in a value would begin a header of somebody else's making.
            let value = header.value.revealed.filter { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
            headers = curl_slist_append(headers, "\(header.name): \(String(decoding: value, as: UTF8.self))")
        }
        if !request.headers.contains(where: { $0.name.lowercased() == "user-agent" }) {
            headers = curl_slist_append(headers, "User-Agent: lastgood")
        }
        // Without it, curl asks first whether a large body is wanted, and waits for an answer.
        headers = curl_slist_append(headers, "Expect:")
        _ = http_set_headers(handle, headers)
    }

    private func setSecurity(_ handle: UnsafeMutableRawPointer) {
        let security = request.security
        if !security.isVerified { _ = http_stream_set_unverified(handle) }
        if let authorities = security.authorities {
            _ = authorities.withUnsafeBytes { http_stream_set_authorities(handle, $0.baseAddress, $0.count) }
        }
        if let identity = security.identity {
            _ = identity.certificate.withUnsafeBytes { certificate in
                identity.key.revealed.withUnsafeBytes { key in
                    http_stream_set_identity(
                        handle, certificate.baseAddress, certificate.count, key.baseAddress, key.count)
                }
            }
        }
    }

    private func connect(_ handle: UnsafeMutableRawPointer) {
        let pointer = Unmanaged.passUnretained(self).toOpaque()
        _ = http_set_writer(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<StreamTransfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
            }, pointer)
        _ = http_set_header_reader(
            handle,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let line = String(
                    decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
                Unmanaged<StreamTransfer>.fromOpaque(context).takeUnretainedValue().note(line)
                return size * count
            }, pointer)
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        lastByte = .now
        return pipe.take(bytes) ? bytes.count : Int(CURL_WRITEFUNC_PAUSE)
    }

    private func note(_ line: String) {
        lastByte = .now
        headerLines.take(line)
        let isEnd = line.allSatisfy(\.isNewline)
        guard isEnd, let handle, http_get_status(handle) >= 200, !isHeadHere else { return }
        isHeadHere = true
        pipe.take(AnswerHead(status: http_get_status(handle), headers: headerLines.values))
    }

    /// Hands over what has come. Where the sender was waiting, it goes on.
    func flush() { if pipe.flush() { goOn() } }

    /// The reader has taken what was waiting.
    func goOn() {
        guard let handle else { return }
        lastByte = .now
        _ = http_stream_continue(handle)
    }

    /// The next moment at which it has taken too long, and what that is then.
    func nextDeadline(_ now: ContinuousClock.Instant) -> (ContinuousClock.Instant, HTTPFailure)? {
        let limits = request.deadlines
        var found: [(ContinuousClock.Instant, HTTPFailure)] = []
        if let whole = limits.whole { found.append((began + whole, .late(.whole, whole))) }
        if !isHeadHere, let first = limits.firstByte { found.append((began + first, .late(.firstByte, first))) }
        // A reader who takes his time is no silence of the server's.
        if isHeadHere, let silence = limits.silence, !pipe.isPaused {
            found.append((lastByte + silence, .late(.silence, silence)))
        }
        return found.min { $0.0 < $1.0 }
    }

    func end(_ multi: UnsafeMutableRawPointer, result: CURLcode) {
        end(multi, result == CURLE_OK ? nil : failure(result))
    }

    func end(_ multi: UnsafeMutableRawPointer, _ error: (any Error)?) {
        guard let handle else { return }
        self.handle = nil
        curl_multi_remove_handle(multi, handle)
        curl_easy_cleanup(handle)
        curl_slist_free_all(headers)
        curl_slist_free_all(connectTo)
        pipe.end(error)
        Unmanaged.passUnretained(self).release()
    }

    private func failure(_ result: CURLcode) -> HTTPFailure {
        let said = String(cString: complaint)
        let detail = said.isEmpty ? curl_easy_strerror(result).map { String(cString: $0) } ?? "" : said
        let authority = address?.authority ?? request.url
        switch result {
        case CURLE_COULDNT_RESOLVE_HOST: return .cannotResolve(host: address?.host ?? request.url)
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy(detail: detail)
        case CURLE_COULDNT_CONNECT:
            let number = Int32(truncatingIfNeeded: handle.map { http_stream_get_os_error($0) } ?? 0)
            return .cannotConnect(
                authority: authority, detail: number == 0 ? "" : String(cString: strerror(number)).lowercased())
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
            return .notTrusted(authority: authority, detail: detail)
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE: return .unusableMaterial(detail: detail)
        case CURLE_SSL_CONNECT_ERROR: return .handshake(authority: authority, detail: detail)
        case CURLE_OPERATION_TIMEDOUT: return .late(.connect, request.deadlines.connect)
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return .cut(detail: detail)
        default: return .other(detail: detail)
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        let parts = duration.components
        return Int(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000)
    }
}
