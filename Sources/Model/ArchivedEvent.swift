/// An event as a line of its own, for files that outlive the ledger's tables.
extension Event {
    /// `{"sequence":…,"time":…,"actor":…,"token":…,"application":…,"environment":…,"kind":…,"body":{"KIND":{…}}}`: the
    /// columns of the ledger; the time in milliseconds since 1970. What has no token, application or environment leaves
    /// it out. A body that is no JSON, or not as this version writes it, is a text, byte for byte.
    public var archived: String {
        let stored = body.stored
        let json = (try? StoredJSON(parsing: stored)).flatMap { $0.description == stored ? $0 : nil }
        let values: KeyValuePairs<String, StoredJSON> = [
            "sequence": sequence.stored, "time": time.milliseconds.stored, "actor": actor.stored,
            "token": token.stored, "application": application.stored, "environment": environment.stored,
            "kind": body.kind.stored, "body": json ?? .text(stored),
        ]
        return StoredJSON.object(values.map { StoredJSON.Member(name: $0.key, value: $0.value) }).description
    }

    /// Reads what ``archived`` made.
    public init(archived line: some StringProtocol) throws(StoredJSONFault) {
        let json = try StoredJSON(parsing: String(line))
        let fields = try StoredFields(json)
        let stored: String
        switch json["body"] {
        case .text(let text)?: stored = text
        case let body?: stored = body.description
        case nil: throw StoredJSONFault(what: "body is missing")
        }
        self.init(
            sequence: try fields.read("sequence"), time: Timestamp(milliseconds: try fields.read("time")),
            actor: try fields.read("actor"), token: try fields.read("token"),
            application: try fields.read("application"), environment: try fields.read("environment"),
            body: EventBody(kind: try fields.read("kind"), stored: stored))
    }
}
