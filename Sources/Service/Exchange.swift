/// What somebody asks a service for.
public struct Request: Equatable, Sendable {
    public var method: String
    /// Without what comes behind a `?`.
    public var path: String
    /// By which name it was asked, as `Host` has it; `nil` where it does not say.
    public var host: String?
}

/// What is answered.
public struct Response: Equatable, Sendable {
    public var status: Int
    public var contentType: String
    public var body: String
    /// Further lines of its head.
    public var headers: [String]

    public init(
        status: Int = 200, contentType: String = "text/plain; charset=utf-8", body: String, headers: [String] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }

    /// As it goes out, and the connection ends with it; without its body where only its head was asked for.
    func bytes(withBody: Bool) -> [UInt8] {
        let head =
            [
                "HTTP/1.1 \(status) \(Self.reason(status))", "Content-Type: \(contentType)",
                "Content-Length: \(body.utf8.count)", "Cache-Control: no-store", "X-Content-Type-Options: nosniff",
                "Connection: close",
            ] + headers
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + (withBody ? body : "")).utf8)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}

/// One connection of the service's own HTTP server, as far as it has come: one request, one answer, the end. No I/O.
///
/// Each part has its time and its size, whatever comes from the other side, and however slowly.
struct Exchange {
    /// What is to be done next.
    enum Action: Equatable {
        /// Wait until something can be read.
        case read
        /// Send these bytes, and tell how many went.
        case send(ArraySlice<UInt8>)
        /// Say that nothing more will be sent, and read what still comes.
        case endSending
        case close
    }

    private enum State {
        case reading([UInt8])
        /// What comes with a request is passed over, so many bytes of it; then it is answered.
        case skipping(Int, Request)
        case sending(ArraySlice<UInt8>)
        /// Whoever is cut off while it still sends would not get to read the answer.
        case lingering
        case closed
    }

    private var state = State.reading([])
    private let methods: Set<String>
    /// When it is over with what it does now.
    private(set) var deadline: Duration

    static let mostBytesOfHead = 8 << 10
    static let mostBytesOfBody = 16 << 20
    static let timeToRead: Duration = .seconds(5)
    static let timeToSend: Duration = .seconds(10)
    static let timeToLinger: Duration = .seconds(1)

    /// - Parameters:
    ///   - now: the time since the machine's start, as in all that follows.
    ///   - methods: which are answered.
    init(now: Duration, taking methods: Set<String> = ["GET", "HEAD"]) {
        self.methods = methods
        deadline = now + Self.timeToRead
    }

    var action: Action {
        switch state {
        case .reading, .skipping, .lingering: .read
        case .sending(let rest): .send(rest)
        case .closed: .close
        }
    }

    /// Bytes have come; none where the other side has ended.
    mutating func received(_ bytes: some Collection<UInt8>, now: Duration, answer: (Request) -> Response) -> Action {
        switch state {
        case .reading(let known):
            guard !bytes.isEmpty else { return close() }
            let head = known + bytes
            let end = Self.end(of: head)
            if (end ?? head.count) > Self.mostBytesOfHead {
                return send(Response(status: 431, body: "the head of the request is too long\n"), now)
            }
            guard let end else {
                state = .reading(head)
                return .read
            }
            guard let request = Self.request(head[..<end]) else {
                return send(Response(status: 400, body: "this is no request of HTTP/1.1 or 1.0\n"), now)
            }
            guard methods.contains(request.method) else {
                let names = methods.sorted()
                let response = Response(
                    status: 405, body: "only \(names.joined(separator: " and "))\n",
                    headers: ["Allow: \(names.joined(separator: ", "))"])
                return send(response, now)
            }
            if request.method == "POST" {
                let length = Self.length(head[..<end]) ?? 0
                guard length <= Self.mostBytesOfBody else {
                    return send(Response(status: 413, body: "that is too much\n"), now)
                }
                return skip(length - (head.count - end), request, now, answer)
            }
            return send(answer(request), now, withBody: request.method != "HEAD")
        case .skipping(let left, let request):
            guard !bytes.isEmpty else { return close() }
            return skip(left - bytes.count, request, now, answer)
        case .lingering: return bytes.isEmpty ? close() : .read
        case .sending: return action
        case .closed: return .close
        }
    }

    private mutating func skip(
        _ left: Int, _ request: Request, _ now: Duration, _ answer: (Request) -> Response
    ) -> Action {
        guard left > 0 else { return send(answer(request), now) }
        state = .skipping(left, request)
        return .read
    }

    /// Bytes of what ``Action/send(_:)`` said have gone.
    mutating func sent(_ count: Int, now: Duration) -> Action {
        guard case .sending(let rest) = state else { return action }
        let left = rest.dropFirst(count)
        guard left.isEmpty else {
            state = .sending(left)
            return .send(left)
        }
        state = .lingering
        deadline = now + Self.timeToLinger
        return .endSending
    }

    /// Time has passed.
    mutating func passed(to now: Duration) -> Action {
        guard now >= deadline else { return action }
        switch state {
        case .reading(let head) where !head.isEmpty: break
        case .skipping: break
        default: return close()
        }
        return send(Response(status: 408, body: "the request did not come in time\n"), now)
    }

    private mutating func send(_ response: Response, _ now: Duration, withBody: Bool = true) -> Action {
        let bytes = response.bytes(withBody: withBody)[...]
        state = .sending(bytes)
        deadline = now + Self.timeToSend
        return .send(bytes)
    }

    private mutating func close() -> Action {
        state = .closed
        return .close
    }

    /// How long a head is, with the empty line that ends it; `nil` where that has not come yet.
    private static func end(of bytes: [UInt8]) -> Int? {
        var isLineEmpty = false
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"):
                if isLineEmpty { return index + 1 }
                isLineEmpty = true
            case UInt8(ascii: "\r"): continue
            default: isLineEmpty = false
            }
        }
        return nil
    }

    /// How much comes after a head, where it says so; see RFC 9112, 6.2.
    private static func length(_ head: ArraySlice<UInt8>) -> Int? {
        for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let parts = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            return Int(parts[1].filter { !$0.isWhitespace }).map { max(0, $0) }
        }
        return nil
    }

    /// The request that a head is of, by its first line; see RFC 9112, 3.
    private static func request(_ head: ArraySlice<UInt8>) -> Request? {
        guard let line = head.split(separator: UInt8(ascii: "\n")).first,
            line.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == UInt8(ascii: "\r") })
        else { return nil }
        let text = String(decoding: line, as: UTF8.self).trimmingSuffix("\r")
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, ["HTTP/1.0", "HTTP/1.1"].contains(words[2]), words[1].hasPrefix("/"),
            !words[0].isEmpty
        else { return nil }
        guard let host = host(head) else { return nil }
        return Request(
            method: String(words[0]), path: String(words[1].prefix { $0 != "?" }), host: host.isEmpty ? nil : host)
    }

    /// What `Host` says; empty where it is not there, and `nil` where it is there twice or is no text, see RFC 9112, 3.2.
    private static func host(_ head: ArraySlice<UInt8>) -> String? {
        let name = Array("host:".utf8)
        let lines = head.split(separator: UInt8(ascii: "\n")).dropFirst().filter { line in
            line.count >= name.count && zip(line, name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
        guard let line = lines.first else { return "" }
        let value = line.dropFirst(name.count).drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let text = String(decoding: value, as: UTF8.self).trimmingSuffix("\r")
        let isText = text.utf8.allSatisfy { (0x21..<0x7F).contains($0) || $0 == UInt8(ascii: " ") }
        guard lines.count == 1, isText else { return nil }
        return String(text.reversed().drop { $0 == " " }.reversed())
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(unicodeScalars.dropLast(suffix.unicodeScalars.count)) : self
    }
}
