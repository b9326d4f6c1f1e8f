import Foundation
import YAML

/// Finds what callers of the live release could use and the older one does not have: in
/// [Protobuf](https://protobuf.dev/programming-guides/proto3/#updating), [OpenAPI](https://spec.openapis.org/oas/v3.1.0),
/// [GraphQL](https://spec.graphql.org/October2021/) and [Avro](https://avro.apache.org/docs/1.11.1/specification/).
enum SchemaCheck: SafetyCheck {
    static let subject = "Protobuf, OpenAPI, GraphQL and Avro schemas"

    private static let mostFiles = 20_000

    /// What a schema promises: a name for each thing, and what it is.
    typealias Promises = [String: String]

    static func findings(_ change: SourceChange) -> [Finding] {
        var result: [Finding] = []
        for (number, file) in change.files.enumerated() {
            // Whatever git takes for its successor is one only where it is of a kind that promises something.
            let path = file.previousPath ?? file.path
            guard let read = reader(path) else { continue }
            guard number < mostFiles else {
                let summary = "\(subject) were looked at in the first \(mostFiles) of \(change.files.count) files only"
                return result + [Finding(.warning, .scope, summary, evidence: [file.path])]
            }
            guard let live = change.text(file.blobBefore).flatMap(read) else { continue }
            let successor = reader(file.path).flatMap { change.text(file.blobAfter).flatMap($0) }
            result += compare(live, successor ?? [:], path: file.path, to: change.to)
        }
        return result
    }

    /// - Parameter live: what the release promises that is left; `older`: what the one promises that is gone to.
    static func compare(_ live: Promises, _ older: Promises, path: String, to: String) -> [Finding] {
        let lost = live.keys.filter { older[$0] == nil }.sorted()
        let changed = live.filter { older[$0.key] != nil && older[$0.key] != $0.value }.keys.sorted()
        var result: [Finding] = []
        if !changed.isEmpty {
            let first = changed[0]
            let more = changed.count > 1 ? " and \(changed.count - 1) more" : ""
            result.append(
                Finding(
                    .danger, .schema,
                    "\(path): \(first) is \(live[first] ?? "") now and \(older[first] ?? "") in \(to)\(more)",
                    evidence: [path]))
        }
        if !lost.isEmpty {
            let more = lost.count > 1 ? " and \(lost.count - 1) more" : ""
            result.append(
                Finding(.warning, .schema, "\(path): \(to) has no \(lost[0])\(more)", evidence: [path]))
        }
        return result
    }

    private static func reader(_ path: String) -> ((String) -> Promises?)? {
        let name = path.lowercased()
        if name.hasSuffix(".proto") { return protobuf }
        if name.hasSuffix(".graphql") || name.hasSuffix(".graphqls") || name.hasSuffix(".gql") { return graphQL }
        if name.hasSuffix(".avsc") { return avro }
        let isData = [".json", ".yaml", ".yml"].contains { name.hasSuffix($0) }
        if isData, name.contains("openapi") || name.contains("swagger") { return openAPI }
        return nil
    }

    /// `Message.3` is what the number 3 stands for; methods by their names.
    static func protobuf(_ text: String) -> Promises? {
        var result: Promises = [:]
        var scopes: [String] = []
        var words: [Substring] = []
        func statement() {
            defer { words = [] }
            if words.first == "rpc", words.count > 1 {
                result["\(scopes.joined(separator: ".")).\(words[1])"] = "rpc"
                return
            }
            guard let equals = words.firstIndex(of: "="), equals >= 1, equals + 1 < words.count,
                let number = Int(words[equals + 1]), !["option", "syntax", "package", "reserved"].contains(words[0])
            else { return }
            let isEnum = equals == 1
            let kind = words[..<(equals - 1)].filter { $0 != "optional" }.joined(separator: " ")
            result["\(scopes.joined(separator: ".")).\(number)"] =
                isEnum ? String(words[0]) : "\(kind) \(words[equals - 1])"
        }
        for token in tokens(text, comments: ["//"]) {
            switch token {
            case "{":
                if words.first == "rpc" { statement() }
                scopes.append(words.count > 1 && words[0] != "oneof" ? String(words[1]) : "")
                words = []
            case "}":
                if !scopes.isEmpty { scopes.removeLast() }
                words = []
            case ";": statement()
            default: words.append(token)
            }
        }
        return result
    }

    /// `Type.field` with its type.
    static func graphQL(_ text: String) -> Promises? {
        var result: Promises = [:]
        var type: Substring?
        var depth = 0
        var before: Substring = ""
        var arguments = 0
        var tokens = Self.tokens(text, comments: ["#"])[...]
        while let token = tokens.popFirst() {
            switch token {
            case "{": depth += 1
            case "}":
                depth = max(0, depth - 1)
                if depth == 0 { type = nil }
            case "(": arguments += 1
            case ")": arguments = max(0, arguments - 1)
            case "type", "input", "interface", "enum":
                if depth == 0 {
                    type = tokens.first
                    if let type { result[String(type)] = String(token) }
                }
            case ":":
                guard depth == 1, arguments == 0, let type else { break }
                var kind = ""
                while let next = tokens.first, ["[", "]", "!"].contains(next) || kind.isEmpty || kind.hasSuffix("[") {
                    kind += next
                    tokens = tokens.dropFirst()
                    if next == "{" || next == "}" { break }
                }
                result["\(type).\(before)"] = kind
            default: break
            }
            // The name in front of a field's arguments is the field's.
            if arguments == 0, token != ")" { before = token }
        }
        return result
    }

    /// `GET /path` for each operation.
    static func openAPI(_ text: String) -> Promises? {
        guard let root = try? YAMLNode(parsing: text), root.value("openapi") != nil || root.value("swagger") != nil
        else {
            return nil
        }
        let methods: Set = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]
        var result: Promises = [:]
        for path in root.value("paths")?.pairs ?? [] {
            for method in path.value.pairs ?? [] where methods.contains(method.key) {
                result["\(method.key.uppercased()) \(path.key)"] = "operation"
            }
        }
        let schemas = root.value("components")?.value("schemas") ?? root.value("definitions")
        for schema in schemas?.pairs ?? [] {
            for property in schema.value.value("properties")?.pairs ?? [] {
                let kind = property.value.value("type")?.text ?? property.value.value("$ref")?.text ?? "value"
                result["\(schema.key).\(property.key)"] = kind
            }
        }
        return result
    }

    /// `Record.field` with its type.
    static func avro(_ text: String) -> Promises? {
        guard let root = try? JSONValue(Array(text.utf8)) else { return nil }
        var result: Promises = [:]
        func visit(_ node: JSONValue, _ depth: Int) {
            guard depth < 50 else { return }
            for item in node.list { visit(item, depth + 1) }
            guard node["type"].text == "record", let name = node["name"].text else { return }
            for field in node["fields"].list {
                guard let label = field["name"].text else { continue }
                let type = field["type"]
                let kinds = type.list.compactMap(\.text)
                result["\(name).\(label)"] = type.text ?? type["type"].text ?? kinds.joined(separator: " or ")
                visit(type, depth + 1)
            }
        }
        visit(root, 0)
        return result
    }

    /// Words and signs, without comments and strings. What is not ended goes on to the end.
    private static func tokens(_ text: String, comments: [String]) -> [Substring] {
        var result: [Substring] = []
        var rest = (text.first == "\u{FEFF}" ? text.dropFirst() : text[...]).utf8
        func skip(_ opening: String, to end: String) {
            rest = rest.dropFirst(opening.utf8.count)
            while !rest.isEmpty, !rest.starts(with: end.utf8) { rest.removeFirst() }
            rest = rest.dropFirst(end.utf8.count)
        }
        func isEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }
        func isWord(_ byte: UInt8) -> Bool {
            let scalar = Unicode.Scalar(byte)
            return byte >= 0x80 || byte == UInt8(ascii: "_") || ("a"..."z").contains(scalar)
                || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        }
        while let first = rest.first {
            if comments.contains(where: { rest.starts(with: $0.utf8) }) {
                rest = rest.drop { !isEnd($0) }
            } else if rest.starts(with: "/*".utf8) {
                skip("/*", to: "*/")
            } else if rest.starts(with: "\"\"\"".utf8) {
                skip("\"\"\"", to: "\"\"\"")
            } else if first == UInt8(ascii: "\"") {
                rest = rest.dropFirst().drop { $0 != UInt8(ascii: "\"") && !isEnd($0) }.dropFirst()
            } else if isWord(first) {
                let word = rest.prefix { isWord($0) || $0 == UInt8(ascii: ".") }
                result.append(Substring(word))
                rest = rest[word.endIndex...]
            } else {
                if first > 0x20 { result.append(Substring(rest.prefix(1))) }
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
