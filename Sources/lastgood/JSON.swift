import Foundation
import Model

/// The frame of everything that is printed as JSON.
private struct Envelope<Content: Encodable>: Encodable {
    let schema = "lastgood/v1"
    let kind: String
    var item: Content?
    var items: [Content]?
}

enum JSON {
    private static func encoder(isLine: Bool) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isLine ? [.sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.userInfo[.writesTimesForPeople] = true
        return encoder
    }

    static func write<Content: Encodable>(_ kind: String, items: [Content]) throws {
        let data = try encoder(isLine: false).encode(Envelope(kind: kind, item: nil, items: items))
        print(String(decoding: data, as: UTF8.self))
    }

    static func write<Content: Encodable>(_ kind: String, item: Content) throws {
        let data = try encoder(isLine: false).encode(Envelope(kind: kind, item: item, items: nil))
        print(String(decoding: data, as: UTF8.self))
    }

    static func line<Content: Encodable>(_ content: Content) throws -> String {
        String(decoding: try encoder(isLine: true).encode(content), as: UTF8.self)
    }
}

/// A value of any shape, for details whose form depends on the kind of event.
enum AnyJSON: Codable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case list([AnyJSON])
    case object([String: AnyJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([AnyJSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: AnyJSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .number(let value):
            if let whole = Int64(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .flag(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    subscript(_ key: String) -> AnyJSON? { if case .object(let object) = self { object[key] } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
}

/// An event as scripts see it.
struct EventLine: Encodable {
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
    var details: AnyJSON

    init(_ event: Event) throws {
        sequence = event.sequence
        time = event.time
        kind = event.body.kind
        application = event.application
        environment = event.environment
        actor = event.actor
        summary = event.summary
        let encoder = JSONEncoder()
        encoder.userInfo[.writesTimesForPeople] = true
        let body = try JSONDecoder().decode(AnyJSON.self, from: encoder.encode(event.body))
        let details = body[kind] ?? .object([:])
        // A case with one unnamed value holds it under a name of the compiler's.
        self.details = details["_0"] ?? details
        release = (self.details["release"] ?? self.details["version"] ?? self.details["to"])?.text
        trigger = self.details["trigger"]?.text
        reason = self.details["reason"]?.text
        switch event.body {
        case .deploymentRequested, .rollbackDecided: deployment = event.sequence
        default: deployment = self.details["deployment"]?.number.map { Int64($0) }
        }
        if case .alarmChanged(let status) = event.body { reason = status.sentence }
    }
}
