import ArgumentParser
import Model
import YAML

/// Fields of an item as the JSON has them: `environment,deployment.phase`.
struct FieldSelection: ExpressibleByArgument {
    private let paths: [[String]]

    init?(argument: String) {
        paths = argument.split(separator: ",", omittingEmptySubsequences: false).map { path in
            path.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        }
        if paths.contains(where: { $0.contains(where: \.isEmpty) }) { return nil }
    }

    /// The item with only these fields. One that is absent is unknown, unless it is misspelt.
    /// - Throws: a ``Failure`` where a field is none of the item's, but much like one of them.
    func part(of item: StoredJSON) throws -> StoredJSON {
        var result = StoredJSON.object([])
        for path in paths { if let value = try value(item, path) { result.set(value, at: path[...]) } }
        return result
    }

    /// The fields' values as words, `–` for what is unknown.
    func values(_ item: StoredJSON) throws -> [String] {
        try paths.map { path in
            switch try value(item, path) {
            case nil, .null?: "–"
            case .text(let text)?: text
            case .list(let values)?:
                values.map { if case .text(let text) = $0 { text } else { $0.description } }.joined(separator: ", ")
            case let other?: other.description
            }
        }
    }

    func table(_ items: [StoredJSON]) throws -> Table {
        var table = Table(paths.map { $0.joined(separator: ".").uppercased() })
        for item in items { table.add(try values(item)) }
        return table
    }

    private func value(_ item: StoredJSON, _ path: [String]) throws -> StoredJSON? {
        var value = item
        for name in path {
            guard case .object(let members) = value else { return nil }
            if let found = value[name] {
                value = found
                continue
            }
            guard let meant = nearest(name, members.map(\.name)) else { return nil }
            throw Failure(
                .usage, "there is no field “\(path.joined(separator: "."))”", mend: "did you mean “\(meant)”?")
        }
        return value
    }
}

extension StoredJSON {
    fileprivate mutating func set(_ value: StoredJSON, at path: ArraySlice<String>) {
        guard let name = path.first else {
            self = value
            return
        }
        var members: [Member] = []
        if case .object(let known) = self { members = known }
        var inner = self[name] ?? .object([])
        inner.set(value, at: path.dropFirst())
        members.removeAll { $0.name == name }
        self = .object(members + [Member(name: name, value: inner)])
    }
}
