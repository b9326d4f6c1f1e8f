import Foundation
import Model

/// The frame of everything that is printed as JSON.
private struct Envelope<Content: Encodable>: Encodable {
    let schema = JSON.schema
    let kind: String
    var item: Content?
    var items: [Content]?
}

enum JSON {
    static let schema = "lastgood/v1"

    private static func encoder(isLine: Bool) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isLine ? [.sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.userInfo[.writesTimesForPeople] = true
        return encoder
    }

    static func write<Content: Encodable>(_ kind: String, items: [Content]) throws {
        print(try text(Envelope(kind: kind, item: nil, items: items), isLine: false))
    }

    static func write<Content: Encodable>(_ kind: String, item: Content) throws {
        print(try text(Envelope(kind: kind, item: item, items: nil), isLine: false))
    }

    /// The whole object in one line, as a program reads it that is told of something.
    static func envelopeLine<Content: Encodable>(_ kind: String, item: Content) throws -> String {
        try text(Envelope(kind: kind, item: item, items: nil), isLine: true)
    }

    /// What a value looks like to a script.
    static func tree(_ content: some Encodable) throws -> StoredJSON { try StoredJSON(parsing: try line(content)) }

    static func line<Content: Encodable>(_ content: Content) throws -> String {
        try text(content, isLine: true)
    }

    /// An address is kept in the ledger as it is, so that it leads somewhere; nobody need read a password in it.
    private static let names = StoredJSON.names.subtracting(["artifact"])

    /// Ledgers written before secrets were left out still hold them: what looks like one is not printed.
    private static func text(_ content: some Encodable, isLine: Bool) throws -> String {
        let encoder = encoder(isLine: isLine)
        let text = String(decoding: try encoder.encode(content), as: UTF8.self)
        guard Secrets.mayBe(inJSON: text) else { return withoutControls(withShortNumbers(text)) }
        let safe = try StoredJSON(parsing: text).withoutSecrets(keeping: names)
        return withoutControls(withShortNumbers(String(decoding: try encoder.encode(JSONTree(safe)), as: UTF8.self)))
    }

    /// Whoever prints it on a terminal is not at the mercy of what stands in it: besides what JSON itself has escaped,
    /// C1 controls, and what turns the direction of writing. Outside of strings there is only ASCII.
    static func withoutControls(_ text: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0x7F...0x9F, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
            default: false
            }
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard isControl(scalar) else {
                result.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            result.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
        }
        return String(result)
    }
}

/// JSON whose form depends on what it tells, such as the details of a kind of event.
struct JSONTree: Encodable {
    let stored: StoredJSON

    init(_ stored: StoredJSON) { self.stored = stored }

    /// The value of an event that carries only one without a name, else all of its values.
    init(detailsOf body: EventBody) { stored = body.details["_0"] ?? body.details }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        if case .object(let members) = stored {
            var container = encoder.container(keyedBy: Name.self)
            for member in members where member.value != .null {
                try container.encode(JSONTree(member.value), forKey: Name(stringValue: member.name))
            }
            return
        }
        var container = encoder.singleValueContainer()
        switch stored {
        case .null, .object: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .whole(let value): try container.encode(value)
        // JSON has no word for a number that is not finite.
        case .real(let value): if value.isFinite { try container.encode(value) } else { try container.encodeNil() }
        case .text(let value): try container.encode(value)
        case .time(let value): try container.encode(value)
        case .list(let values): try container.encode(values.map(JSONTree.init(_:)))
        }
    }

    func text(_ name: String) -> String? { if case .text(let text) = stored[name] { text } else { nil } }
    func number(_ name: String) -> Int64? { if case .whole(let number) = stored[name] { number } else { nil } }
}

/// An event as scripts see it.
struct EventLine: Fielded {
    var sequence: Int64
    var time: Timestamp
    var kind: String
    var application: String?
    var environment: String?
    var deployment: Int64?
    var release: String?
    var actor: String
    var trigger: String?
    var reason: String?
    var summary: String
    var details: JSONTree

    enum CodingKeys: CodingKey, CaseIterable {
        case sequence, time, kind, application, environment, deployment, release, actor, trigger, reason, summary,
            details
    }
    static var open: Set<CodingKeys> { [.details] }
}

extension EventLine {
    init(_ event: Event) {
        sequence = event.sequence
        time = event.time
        kind = event.body.kind
        application = event.application
        environment = event.environment
        actor = event.actor
        summary = event.summary
        details = JSONTree(detailsOf: event.body)
        release = details.text("release") ?? details.text("version") ?? details.text("to")
        trigger = details.text("trigger")
        reason = details.text("reason")
        switch event.body {
        case .deploymentRequested, .rollbackDecided: deployment = event.sequence
        default: deployment = details.number("deployment")
        }
        if case .alarmChanged(let status) = event.body { reason = status.sentence }
    }
}
