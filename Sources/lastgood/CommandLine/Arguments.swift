import ArgumentParser
import CProcess
import YAML

/// The words of a command line in the order in which the parser wants them, with what is misspelt told.
///
/// Options may stand before the command, as with `git -C` and `kubectl -n`.
struct Arguments {
    let words: [String]

    /// What this process was called with, its own name first.
    static let ofThisProcess = (0..<process_word_count()).map { String(cString: process_word($0)) }

    /// The same without its own name.
    static let given = Array(ofThisProcess.dropFirst())

    /// The command that is meant, with its options read.
    ///
    /// The dashboard is meant where no command is named, and its first picture waits for this: only where that is not so
    /// are the options of all commands looked through, which takes longer than all else before that picture.
    static func command(_ given: [String]) throws -> any ParsableCommand {
        let isBare = !given.contains { subcommand($0, of: Lastgood.self) != nil || $0 == "help" }
        if isBare, let dashboard = try? Lastgood.parseAsRoot(given) as? DashboardCommand { return dashboard }
        return try Lastgood.parseAsRoot(Arguments(given).words)
    }

    /// - Throws: a ``Failure`` where there is no such command, with the one that was probably meant.
    init(_ given: [String]) throws {
        let given = given.flatMap(Self.apart)
        var options: [String] = []
        var rest = given[...]
        let names = given.first?.hasPrefix("-") == true ? try OptionNames(of: Lastgood.self) : nil
        while let word = rest.first, word.hasPrefix("-"), !["-", "--", "-h", "--help", "--version"].contains(word) {
            options.append(rest.removeFirst())
            guard let names, names.valued.contains(word), let value = rest.first else { continue }
            // What is an option of one command and a flag of another leaves the command's name alone.
            if names.flags.contains(word), Self.subcommand(value, of: Lastgood.self) != nil { continue }
            options.append(rest.removeFirst())
        }
        guard let first = rest.first, !first.hasPrefix("-") else {
            words = given
            return
        }
        let isHelp = first == "help"
        if isHelp {
            rest.removeFirst()
            // Help is text, whatever is asked for; only its topic counts.
            let names = try OptionNames(of: Lastgood.self)
            while let word = rest.first, word.hasPrefix("-"), word != "-h", word != "--help" {
                rest.removeFirst()
                if names.valued.contains(word), !rest.isEmpty { rest.removeFirst() }
            }
            if rest.first == "help" { rest.removeFirst() }
        }
        var path: [String] = []
        var command: any ParsableCommand.Type = Lastgood.self
        while let word = rest.first, let next = Self.subcommand(word, of: command) {
            path.append(rest.removeFirst())
            command = next
        }
        let known = command.configuration.subcommands.map { $0._commandName }
        let all = (["lastgood"] + path).joined(separator: " ")
        if let word = rest.first, !word.hasPrefix("-"), !known.isEmpty {
            let meant = nearest(word, path.isEmpty ? known + ["help"] : known)
            // What a command does without a subcommand may take words of its own.
            if isHelp || path.isEmpty || command.configuration.defaultSubcommand == nil || meant != nil {
                throw Failure(
                    .usage,
                    path.isEmpty ? "there is no command “\(word)”" : "`\(all)` has no “\(word)”",
                    mend: (meant.map { "did you mean `\($0)`? " } ?? "") + "`\(all) --help` lists what there is")
            }
        }
        if isHelp, known.isEmpty, let word = rest.first, !word.hasPrefix("-") {
            throw Failure(
                .usage, "`\(all)` has no “\(word)”", mend: "`\(all) --help` tells of all of it")
        }
        words = isHelp ? ["help"] + path : path + options + rest
    }

    /// `-ojson` as the two words that the parser takes.
    private static func apart(_ word: String) -> [String] {
        let forms = OutputFormat.allCases.map(\.rawValue)
        return word.hasPrefix("-o") && forms.contains(String(word.dropFirst(2)))
            ? ["-o", String(word.dropFirst(2))] : [word]
    }

    private static func subcommand(
        _ name: String, of command: any ParsableCommand.Type
    ) -> (any ParsableCommand.Type)? {
        command.configuration.subcommands.first {
            $0._commandName == name || $0.configuration.aliases.contains(name)
        }
    }

    /// Whether a script reads what is printed, errors included, whatever else is wrong with the words.
    static func wantJSON(_ words: [String]) -> Bool {
        let forms = ["json", "yaml"]
        for (index, word) in words.enumerated() {
            if word == "--" { return false }
            if ["--output", "-o"].contains(word), index + 1 < words.count { return forms.contains(words[index + 1]) }
            for prefix in ["--output=", "-o=", "-o"] where word.hasPrefix(prefix) {
                if forms.contains(String(word.dropFirst(prefix.count))) { return true }
            }
        }
        return false
    }
}
