import CYAML

/// Builds nodes from libyaml's events.
struct Composer {
    private let text: String
    private let author: YAMLNode.Author
    private let bytes: UnsafeMutablePointer<UInt8>
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// What was named, and of how many nodes it consists when its own aliases are spelled out.
    private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
    private var depth = 0
    /// Nodes so far, with those that aliases stand for.
    private var count = 0
    /// Nodes that aliases stand for.
    private var repeated = 0
    /// The characters of the text; counted out once they are asked for.
    private lazy var characters = Array(text.unicodeScalars)

    private static let largestDocument = 4_000_000
    /// Aliases within aliases grow tenfold with each line: whoever reads them must not be at it for hours.
    private static let mostRepeated = 100_000

    init(_ text: String, _ author: YAMLNode.Author) {
        self.text = text
        self.author = author
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
        guard yaml_parser_parse(parser, &event) == 1 else { throw YAMLError(parser.pointee, text: text) }
        return event
    }

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
                throw YAMLError(
                    mark: Mark(event.start_mark), message: "a second document begins here; one is read",
                    mend: "remove the “---”, or what follows it")
            }
        }
    }

    private mutating func node(_ event: yaml_event_t) throws(YAMLError) -> YAMLNode {
        let mark = Mark(event.start_mark)
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
            try refuse(scalar.tag, mark)
            let value = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let node = YAMLNode(
                .scalar(value, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), mark: mark)
            remember(scalar.anchor, node, size: 1)
            return node
        case YAML_SEQUENCE_START_EVENT:
            let anchor = event.data.sequence_start.anchor
            try refuse(event.data.sequence_start.tag, mark)
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
            let start = event.data.mapping_start
            try refuse(start.tag, mark)
            let pairs = try pairs(isFlow: start.style == YAML_FLOW_MAPPING_STYLE)
            let node = YAMLNode(.mapping(pairs), mark: mark)
            remember(start.anchor, node, size: count - before)
            return node
        case YAML_ALIAS_EVENT:
            let name = event.data.alias.anchor.map { String(cString: $0) } ?? ""
            guard let known = anchors[name] else {
                let near = nearest(name, anchors.keys.sorted())
                throw YAMLError(
                    mark: mark, message: "the alias “*\(name)” stands for nothing",
                    mend: near.map { "did you mean “*\($0)”?" }
                        ?? "name something &\(name) above, or put “*\(name)” into quotes")
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

    private mutating func pairs(isFlow: Bool) throws(YAMLError) -> [YAMLNode.Pair] {
        var result: [YAMLNode.Pair] = []
        var merges: [(place: Int, value: YAMLNode)] = []
        while true {
            var inner = try next()
            defer { yaml_event_delete(&inner) }
            if inner.type == YAML_MAPPING_END_EVENT { break }
            let key = try node(inner)
            guard let name = key.text else {
                throw YAMLError(mark: key.mark, message: "a key must be a word", mend: "write it as “key: value”")
            }
            var second = try next()
            defer { yaml_event_delete(&second) }
            let value = try node(second)
            if name == "<<", key.isPlain {
                merges.append((result.count, value))
            } else if author == .person, isFlow, value.isPlain, value.text == "", let last = result.last?.value,
                last.isPlain, let text = last.text, !text.isEmpty, isBare(inner, second)
            {
                result[result.count - 1].value = YAMLNode(.scalar("\(text), \(name)", isPlain: true), mark: last.mark)
                result[result.count - 1].value.isTorn = true
            } else {
                result.append(YAMLNode.Pair(key: name, keyMark: key.mark, value: value))
            }
        }
        return merges.isEmpty ? result : try merge(merges, into: result)
    }

    /// What the mapping says itself comes before what it merges, and of that, what it merges first.
    private func merge(
        _ merges: [(place: Int, value: YAMLNode)], into pairs: [YAMLNode.Pair]
    ) throws(YAMLError) -> [YAMLNode.Pair] {
        var known = Set(pairs.map(\.key))
        var result: [YAMLNode.Pair] = []
        var copied = 0
        for (place, value) in merges {
            result += pairs[copied..<place]
            copied = place
            for source in value.items ?? [value] {
                guard let merged = source.pairs else {
                    guard author == .person else { continue }
                    throw YAMLError(
                        mark: value.mark, message: "“<<” takes in a mapping, and this is \(source.kindName)",
                        mend: "name one with &, and write “<<: *NAME” or “<<: [*ONE, *OTHER]”")
                }
                result += merged.filter { known.insert($0.key).inserted }
            }
        }
        return result + pairs[copied...]
    }

    /// Whether no colon stands between a key and its value, as in `{a: any(b, c)}` behind the comma.
    private mutating func isBare(_ key: yaml_event_t, _ value: yaml_event_t) -> Bool {
        let (end, start) = (Int(clamping: key.end_mark.index), Int(clamping: value.start_mark.index))
        guard end < start else { return true }
        guard start <= characters.count else { return false }
        return !characters[end..<start].contains(":")
    }

    /// A tag that is not one of YAML's own would be passed over, and what it was to do not be done.
    private func refuse(_ tag: UnsafeMutablePointer<yaml_char_t>?, _ mark: Mark) throws(YAMLError) {
        guard author == .person, let tag else { return }
        let name = String(cString: tag)
        guard !name.hasPrefix("tag:yaml.org,2002:"), name != "!" else { return }
        throw YAMLError(
            mark: mark, message: "the tag \(name) means nothing here",
            mend: "write the value itself, or quote it where “!” is part of it")
    }

    private mutating func remember(_ anchor: UnsafeMutablePointer<yaml_char_t>?, _ node: YAMLNode, size: Int) {
        if let anchor { anchors[String(cString: anchor)] = (node, size) }
    }
}
