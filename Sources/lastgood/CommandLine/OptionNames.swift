import ArgumentParser

/// The options of a command and of all that stand below it, as the commands themselves declare them.
struct OptionNames {
    /// Those that take the word after them, such as `--config` and `-o`.
    private(set) var valued: Set<String> = []
    private(set) var flags: Set<String> = []

    init(of command: any ParsableCommand.Type) throws { add(try CommandDescription(of: command)) }

    private mutating func add(_ command: CommandDescription) {
        for argument in command.arguments ?? [] {
            let names = (argument.names ?? []).map(\.word)
            switch argument.kind {
            case .option: valued.formUnion(names)
            case .flag: flags.formUnion(names)
            case .positional: break
            }
        }
        for subcommand in command.subcommands ?? [] { add(subcommand) }
    }
}
