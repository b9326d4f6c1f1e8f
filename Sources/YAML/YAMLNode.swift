import CYAML

/// A place in a text, both counted from 1.
public struct Mark: Hashable, Comparable, Sendable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: Mark, right: Mark) -> Bool { (left.line, left.column) < (right.line, right.column) }
}

/// A piece of a YAML document and where it stands.
public struct YAMLNode: Sendable {
    public indirect enum Content: Sendable {
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Pair])
    }

    public struct Pair: Sendable {
        public var key: String
        public var keyMark: Mark
        public var value: YAMLNode
    }

    public var content: Content
    public var mark: Mark

    public init(_ content: Content, mark: Mark) {
        self.content = content
        self.mark = mark
    }

    /// The text of a scalar.
    public var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

    /// Whether nothing, `~` or `null` stands there.
    public var isNull: Bool {
        if case .scalar(let text, true) = content { ["", "~", "null"].contains(text) } else { false }
    }

    public var pairs: [Pair]? { if case .mapping(let pairs) = content { pairs } else { nil } }
    public var items: [YAMLNode]? { if case .sequence(let items) = content { items } else { nil } }

    /// The word for what this is, in messages.
    public var kindName: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// This node with what `other` adds or says otherwise: mappings are merged key by key, all else is replaced.
    public func merged(with other: YAMLNode) -> YAMLNode {
        guard let mine = pairs, let theirs = other.pairs else { return other }
        var result = mine
        var places = Dictionary(mine.indices.map { (mine[$0].key, $0) }, uniquingKeysWith: { first, _ in first })
        for pair in theirs {
            if let index = places[pair.key] {
                result[index] = Pair(
                    key: pair.key, keyMark: pair.keyMark, value: result[index].value.merged(with: pair.value))
            } else {
                places[pair.key] = result.count
                result.append(pair)
            }
        }
        return YAMLNode(.mapping(result), mark: other.mark)
    }
}

/// Why a text is no YAML.
public struct YAMLError: Error, Equatable, Sendable {
    public var mark: Mark
    public var message: String
}

extension YAMLNode {
    /// Reads one document. An empty one is an empty mapping.
    public init(parsing text: String) throws(YAMLError) {
        var composer = Composer(text)
        defer { composer.close() }
        self = try composer.document()
    }
}

/// Builds nodes from libyaml's events.
private struct Composer {
    private let text: String
    private let bytes: UnsafeMutablePointer<UInt8>
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// What was named, and of how many nodes it consists when its own aliases are spelled out.
    private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
    private var depth = 0
    /// Nodes so far, with those that aliases stand for.
    private var count = 0
    /// Nodes that aliases stand for.
    private var repeated = 0

    private static let largestDocument = 4_000_000
    /// Aliases within aliases grow tenfold with each line: whoever reads them must not be at it for hours.
    private static let mostRepeated = 100_000

    init(_ text: String) {
        self.text = text
        let utf8 = Array(text.utf8)
        bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, utf8.count))
        bytes.update(from: utf8, count: utf8.count)
        parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        yaml_parser_initialize(parser)
        yaml_parser_set_input_string(parser, bytes, utf8.count)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    func close() {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    private func next() throws(YAMLError) -> yaml_event_t {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        return event
    }

    private func fault() -> YAMLError {
        let mark = place(parser.pointee.problem_mark)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if mark.line <= lines.count, lines[mark.line - 1].prefix(mark.column).contains("\t") {
            return YAMLError(mark: mark, message: "a tab stands here; YAML is indented with spaces only")
        }
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "this is no YAML"
        let context = parser.pointee.context.map { " \(String(cString: $0))" } ?? ""
        return YAMLError(mark: mark, message: "\(problem)\(context)")
    }

    private func place(_ mark: yaml_mark_t) -> Mark { Mark(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }

    mutating func document() throws(YAMLError) -> YAMLNode {
        while true {
            var event = try next()
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT: continue
            case YAML_STREAM_END_EVENT: return YAMLNode(.mapping([]), mark: Mark(line: 1, column: 1))
            default:
                let root = try node(event)
                try expectEnd()
                return root
            }
        }
    }

    private func expectEnd() throws(YAMLError) {
        while true {
            var event = try next()
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_STREAM_END_EVENT: return
            case YAML_DOCUMENT_END_EVENT: continue
            default:
                throw YAMLError(mark: place(event.start_mark), message: "a second document begins here; one is read")
            }
        }
    }

    private mutating func node(_ event: yaml_event_t) throws(YAMLError) -> YAMLNode {
        let mark = place(event.start_mark)
        let before = count
        count += 1
        guard depth < 100, count < Self.largestDocument else {
            throw YAMLError(mark: mark, message: "nested too deeply, or too large")
        }
        depth += 1
        defer { depth -= 1 }
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let value = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let node = YAMLNode(
                .scalar(value, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), mark: mark)
            remember(scalar.anchor, node, size: 1)
            return node
        case YAML_SEQUENCE_START_EVENT:
            let anchor = event.data.sequence_start.anchor
            var items: [YAMLNode] = []
            while true {
                var inner = try next()
                defer { yaml_event_delete(&inner) }
                if inner.type == YAML_SEQUENCE_END_EVENT { break }
                items.append(try self.node(inner))
            }
            let node = YAMLNode(.sequence(items), mark: mark)
            remember(anchor, node, size: count - before)
            return node
        case YAML_MAPPING_START_EVENT:
            let anchor = event.data.mapping_start.anchor
            var pairs: [YAMLNode.Pair] = []
            while true {
                var inner = try next()
                defer { yaml_event_delete(&inner) }
                if inner.type == YAML_MAPPING_END_EVENT { break }
                let key = try self.node(inner)
                guard let name = key.text else {
                    throw YAMLError(mark: key.mark, message: "a key must be a word")
                }
                var second = try next()
                defer { yaml_event_delete(&second) }
                let value = try self.node(second)
                pairs.append(YAMLNode.Pair(key: name, keyMark: key.mark, value: value))
            }
            let node = YAMLNode(.mapping(pairs), mark: mark)
            remember(anchor, node, size: count - before)
            return node
        case YAML_ALIAS_EVENT:
            let name = event.data.alias.anchor.map { String(cString: $0) } ?? ""
            guard let known = anchors[name] else {
                throw YAMLError(mark: mark, message: "the alias *\(name)* stands for nothing")
            }
            count += known.size
            repeated += known.size
            guard repeated <= Self.mostRepeated else {
                throw YAMLError(mark: mark, message: "the aliases up to *\(name)* stand for too much")
            }
            return known.node
        default:
            throw YAMLError(mark: mark, message: "this is no YAML")
        }
    }

    private mutating func remember(_ anchor: UnsafeMutablePointer<yaml_char_t>?, _ node: YAMLNode, size: Int) {
        if let anchor { anchors[String(cString: anchor)] = (node, size) }
    }
}
