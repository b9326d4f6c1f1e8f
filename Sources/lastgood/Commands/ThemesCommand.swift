import ArgumentParser
import Dashboard
import Foundation
import YAML

struct ThemesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "themes", abstract: "List the themes, or show one.", subcommands: [List.self, Show.self],
        defaultSubcommand: List.self)

    struct Item: Fielded {
        var name: String
        var description: String
        var file: String

        enum CodingKeys: CodingKey, CaseIterable {
            case name, description, file
        }
    }

    struct List: ParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(abstract: "List the themes.")
        @OptionGroup var output: OutputOptions

        var item: any Fielded.Type { Item.self }

        func run() throws {
            let library = ThemeLibrary(variables: ProcessInfo.processInfo.environment)
            let items = library.names.map { name -> Item in
                let file = library.text(name)?.file ?? ""
                do { return Item(name: name, description: try library.theme(name).description, file: file) } catch {
                    let fault = (error as? ThemeError)?.faults.first.map { "\($0)" }
                    return Item(name: name, description: fault ?? "cannot be read", file: file)
                }
            }
            if try output.write("themes", items: items, name: \.name) { return }
            var table = Table(["NAME", "DESCRIPTION", "FILE"])
            for item in items { table.add([item.name, item.description, item.file]) }
            table.write()
            print("your own go to \(library.folder)/NAME.yaml; `lastgood themes show dark` prints one to begin with")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a theme's file.")
        @Argument(help: "The theme.", completion: Completions.themes) var name: String

        func run() throws {
            let library = ThemeLibrary(variables: ProcessInfo.processInfo.environment)
            do { _ = try library.theme(name) } catch let error as ThemeError {
                throw Failure(.usage, error.faults.listed().map(\.description).joined(separator: "\n"))
            }
            print(library.text(name)?.text ?? "", terminator: "")
        }
    }
}
