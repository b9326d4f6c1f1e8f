import ArgumentParser
import Controller
import Foundation
import Ledger
import Model
import Synchronization
import Targets

extension Scenario: ExpressibleByArgument {}

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run a real fleet on this machine, and watch it.",
        discussion: """
            It makes a git repository, artifacts and a configuration in a folder, starts real processes and real load, \
            and deploys good and bad releases with the same commands as anybody. Act at any time: the story waits. \
            Leaving it stops every process that it started. In a folder where a demo was before, it begins anew and \
            moves aside what that one left.
            """)

    @Option(
        help: ArgumentHelp("The folder; a temporary one where it is left out.", valueName: "dir"),
        completion: .directory)
    var dir: String?
    @Flag(help: "Without a screen: print each event as a JSON line; exit 0 only if the story ends as it must.")
    var headless = false
    @Option(help: "Play only this.") var scenario: Scenario?
    @Option(help: ArgumentHelp("How much faster than usual the story's clock runs.", valueName: "x"))
    var speed = 1.0
    @Option(
        help: ArgumentHelp("The theme of the dashboard.", valueName: "name"),
        completion: Completions.themes)
    var theme: String?

    func validate() throws {
        guard speed >= 0.1, speed <= 4 else { throw ValidationError("--speed is from 0.1 to 4.") }
    }

    func run() async throws {
        if !headless, isatty(STDOUT_FILENO) == 0 {
            throw Failure(.usage, "the dashboard needs a terminal", mend: "without one: lastgood demo --headless")
        }
        try checkPrograms()
        let folder = URL(
            fileURLWithPath: dir ?? "\(NSTemporaryDirectory())/lastgood-demo-\(getpid())"
        ).standardizedFileURL.path
        let anew = try await DemoFolder(path: folder).beginAnew { await stopEverything($0).failures }
        if let anew { headless ? writeError("lastgood: \(anew)") : print(anew) }
        if !headless { print("preparing a repository with \(DemoSource.commits.count) commits in \(folder) …") }
        let fleet = try DemoFleet(folder: folder, speed: speed, scenarios: scenarios)
        try fleet.build()
        let session = try Session(named: fleet.configurationPath)
        let load = try fleet.startLoad()
        let result: Result<Void, any Error>
        do {
            headless ? try await runHeadless(fleet, session) : try await runDashboard(fleet, session)
            result = .success(())
        } catch { result = .failure(error) }
        // It keeps nothing, and is gone before this process is.
        kill(load.processIdentifier, SIGKILL)
        load.waitUntilExit()
        let (count, failures) = await stopEverything(session)
        for failure in failures { writeError("lastgood: \(failure)") }
        let report =
            "stopped \(counted(count, "process", plural: "processes"))\(failures.isEmpty ? "" : ", and not all"); \(folder) is left, with the repository, artifacts, logs and the ledger"
        if headless {
            writeError(report)
        } else {
            print(report)
            print("open it again: lastgood --config \(fleet.configurationPath)   remove it: rm -r \(folder)")
        }
        try result.get()
        if !failures.isEmpty {
            throw Failure(.failed, "not everything that was started was stopped", mend: "stop it by hand")
        }
    }

    /// What is to be played; with a screen, and unless one is asked for, the whole story again and again.
    private var scenarios: [Scenario] { scenario.map { [$0] } ?? (headless ? Scenario.allCases : DemoStory.order) }

    /// What the demo's service is made of and written in.
    private func checkPrograms() throws {
        let missing = ["git", "python3"].filter { !isInSearchPath($0) }
        if missing.isEmpty { return }
        throw Failure(
            .failed, "the demo needs git and python3, and there is no \(missing.joined(separator: ", no "))",
            mend: "install it: apt-get install \(missing.joined(separator: " "))")
    }

    // MARK: with a screen

    private func runDashboard(_ fleet: DemoFleet, _ session: Session) async throws {
        let opening = try DashboardOpening(
            path: fleet.configurationPath, variables: ProcessInfo.processInfo.environment)
        let ended = Mutex<Failure?>(nil)
        let wasInterrupted = try await opening.run(isReadOnly: false, theme: theme, leavesWork: false) { audience in
            let story = DemoStory(fleet: fleet, ledger: session.ledger, audience: audience)
            do {
                guard let scenario else { return try await story.tell() }
                try await story.begin()
                if let said = try await story.play(scenario, as: scenario.release) { audience.say(said) }
            } catch {
                // Whoever leaves cuts the story short.
                if Task.isCancelled { return }
                let failure = Failure(error)
                ended.withLock { $0 = failure }
                audience.say("the story has ended: \(failure.message)")
            }
        }
        if let failure = ended.withLock({ $0 }) { throw failure }
        if wasInterrupted { throw ExitCode(Status.interrupted.rawValue) }
    }

    // MARK: without one

    private func runHeadless(_ fleet: DemoFleet, _ session: Session) async throws {
        let controller = try session.controller()
        let running = Task { await controller.run(until: .stopped) }
        let printing = Task { try await printEvents(session) }
        let interrupt = Interrupt()
        let story = DemoStory(fleet: fleet, ledger: session.ledger)
        let telling = Task {
            try await story.begin()
            for scenario in scenarios {
                if let said = try await story.play(scenario, as: scenario.release) { writeError(said) }
            }
        }
        let watching = Task {
            while !Task.isCancelled {
                if interrupt.isSet { telling.cancel() }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        let outcome = await telling.result
        watching.cancel()
        // What was said last is printed before the end.
        try? await Task.sleep(for: .milliseconds(200))
        printing.cancel()
        await controller.stop()
        await running.value
        if interrupt.isSet { throw Failure(.interrupted, "interrupted") }
        try outcome.get()
    }

    private func printEvents(_ session: Session) async throws {
        var query = EventQuery()
        while !Task.isCancelled {
            let events = try session.ledger.events(query)
            for event in events { print(try JSON.line(EventLine(event))) }
            query.after = events.last?.sequence ?? query.after
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: leaving

    /// Stops all instances, by asking first.
    /// - Returns: how many there were, and what could not be stopped.
    private func stopEverything(_ session: Session) async -> (count: Int, failures: [String]) {
        var count = 0
        var failures: [String] = []
        let mark: LedgerMark
        do { mark = try session.ledger.mark() } catch { return (0, [Failure(error).message]) }
        await withTaskGroup(of: Result<Int, TargetError>.self) { group in
            for environment in session.configuration.environments {
                group.addTask {
                    let target = LocalTarget(
                        address: environment.address, specification: environment.target, ledger: mark)
                    do throws(TargetError) { return .success(try await target.stopAll()) } catch {
                        return .failure(error)
                    }
                }
            }
            for await result in group {
                switch result {
                case .success(let stopped): count += stopped
                case .failure(let error): failures.append(error.description)
                }
            }
        }
        return (count, failures)
    }
}
