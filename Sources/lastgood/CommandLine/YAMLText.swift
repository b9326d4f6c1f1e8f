import Model

/// JSON as YAML in block style. Text stays in double quotes, which mean the same in both, unless it is a plain word.
struct YAMLText {
    private(set) var text = ""

    init(_ value: StoredJSON) {
        switch value {
        case .object(let members) where !isEmpty(value): write(members, 0)
        case .list(let values) where !values.isEmpty: write(values, 0)
        default: text = scalar(value) + "\n"
        }
    }

    private mutating func write(_ members: [StoredJSON.Member], _ depth: Int, isFirstIndented: Bool = true) {
        var isIndented = isFirstIndented
        for member in members where member.value != .null {
            if isIndented { indent(depth) }
            isIndented = true
            text += scalar(.text(member.name)) + ":"
            write(under: member.value, depth)
        }
    }

    private mutating func write(under value: StoredJSON, _ depth: Int) {
        switch value {
        case .object(let members) where !isEmpty(value):
            text += "\n"
            write(members, depth + 1)
        case .list(let values) where !values.isEmpty:
            text += "\n"
            write(values, depth)
        default: text += " " + scalar(value) + "\n"
        }
    }

    private mutating func write(_ values: [StoredJSON], _ depth: Int) {
        for value in values {
            indent(depth)
            text += "-"
            if case .object(let members) = value, !isEmpty(value) {
                text += " "
                write(members, depth + 1, isFirstIndented: false)
            } else if case .list(let inner) = value, !inner.isEmpty {
                text += "\n"
                write(inner, depth + 1)
            } else {
                text += " " + scalar(value) + "\n"
            }
        }
    }

    private mutating func indent(_ depth: Int) { text += String(repeating: "  ", count: depth) }

    private func isEmpty(_ value: StoredJSON) -> Bool {
        if case .object(let members) = value { members.allSatisfy { $0.value == .null } } else { false }
    }

    private func scalar(_ value: StoredJSON) -> String {
        guard case .text(let word) = value else { return value.description }
        let isPlain =
            word.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2D || $0 == 0x2F
            }
            && (word.utf8.first.map { (0x61...0x7A).contains($0 | 0x20) } ?? false)
        // Words that mean a truth value or nothing, in one version of YAML or another.
        let hasMeaning = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"].contains(
            word.lowercased())
        return isPlain && !hasMeaning ? word : JSON.withoutControls(value.description)
    }
}
