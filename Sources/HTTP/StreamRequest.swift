/// One line of a request's head. Its value may be a login, so that it is never shown.
public struct HTTPHeader: Hashable, Sendable {
    public var name: String
    public var value: Secret

    public init(_ name: String, _ value: String) { self.init(name, Secret(value)) }

    public init(_ name: String, _ value: Secret) {
        self.name = name
        self.value = value
    }
}

/// How long each part of an exchange may take; `nil` is without end.
public struct HTTPDeadlines: Hashable, Sendable {
    /// Until there is a connection, with names looked up and TLS agreed on.
    public var connect: Duration
    /// From the beginning until the head of the answer is there.
    public var firstByte: Duration?
    /// Without a single byte, while the body is being read.
    public var silence: Duration?
    /// For all of it. Not for what is read for hours.
    public var whole: Duration?

    public init(
        connect: Duration = .seconds(10), firstByte: Duration? = .seconds(30), silence: Duration? = .seconds(30),
        whole: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.silence = silence
        self.whole = whole
    }
}

/// What is asked of a server whose answer is read as it comes; see ``HTTPStreams``. What is no GET is never sent twice.
public struct StreamRequest: Hashable, Sendable {
    public enum Method: String, Sendable {
        case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }

    public var method: Method
    public var url: String
    public var headers: [HTTPHeader]
    public var body: [UInt8]?
    public var security: TLSSettings
    public var proxy: HTTPProxy
    public var deadlines: HTTPDeadlines
    /// Whether HTTP/2 is offered where the connection is encrypted: many requests then share one.
    public var mayUseHTTP2 = true

    public init(
        _ method: Method = .get, _ url: String, headers: [HTTPHeader] = [], body: [UInt8]? = nil,
        security: TLSSettings = TLSSettings(), proxy: HTTPProxy = .none, deadlines: HTTPDeadlines = HTTPDeadlines()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.security = security
        self.proxy = proxy
        self.deadlines = deadlines
    }
}

/// The head of an answer, and its body as it comes.
public struct HTTPAnswer: Sendable {
    public var status: Int
    /// By their names in small letters.
    public var headers: [String: String]
    /// Pieces of any size. Who reads slowly slows the sender down: at most ``HTTPStreams/mostBuffered`` bytes wait here.
    /// Ends by throwing ``HTTPFailure`` where it was not whole; letting go of it ends the exchange.
    public var body: AsyncThrowingStream<[UInt8], any Error>

    public init(status: Int, headers: [String: String] = [:], body: AsyncThrowingStream<[UInt8], any Error>) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The rest of the body, up to a limit.
    /// - Throws: ``HTTPFailure``, `tooLarge` where there is more.
    public func whole(limit: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await piece in body {
            guard all.count + piece.count <= limit else { throw HTTPFailure.tooLarge(limit: limit) }
            if all.isEmpty { all = piece } else { all.append(contentsOf: piece) }
        }
        return all
    }
}
