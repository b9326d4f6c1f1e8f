import ArgumentParser
import Foundation

/// A command as it declares itself: what the parser's library writes for tools that make manuals, see
/// ArgumentParserToolInfo, version 0.
struct CommandDescription: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            /// As it is typed.
            var word: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        enum Kind: String, Decodable { case positional, option, flag }

        /// What a shell may put there.
        enum Completion: Decodable {
            case list(values: [String])
            case file(extensions: [String])
            case directory
            /// What one of ``Completions`` finds.
            case custom
        }

        var kind: Kind
        var names: [Name]?
        var valueName: String?
        var abstract: String?
        var defaultValue: String?
        var isOptional: Bool
        var isRepeating: Bool
        var shouldDisplay: Bool
        var completionKind: Completion?

        func isNamed(_ word: String) -> Bool { (names ?? []).contains { $0.word == word } }
    }

    var commandName: String
    var abstract: String?
    var discussion: String?
    var arguments: [Argument]?
    var subcommands: [CommandDescription]?
    var shouldDisplay: Bool

    /// - Throws: where what the library writes cannot be read, which tests would show.
    init(of command: any ParsableCommand.Type) throws {
        struct Tool: Decodable { var command: CommandDescription }
        self = try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8)).command
    }
}
