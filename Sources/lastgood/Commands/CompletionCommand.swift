import ArgumentParser

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a completion script for a shell.",
        discussion: "Example: lastgood completion bash > /etc/bash_completion.d/lastgood")

    @Argument(help: "bash, zsh or fish.") var shell: ShellQuestion.Shell

    func run() throws { print(shell.script, terminator: "") }
}
