import Foundation

/// A piece of JSON, asked for by the shape that is expected; what has another shape is not there.
struct JSONValue {
    private let value: Any

    init(_ bytes: [UInt8]) throws(FormatError) {
        let data = Data(withoutMark(bytes))
        do { value = try JSONSerialization.jsonObject(with: data) } catch { throw FormatError("it is no JSON") }
    }

    /// - Parameter value: texts, lists and dictionaries, as Foundation reads them.
    init(value: Any) { self.value = value }

    subscript(_ key: String) -> JSONValue { JSONValue(value: (value as? [String: Any])?[key] ?? NSNull()) }

    var text: String? { value as? String }
    /// A text, or a number as it is written in most cases: `1.10` cannot be told from `1.1` any more.
    var word: String? { text ?? (value as? NSNumber)?.stringValue }
    var number: Int? { value as? Int }
    var flag: Bool { value as? Bool ?? false }
    var isThere: Bool { !(value is NSNull) }
    /// As JSON, with its keys in order.
    var json: String {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes]
        // What was read from JSON can be written as such.
        return (try? JSONSerialization.data(withJSONObject: value, options: options))
            .map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    var isObject: Bool { value is [String: Any] }
    var list: [JSONValue] { (value as? [Any] ?? []).map(JSONValue.init(value:)) }
    /// In the order of the keys.
    var members: [(key: String, value: JSONValue)] {
        (value as? [String: Any] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, JSONValue(value: $0.value)) }
    }
    var keys: Set<String> { (value as? [String: Any]).map { Set($0.keys) } ?? [] }
}
