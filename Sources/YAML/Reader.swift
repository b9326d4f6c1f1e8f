/// Something wrong in a file: where, what, and what to do.
public struct Fault: Error, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var file: String
    public var mark: Mark
    public var message: String
    public var mend: String

    public init(file: String, mark: Mark, message: String, mend: String) {
        self.file = file
        self.mark = mark
        self.message = message
        self.mend = mend
    }

    /// `FILE:LINE:COLUMN: what is wrong; what to do`.
    public var description: String { "\(file):\(mark.line):\(mark.column): \(message); \(mend)" }

    public static func < (left: Fault, right: Fault) -> Bool {
        (left.mark, left.message) < (right.mark, right.message)
    }
}

/// Reads values out of nodes and collects every fault on the way, instead of ending at the first.
public final class Reader {
    public let file: String
    private var seen: Set<Fault> = []

    /// All faults, in the order of the file.
    public var faults: [Fault] { seen.sorted() }

    public init(file: String) { self.file = file }

    public func report(_ mark: Mark, _ message: String, mend: String) {
        seen.insert(Fault(file: file, mark: mark, message: message, mend: mend))
    }

    /// The pairs of a mapping whose keys are all among `known`; others are reported with the nearest known one.
    public func mapping(_ node: YAMLNode, known: [String], of what: String) -> [String: YAMLNode] {
        var result: [String: YAMLNode] = [:]
        for pair in freeMapping(node, of: what) {
            if known.contains(pair.key) {
                result[pair.key] = pair.value
            } else {
                let mend: String
                if let near = nearest(pair.key, known) {
                    mend = "did you mean “\(near)”?"
                } else {
                    mend = "known here: \(known.joined(separator: ", "))"
                }
                report(pair.keyMark, "unknown key “\(pair.key)” in \(what)", mend: mend)
            }
        }
        return result
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
            return true
        }
    }

    public func text(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = node.text, !node.isNull else {
            report(node.mark, "\(what) must be a single value", mend: "give one, or leave the key out")
            return nil
        }
        return text
    }

    public func list(_ node: YAMLNode, _ what: String) -> [YAMLNode] {
        if let items = node.items { return items }
        report(node.mark, "\(what) must be a list, not \(node.kindName)", mend: "write it as [a, b]")
        return []
    }

    public func number(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(node, what) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let limits =
                range.upperBound == .max
                ? "from \(range.lowerBound) up" : "from \(range.lowerBound) to \(range.upperBound)"
            report(node.mark, "\(what) is “\(text)”", mend: "give a whole number \(limits)")
            return nil
        }
        return number
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

/// The name among `known` that was probably meant; `nil` where none is near.
public func nearest(_ word: String, _ known: [String]) -> String? {
    let scored = known.map { ($0, distance(word.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(1, min(3, best.0.count / 2)) else { return nil }
    return best.0
}

/// How many letters must be put in, taken out or exchanged, neighbours swapped counting as one (Damerau).
private func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right))
    var rows = [Array(0...right.count)]
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var best = min(
                rows[row][column + 1] + 1, current[column] + 1, rows[row][column] + (letter == other ? 0 : 1))
            if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                best = min(best, rows[row - 1][column - 1] + 1)
            }
            current.append(best)
        }
        rows.append(current)
    }
    return rows[left.count][right.count]
}
