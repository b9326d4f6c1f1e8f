import ArgumentParser

/// What may stand where somebody types on a command line, whatever stands before it: names of commands, options before
/// and after them, and their values, also after a `=`.
struct Offers {
    struct Word: Equatable {
        var text: String
        var meaning: String?
    }

    enum Kind: Equatable {
        case words([Word])
        /// The shell knows the files that there are.
        case files, folders
    }

    private typealias Argument = CommandDescription.Argument

    /// A command on the line, as it declares itself.
    private struct Place {
        var type: any ParsableCommand.Type
        var description: CommandDescription
        var path: [String] = []

        var children: [CommandDescription] {
            (description.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
        }

        func child(_ name: String) -> Place? {
            guard let child = children.first(where: { $0.commandName == name }),
                let type = type.configuration.subcommands.first(where: { $0._commandName == name })
            else { return nil }
            return Place(type: type, description: child, path: path + [name])
        }

        /// What is done where no subcommand is named.
        var standard: Place? { type.configuration.defaultSubcommand.flatMap { child($0._commandName) } }

        var all: [Place] { [self] + children.compactMap { child($0.commandName)?.all }.joined() }

        /// What it takes itself, and what is done without a subcommand takes.
        var taking: [(place: Place, argument: Argument)] {
            var known: Set<String> = []
            return ([self] + [standard].compactMap { $0 }).flatMap { place in
                (place.description.arguments ?? []).filter { argument in
                    argument.shouldDisplay
                        && (argument.names ?? []).allSatisfy { known.insert($0.word).inserted }
                }.map { (place, $0) }
            }
        }

        func option(_ name: String) -> (place: Place, argument: Argument)? {
            taking.first { $0.argument.kind == .option && $0.argument.isNamed(name) }
        }
    }

    private let words: [String]
    private let current: String
    private let root: Place

    /// - Parameter words: those after the program's own name, as they are meant; the last is being typed.
    /// - Throws: where the commands cannot be read, which tests would show.
    init(_ words: [String]) throws {
        self.words = words
        current = words.last ?? ""
        root = Place(type: Lastgood.self, description: try CommandDescription(of: Lastgood.self))
    }

    /// What may stand there and begins as what is typed.
    var kind: Kind {
        var place = root
        var valued: (place: Place, argument: Argument)?
        var given: Set<String> = []
        var count = 0
        var (isHelp, areOptionsOver) = (false, false)
        for word in words.dropLast() {
            if valued != nil {
                valued = nil
            } else if word == "--", !areOptionsOver {
                areOptionsOver = true
            } else if word.hasPrefix("-"), word != "-", !areOptionsOver {
                given.insert(Self.apart(word).name)
                if !word.contains("=") { valued = option(word, at: place) }
            } else if count == 0, let child = place.child(word) {
                place = child
            } else if word == "help", place.path.isEmpty, count == 0, !isHelp {
                isHelp = true
            } else {
                count += 1
            }
        }
        if isHelp { return .words(fitting(names(place))) }
        if let valued { return values(of: valued.argument, valued.place) }
        if !areOptionsOver, current.hasPrefix("-") {
            let (name, start) = Self.apart(current)
            guard let start else { return .words(fitting(options(place, given))) }
            guard let found = option(name, at: place) else { return .words([]) }
            return values(of: found.argument, found.place, after: start)
        }
        if count == 0, !place.children.isEmpty {
            let help = Word(text: "help", meaning: "Show subcommand help information.")
            return .words(fitting(names(place) + (place.path.isEmpty ? [help] : [])))
        }
        guard place.children.isEmpty else { return .words([]) }
        return positional(count, place) ?? .words(current.isEmpty && !areOptionsOver ? options(place, given) : [])
    }

    /// `--to=1.` as the option's name and what stands before its value.
    private static func apart(_ word: String) -> (name: String, start: String?) {
        guard let sign = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<sign]), String(word[...sign]))
    }

    /// Options may stand before the command that takes them.
    private func option(_ name: String, at place: Place) -> (place: Place, argument: Argument)? {
        place.option(name) ?? root.all.lazy.compactMap { $0.option(name) }.first
    }

    private func fitting(_ words: [Word]) -> [Word] { words.filter { $0.text.hasPrefix(current) } }

    private func names(_ place: Place) -> [Word] {
        place.children.map { Word(text: $0.commandName, meaning: $0.abstract) }
    }

    private func options(_ place: Place, _ given: Set<String>) -> [Word] {
        place.taking.map(\.argument).filter { argument in
            argument.isRepeating || !given.contains { argument.isNamed($0) }
        }.flatMap { argument in
            (argument.names ?? []).map { Word(text: $0.word, meaning: argument.abstract) }
        }
    }

    /// - Returns: `nil` where no word may stand there.
    private func positional(_ index: Int, _ place: Place) -> Kind? {
        let all = (place.description.arguments ?? []).filter { $0.kind == .positional }
        guard let last = all.last, index < all.count || last.isRepeating else { return nil }
        return values(of: all[min(index, all.count - 1)], place, at: min(index, all.count - 1))
    }

    /// - Parameter start: what stands before the value in the word that is typed.
    private func values(
        of argument: Argument, _ place: Place, at index: Int = 0, after start: String = ""
    ) -> Kind {
        switch argument.completionKind {
        case nil: .words([])
        case .file: .files
        case .directory: .folders
        case .list(let values): .words(fitting(values.map { Word(text: start + $0) }))
        case .custom:
            .words(
                fitting(
                    found(argument.names?.first?.word ?? "positional@\(index)", place).map { Word(text: start + $0) }))
        }
    }

    /// What the argument's own function finds: the parser calls it, and hands over its answer as an error.
    ///
    /// Source: swift-argument-parser 1.8, `CommandParser.parseCustomCompletion`.
    private func found(_ argument: String, _ place: Place) -> [String] {
        do {
            _ = try Lastgood.parseAsRoot(["---completion"] + place.path + ["--", argument, "0", "0"] + words)
            return []
        } catch { return Lastgood.message(for: error).split(separator: "\n").map(String.init) }
    }
}
