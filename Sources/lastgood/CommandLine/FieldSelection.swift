import ArgumentParser
import Model

/// Fields of an item as the JSON has them: `environment,deployment.phase`.
struct FieldSelection: ExpressibleByArgument {
    private let paths: [[String]]

    init?(argument: String) {
        paths = argument.split(separator: ",", omittingEmptySubsequences: false).map { path in
            path.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        }
        if paths.contains(where: { $0.contains(where: \.isEmpty) }) { return nil }
    }

    /// - Throws: a ``Failure`` where one of them is none of `fields`.
    func check(_ fields: Fields) throws { for path in paths { try fields.check(path) } }

    /// The item with only these fields. One that is absent is unknown.
    func part(of item: StoredJSON) -> StoredJSON {
        paths.reduce(.object([])) { result, path in result.merged(item.part(at: path[...]) ?? .object([])) }
    }

    /// The fields' values as words, `–` for what is unknown.
    func values(_ item: StoredJSON) -> [String] {
        paths.map { path in
            switch item.value(at: path[...]) {
            case nil, .null?, .list([])?: "–"
            case .text(let text)?: text
            case .list(let values)?:
                values.map { if case .text(let text) = $0 { text } else { $0.description } }.joined(separator: ", ")
            case let other?: other.description
            }
        }
    }

    func table(_ items: [StoredJSON]) -> Table {
        var table = Table(paths.map { $0.joined(separator: ".").uppercased() })
        for item in items { table.add(values(item)) }
        return table
    }
}

extension StoredJSON {
    /// What lies at a path; below a list, of each of its elements.
    fileprivate func value(at path: ArraySlice<String>) -> StoredJSON? {
        guard let name = path.first else { return self }
        if case .list(let elements) = self { return .list(elements.compactMap { $0.value(at: path) }) }
        return self[name]?.value(at: path.dropFirst())
    }

    /// The same shape with nothing but what lies at a path.
    fileprivate func part(at path: ArraySlice<String>) -> StoredJSON? {
        guard let name = path.first else { return self }
        if case .list(let elements) = self { return .list(elements.map { $0.part(at: path) ?? .object([]) }) }
        return self[name]?.part(at: path.dropFirst()).map { .object([Member(name: name, value: $0)]) }
    }

    /// Both of two parts of one thing.
    fileprivate func merged(_ other: StoredJSON) -> StoredJSON {
        switch (self, other) {
        case (.object(let mine), .object(let theirs)):
            let kept = mine.map { member in
                Member(name: member.name, value: other[member.name].map { member.value.merged($0) } ?? member.value)
            }
            return .object(kept + theirs.filter { self[$0.name] == nil })
        case (.list(let mine), .list(let theirs)) where mine.count == theirs.count:
            return .list(zip(mine, theirs).map { $0.merged($1) })
        default: return other
        }
    }
}
