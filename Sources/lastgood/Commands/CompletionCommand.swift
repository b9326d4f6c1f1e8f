import ArgumentParser

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a completion script for a shell.",
        discussion: "Example: lastgood completion bash > /etc/bash_completion.d/lastgood")

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() throws {
        switch shell {
        case .bash: print(Lastgood.completionScript(for: .bash) + Self.bashTopics)
        case .zsh:
            print(
                Lastgood.completionScript(for: .zsh).replacing(
                    "'*:subcommands:'", with: "'*:subcommands:(\(Self.names(Lastgood.self)))'"))
        case .fish: print(Lastgood.completionScript(for: .fish) + Self.fishTopics)
        }
    }

    // MARK: what `help` tells of, which the parser's scripts leave out

    private static func names(_ command: any ParsableCommand.Type) -> String {
        command.configuration.subcommands.map { $0._commandName }.joined(separator: " ")
    }

    private static var groups: [any ParsableCommand.Type] {
        Lastgood.configuration.subcommands.filter { !$0.configuration.subcommands.isEmpty }
    }

    private static var bashTopics: String {
        let cases = groups.map { "    \($0._commandName)) topics='\(names($0))' ;;\n" }.joined()
        return """

            _lastgood_help() {
                local topics=''
                case "${COMP_WORDS[${COMP_CWORD} - 1]}" in
                help) topics='\(names(Lastgood.self))' ;;
            \(cases)    esac
                COMPREPLY+=($(compgen -W "${topics}" -- "${cur}"))
            }

            """
    }

    private static var fishTopics: String {
        var lines = ["complete -c lastgood -n '__fish_seen_subcommand_from help' -fka '\(names(Lastgood.self))'"]
        for group in groups {
            let seen = "__fish_seen_subcommand_from help; and __fish_seen_subcommand_from \(group._commandName)"
            lines.append("complete -c lastgood -n '\(seen)' -fka '\(names(group))'")
        }
        return "\n" + lines.joined(separator: "\n") + "\n"
    }
}
