/// Reads values out of nodes and collects every fault on the way, instead of ending at the first.
public final class Reader {
    public let file: String
    private var seen: Set<Fault> = []
    /// Told where nothing else is wrong with the same value, which mends this too.
    private var torn: Set<Fault> = []

    /// All faults, in the order of the file.
    public var faults: [Fault] {
        let marks = Set(seen.map(\.mark))
        return (seen.union(torn.filter { !marks.contains($0.mark) })).sorted()
    }

    public init(file: String) { self.file = file }

    public func report(_ mark: Mark, _ message: FaultMessage, mend: String) {
        seen.insert(Fault(file: file, mark: mark, message: message, mend: mend))
    }

    /// Whether a key is the file's own business: programs leave `x-…` keys alone, so that a file has a place for what its
    /// anchors name.
    ///
    /// Source: the Compose Specification, "Extensions"; the OpenAPI Specification, "Specification Extensions".
    public static func isExtension(_ key: String) -> Bool { key.hasPrefix("x-") }

    /// The pairs of a mapping whose keys are all among `known`, or extensions, which are left out; others are reported
    /// with the nearest known one.
    /// - Parameter elsewhere: what to do about keys that belong to another place.
    public func mapping(
        _ node: YAMLNode, known: [String], of what: String, elsewhere: [String: String] = [:]
    ) -> [String: YAMLNode] {
        var result: [String: YAMLNode] = [:]
        for pair in freeMapping(node, of: what) where !Self.isExtension(pair.key) {
            if known.contains(pair.key) {
                result[pair.key] = pair.value
            } else {
                report(
                    pair.keyMark, "unknown key “\(pair.key)” in \(what)",
                    mend: mend(pair.key, known: known, elsewhere: elsewhere))
            }
        }
        return result
    }

    private func mend(_ key: String, known: [String], elsewhere: [String: String]) -> String {
        if let colon = key.firstIndex(of: ":"), known.contains(String(key[..<colon])) {
            return "put a blank after its colon: “\(key[..<colon]): \(key[colon...].dropFirst())”"
        }
        if let mend = elsewhere[key] { return mend }
        if let near = nearest(key, known) { return "did you mean “\(near)”?" }
        return "known here: \(known.joined(separator: ", "))"
    }

    /// The pairs of a mapping with keys of any name; one that stands twice is reported.
    public func freeMapping(_ node: YAMLNode, of what: String) -> [YAMLNode.Pair] {
        guard let pairs = node.pairs else {
            if !node.isNull {
                report(node.mark, "\(what) must be a mapping, not \(node.kindName)", mend: "write it as “key: value”")
            }
            return []
        }
        var first: [String: Mark] = [:]
        return pairs.filter { pair in
            if let earlier = first[pair.key] {
                report(
                    pair.keyMark, "“\(pair.key)” stands twice in \(what), first in line \(earlier.line)",
                    mend: "rename or remove one of them")
                return false
            }
            first[pair.key] = pair.keyMark
            if pair.value.isTorn, let text = pair.value.text {
                torn.insert(
                    Fault(
                        file: file, mark: pair.value.mark,
                        message: "“\(pair.key)” ends at its comma, and what follows reads as other keys",
                        mend: "quote it: \(pair.key): \"\(text)\""))
            }
            return true
        }
    }

    /// The entries of a mapping with keys of any name, each a mapping with the key `sign` among the `known` ones: an
    /// `x-…` key without it, misspelt or not, is an extension, and left out.
    public func entries(
        _ node: YAMLNode, of what: String, eachWith sign: String, known: [String]
    ) -> [YAMLNode.Pair] {
        freeMapping(node, of: what).filter { pair in
            guard Self.isExtension(pair.key) else { return true }
            let keys = pair.value.pairs?.map(\.key) ?? []
            return keys.contains { $0 == sign || !known.contains($0) && nearest($0, known) == sign }
        }
    }

    public func text(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = node.text, !node.isNull else {
            let found = node.text == nil ? ", not \(node.kindName)" : ""
            report(node.mark, "\(what) must be a single value\(found)", mend: "give one, or leave the key out")
            return nil
        }
        return text
    }

    /// A yes or no, in YAML's words of today.
    public func flag(_ node: YAMLNode, _ what: String) -> Bool? {
        guard let text = text(node, what) else { return nil }
        if text == "true" || text == "false" { return text == "true" }
        report(node.mark, "\(what) is “\(text)”", mend: "write true or false")
        return nil
    }

    public func list(_ node: YAMLNode, _ what: String) -> [YAMLNode] {
        if let items = node.items { return items }
        let mend = node.pairs == nil ? "write it as [a, b]" : "begin each with a “-”: “- {name: …}”"
        report(node.mark, "\(what) must be a list, not \(node.kindName)", mend: mend)
        return []
    }

    public func number(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(node, what) else { return nil }
        guard !hasLeadingZero(node, what, text) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let limits =
                range.upperBound == .max
                ? "from \(range.lowerBound) up" : "from \(range.lowerBound) to \(range.upperBound)"
            report(node.mark, "\(what) is “\(text)”", mend: "give a whole number \(limits)")
            return nil
        }
        return number
    }

    /// Reports a number such as `010`, which is eight to some readers of YAML and ten to others.
    public func hasLeadingZero(_ node: YAMLNode, _ what: String, _ text: String) -> Bool {
        guard text.count > 1, text.hasPrefix("0"), let number = Int(text) else { return false }
        report(
            node.mark, "\(what) is “\(text)”, which some read as an octal number",
            mend: "write it without the 0: \(number)")
        return true
    }

    public func choice<Value: RawRepresentable & CaseIterable>(
        _ node: YAMLNode, _ what: String, _ type: Value.Type
    ) -> Value? where Value.RawValue == String {
        guard let text = text(node, what) else { return nil }
        if let value = Value(rawValue: text) { return value }
        let names = Value.allCases.map(\.rawValue)
        report(node.mark, "\(what) is “\(text)”", mend: "give one of \(names.joined(separator: ", "))")
        return nil
    }
}
