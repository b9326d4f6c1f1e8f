import ArgumentParser
import Foundation

struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "dashboard", abstract: "Open the dashboard (the default).")
    @OptionGroup var common: CommonOptions
    func run() async throws { throw Failure(.failed, "later") }
}
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "demo", abstract: "x")
    func run() async throws { throw Failure(.failed, "later") }
}
struct ThemesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "themes", abstract: "x")
    func run() async throws { throw Failure(.failed, "later") }
}
