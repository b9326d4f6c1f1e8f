import ArgumentParser
import Foundation
import Model
import Terminal

/// How a command prints what it found.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable { case table, wide, name, json, yaml }

struct OutputOptions: ParsableArguments {
    @Option(name: [.long, .short], help: "How to print: table, wide (more columns), name (one a line), json or yaml.")
    var output: OutputFormat = .table
    @Option(
        help: ArgumentHelp(
            "Only these fields of the JSON, such as 'environment,deployment.phase'; as a table or in any format.",
            valueName: "a,b.c"))
    var fields: FieldSelection?

    /// Whether people read it: a table, with what there is to say beside it.
    var isForPeople: Bool { (output == .table || output == .wide) && fields == nil }
    var isWide: Bool { output == .wide }

    /// Prints items for a script, or those fields that were asked for.
    /// - Parameters:
    ///   - kind: what the items are, such as `status`.
    ///   - name: what an item is called in other commands.
    /// - Returns: whether that is what was asked for; else the command's own table is.
    func write<Item: Fielded>(_ kind: String, items: [Item], name: (Item) -> String) throws -> Bool {
        switch output {
        case .name: for item in items { print(visible(name(item))) }
        case .json, .yaml: try write(kind, items: items)
        case .table, .wide:
            guard let fields else { return false }
            fields.table(try items.map { try JSON.tree($0) }).write()
        }
        return true
    }

    /// Prints one item; see ``write(_:items:name:)``.
    func write<Item: Fielded>(_ kind: String, item: Item, name: (Item) -> String) throws -> Bool {
        switch output {
        case .name: print(visible(name(item)))
        case .json where fields == nil: try JSON.write(kind, item: item)
        case .json: try JSON.write(kind, item: JSONTree(try selected(item)))
        case .yaml: print(yaml(kind, "item", try selected(item)), terminator: "")
        case .table, .wide:
            guard let fields else { return false }
            fields.table([try JSON.tree(item)]).write()
        }
        return true
    }

    /// Prints one of many items that come one after the other: a line of JSON, or a document of YAML.
    /// - Returns: whether that is what was asked for.
    func writeLine<Item: Fielded>(_ item: Item, name: (Item) -> String) throws -> Bool {
        switch output {
        case .name: print(visible(name(item)))
        case .json where fields == nil: print(try JSON.line(item))
        case .json: print(try JSON.line(JSONTree(try selected(item))))
        case .yaml: print("---\n" + YAMLText(try selected(item)).text, terminator: "")
        case .table, .wide:
            guard let fields else { return false }
            print(fields.values(try JSON.tree(item)).map { visible($0) }.joined(separator: "  "))
        }
        return true
    }

    private func write<Item: Fielded>(_ kind: String, items: [Item]) throws {
        if output == .yaml {
            print(yaml(kind, "items", .list(try items.map(selected))), terminator: "")
        } else if fields == nil {
            try JSON.write(kind, items: items)
        } else {
            try JSON.write(kind, items: items.map { JSONTree(try selected($0)) })
        }
    }

    private func selected(_ item: some Encodable) throws -> StoredJSON {
        let tree = try JSON.tree(item)
        return fields?.part(of: tree) ?? tree
    }

    private func yaml(_ kind: String, _ name: String, _ content: StoredJSON) -> String {
        YAMLText(
            .object([
                .init(name: "schema", value: .text(JSON.schema)), .init(name: "kind", value: .text(kind)),
                .init(name: name, value: content),
            ])
        ).text
    }
}
