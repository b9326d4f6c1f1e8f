import ArgumentParser

struct ManCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man", abstract: "Print the manual page.",
        discussion: """
            Read it: lastgood man | man -l -
            Keep it: lastgood man > /usr/local/share/man/man1/lastgood.1
            """)

    func run() throws { print(try ManualPage().text, terminator: "") }
}
