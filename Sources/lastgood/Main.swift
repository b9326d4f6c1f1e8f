import ArgumentParser
import CProcess
import Foundation
import Terminal

struct Lastgood: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lastgood",
        abstract: "Gets services back to their last good release.",
        discussion: """
            Without a subcommand it opens the dashboard. Environments are named APPLICATION/ENVIRONMENT and chosen \
            by glob, such as 'checkout/*' or '*/prod-*'.

            Try it without any setup: lastgood demo
            """,
        version: "lastgood \(versionNumber)",
        subcommands: [
            DashboardCommand.self, DemoCommand.self, InitCommand.self, ConfigCommand.self, StatusCommand.self,
            AlarmsCommand.self, HistoryCommand.self, ReleasesCommand.self, ShowCommand.self, RegisterCommand.self,
            DeployCommand.self, CompareCommand.self, SuspectsCommand.self, ExplainCommand.self, RollbackCommand.self,
            PlanCommand.self, DrillCommand.self, ReportCommand.self,
            MarkCommand.self,
            EventsCommand.self,
            GateCommand.self,
            FreezeCommand.self,
            HoldCommand.self,
            WaitCommand.self,
            ServeCommand.self,
            NotifyCommand.self,
            LedgerCommand.self,
            ThemesCommand.self,
            CompletionCommand.self,
            ManCommand.self,
        ],
        defaultSubcommand: DashboardCommand.self)

    static let versionNumber = "0.1.0"
}

@main
enum Main {
    static func main() async {
        // A reader that has gone away, such as `head`, is no reason to die in the middle of something.
        signal(SIGPIPE, SIG_IGN)
        // Programs are asked to report or to rotate by these; who sends one to this program by mistake ends nothing.
        // What it starts has them as they are by themselves.
        for number in [SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }
        process_reserve_standard_descriptors()
        process_share_heaps()
        Screen.prepare()
        process_write_by_line()
        let words = Arguments.given
        let asJSON = Arguments.wantJSON(words)
        exit(StandardOutput.finish(await run(words, asJSON: asJSON), asJSON: asJSON))
    }

    private static func run(_ words: [String], asJSON: Bool) async -> Int32 {
        do {
            if let question = ShellQuestion(words) {
                try question.answer()
                return Status.done.rawValue
            }
            var command = try Arguments.command(words)
            try (command as? any PrintsItems)?.checkFields()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return Status.done.rawValue
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            return finish(error, asJSON: asJSON)
        }
    }

    private static func finish(_ error: any Error, asJSON: Bool) -> Int32 {
        // Help, versions and wrong arguments are the parser's; everything else is ours.
        let isParsers = !(error is Failure) && Lastgood.exitCode(for: error) != .failure
        guard isParsers else {
            let failure = Failure(error)
            failure.report(asJSON: asJSON)
            return failure.status.rawValue
        }
        if Lastgood.exitCode(for: error) == .success {
            print(Lastgood.fullMessage(for: error))
            return 0
        }
        let lines = Lastgood.fullMessage(for: error).split(separator: "\n")
        let failure = Failure(
            .usage, "\(lines.first ?? "")".replacing("Error: ", with: ""),
            mend: lines.dropFirst().joined(separator: "\n"))
        failure.report(asJSON: asJSON)
        return failure.status.rawValue
    }
}
