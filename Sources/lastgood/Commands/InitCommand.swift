import ArgumentParser
import Foundation

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a commented configuration for what is found here.")

    @Option(help: ArgumentHelp("Where to write it; - for standard output.", valueName: "file"), completion: .file())
    var file = "lastgood.yaml"

    func run() async throws {
        let folder = FileManager.default.currentDirectoryPath
        let text = Template.configuration(folder: folder)
        if file == "-" { return print(text) }
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Failure(.refused, "\(file) exists already", mend: "name another with --file, or move it away")
        }
        do { try text.write(toFile: file, atomically: true, encoding: .utf8) } catch {
            throw Failure(.failed, "cannot write \(file): \(error.localizedDescription)")
        }
        print("wrote \(file); change what is marked, then run: lastgood config check --config \(shellWord(file))")
    }
}
