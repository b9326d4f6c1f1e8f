/// What an API server says where it does not do what was asked of it.
///
/// Source: kind `Status` of `meta/v1` in Kubernetes' API reference.
public struct ServerStatus: Hashable, Sendable {
    public struct Cause: Hashable, Sendable {
        public var reason: String?
        public var field: String?
        public var message: String?
    }

    public var code: Int
    /// Such as `Forbidden`, `NotFound`, `Conflict`, `Expired`.
    public var reason: String?
    public var message: String?
    public var causes: [Cause] = []
    public var retryAfter: Duration?

    public init(code: Int, reason: String? = nil, message: String? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
    }

    /// - Parameter code: what the answer's head said, for bodies that are no such object: a gateway's page, or none.
    init(code: Int, body: [UInt8]) {
        self.init(code: code)
        let read = try? JSONReader.read(body) { reader throws(JSONFault) in try ServerStatus(&reader) }
        if let read {
            self = read
            if self.code == 0 { self.code = code }
        } else if code >= 300 {
            let text = String(decoding: body.prefix(300), as: UTF8.self)
            // A page for a browser says nothing in one line.
            if !text.isEmpty, !text.contains("<") {
                message = text.split(whereSeparator: \.isNewline).first.map(String.init)
            }
        }
    }

    init(_ reader: inout JSONReader) throws(JSONFault) {
        self.init(code: 0)
        var result = self
        try reader.members { reader, key throws(JSONFault) in
            switch key {
            case "code": result.code = try reader.whole() ?? 0
            case "reason": result.reason = try reader.text()
            case "message": result.message = try reader.text()
            case "details":
                try reader.members { reader, key throws(JSONFault) in
                    switch key {
                    case "retryAfterSeconds":
                        result.retryAfter = try reader.whole().flatMap { $0 > 0 ? .seconds($0) : nil }
                    case "causes":
                        try reader.elements { reader throws(JSONFault) in
                            var cause = Cause()
                            try reader.members { reader, key throws(JSONFault) in
                                switch key {
                                case "reason": cause.reason = try reader.text()
                                case "field": cause.field = try reader.text()
                                case "message": cause.message = try reader.text()
                                default: break
                                }
                            }
                            result.causes.append(cause)
                        }
                    default: break
                    }
                }
            default: break
            }
        }
        self = result
    }
}
