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
    /// Whether it was put together again from what its commas had made of it.
    public internal(set) var isTorn = false

    public init(_ content: Content, mark: Mark) {
        self.content = content
        self.mark = mark
    }

    /// The text of a scalar.
    public var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

    /// Whether it is a scalar without quotes.
    public var isPlain: Bool { if case .scalar(_, true) = content { true } else { false } }

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
    ///
    /// A key that stands twice in `other` stands twice in the result, for the reader to tell.
    public func merged(with other: YAMLNode) -> YAMLNode {
        guard let mine = pairs, let theirs = other.pairs else { return other }
        var result = mine
        var places = Dictionary(mine.indices.map { (mine[$0].key, $0) }, uniquingKeysWith: { first, _ in first })
        for pair in theirs {
            // What has been taken once is no more to be had.
            if let index = places.removeValue(forKey: pair.key) {
                result[index] = Pair(
                    key: pair.key, keyMark: pair.keyMark, value: result[index].value.merged(with: pair.value))
            } else {
                result.append(pair)
            }
        }
        return YAMLNode(.mapping(result), mark: other.mark)
    }
}

extension YAMLNode {
    /// Who wrote a text, and so what is likely to be meant by it.
    public enum Author: Sendable {
        case program
        /// People forget quotes: what commas have torn apart is put together, and marked, and tags, which mean nothing
        /// here, are refused.
        case person
    }

    /// Reads one document. An empty one is an empty mapping.
    ///
    /// The merge key `<<` is followed wherever it stands. Source: "Merge Key Language-Independent Type for YAML 1.1".
    public init(parsing text: String, by author: Author = .program) throws(YAMLError) {
        var composer = Composer(text, author)
        defer { composer.close() }
        self = try composer.document()
    }
}
