import ArgumentParser
import Foundation

/// The options of a command and of all that stand below it, as the commands themselves declare them.
struct OptionNames {
    /// Those that take the word after them, such as `--config` and `-o`.
    private(set) var valued: Set<String> = []
    private(set) var flags: Set<String> = []

    /// - Throws: where the parser's own description of the commands cannot be read, which tests would show.
    init(of command: any ParsableCommand.Type) throws {
        let tool = try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8))
        add(tool.command)
    }

    private mutating func add(_ command: Command) {
        for argument in command.arguments ?? [] {
            let names = (argument.names ?? []).map { $0.kind == "long" ? "--\($0.name)" : "-\($0.name)" }
            switch argument.kind {
            case "option": valued.formUnion(names)
            case "flag": flags.formUnion(names)
            default: break
            }
        }
        for subcommand in command.subcommands ?? [] { add(subcommand) }
    }

    // What the parser's library writes for tools that make manuals: ArgumentParserToolInfo, version 0.
    private struct Tool: Decodable { var command: Command }
    private struct Command: Decodable {
        var subcommands: [Command]?
        var arguments: [Argument]?
    }
    private struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }
        var kind: String
        var names: [Name]?
    }
}
