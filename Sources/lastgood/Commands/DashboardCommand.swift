import ArgumentParser
import CProcess
import Calendars
import Controller
import Dashboard
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Open the dashboard (what lastgood does without a subcommand).",
        discussion: "Press ? in it for its keys.")

    @Flag(name: [.customLong("readonly")], help: "Only watch: never act, never ask for anything.")
    var readOnly = false
    @Option(
        help: ArgumentHelp("The theme; `lastgood themes` lists them.", valueName: "name"),
        completion: Completions.themes)
    var theme: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let variables = ProcessInfo.processInfo.environment
        let path = try Configuration.find(named: common.config, variables: variables)
        let opening = try DashboardOpening(path: path, variables: variables)
        if try await opening.run(isReadOnly: readOnly, theme: theme) { throw ExitCode(Status.interrupted.rawValue) }
    }
}

/// Opens the dashboard over a configuration, and acts beside it.
struct DashboardOpening {
    private let path: String
    private let variables: [String: String]
    /// `nil` while a large configuration is still being read.
    private let configuration: Configuration?
    private let ledgerPath: String
    private let access: LedgerAccess
    private let themeName: String?
    private let window: Duration?

    /// A configuration larger than this is read while the first picture is already shown.
    private static let largeFile = 128 << 10

    init(path: String, variables: [String: String]) throws {
        self.path = path
        self.variables = variables
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        if size > Self.largeFile, let outline = Configuration.outline(path, variables: variables) {
            configuration = nil
            ledgerPath = outline.ledger
            access = outline.ledgerAccess
            themeName = outline.dashboard.theme
            window = outline.dashboard.window
        } else {
            let loaded = try Configuration.load(path, variables: variables)
            configuration = loaded
            ledgerPath = loaded.ledger
            access = loaded.ledgerAccess
            themeName = loaded.dashboard.theme
            window = loaded.dashboard.window
        }
    }

    /// - Parameters:
    ///   - leavesWork: whether what is under way at the end goes on in the background.
    ///   - beside: what goes on beside the screen until it is left.
    /// - Returns: whether it was interrupted.
    func run(
        isReadOnly: Bool, theme: String?, leavesWork: Bool = true,
        beside: @escaping @Sendable (Audience) async -> Void = { _ in }
    ) async throws -> Bool {
        let mailbox = Mailbox()
        let audience = Audience(mailbox: mailbox)
        let feed = Feed(ledgerPath: ledgerPath, access: access, mailbox: mailbox)
        feed.start()
        let library = ThemeLibrary(variables: variables)
        let window = window
        let console = Console(
            feed: feed, desk: CompareDesk(configurationPath: path, variables: variables, mailbox: mailbox),
            mailbox: mailbox, library: library, themeName: theme ?? themeName, audience: audience,
            initial: { size in
                ViewState(
                    size: size, user: userName(), isReadOnly: isReadOnly, leavesWork: leavesWork, window: window)
            })
        let other = Task { await beside(audience) }
        defer { other.cancel() }
        async let ending = console.run()
        let (configurations, read) = AsyncStream.makeStream(of: Configuration.self)
        let freezes = Task { for await read in configurations { await tellFreezes(of: read, mailbox) } }
        defer { freezes.cancel() }
        let acting = Task.detached { try await act(feed, mailbox, isReadOnly: isReadOnly, read: read) }
        // A configuration that turns out to be faulty ends the screen.
        let watch = Task {
            if case .failure = await acting.result { mailbox.close() }
        }
        let how = await ending
        other.cancel()
        for order in await feed.stop() { writeError("lastgood: \(order)") }
        watch.cancel()
        if case .failed(let failure) = how {
            if let controller = try? await acting.value { await end(controller, .stopped) }
            throw failure
        }
        let acted = try await acting.value
        let wasInterrupted = if case .interrupted = how { true } else { false }
        guard let acted else { return wasInterrupted }
        if case .hungUp = how, leavesWork {
            // Nobody sees it any more; what is under way goes on to its end all the same.
            await end(acted, .idle)
        } else {
            let mustHandOver = await acted.controller.isLeader
            await end(acted, .stopped)
            if mustHandOver, leavesWork { try handOver(await acted.controller.session) }
        }
        return wasInterrupted
    }

    private struct Acting: Sendable {
        var controller: DashboardController
        var running: Task<Void, Never>
    }

    /// - Parameter read: is told the configuration.
    private func act(
        _ feed: Feed, _ mailbox: Mailbox, isReadOnly: Bool, read: AsyncStream<Configuration>.Continuation
    ) async throws -> Acting? {
        // The first picture needs the processor more than a large configuration does.
        while configuration == nil, !feed.isLoaded { try await Task.sleep(for: .milliseconds(5)) }
        let configuration = try configuration ?? Configuration.load(path, variables: variables)
        let policies = configuration.environments.map { ($0.address, $0.policy) }
        mailbox.post(.policies(Dictionary(policies, uniquingKeysWith: { first, _ in first })))
        read.yield(configuration)
        process_trim_memory()
        if isReadOnly { return nil }
        let controller = try DashboardController(configuration: configuration, mailbox: mailbox)
        return Acting(controller: controller, running: Task { await controller.run() })
    }

    /// Tells the screen which freezes are in force, as they begin and end.
    private func tellFreezes(of configuration: Configuration, _ mailbox: Mailbox) async {
        let book = FreezeBook(configuration.freezes)
        var told: [EnvironmentAddress: [FreezeInForce]] = [:]
        let zone = ZoneDatabase.ofUser()
        var times: ConfiguredFreezes?
        while !Task.isCancelled {
            let ahead = ConfiguredFreezes(book, at: .now)
            if ahead != times { mailbox.post(.freezeTimes(ahead, zone: zone)) }
            times = ahead
            if book.rules.isEmpty { return mailbox.post(.freezes([:])) }
            let frozen = book.inForce(in: configuration.environments.map(\.address), at: .now)
            if frozen != told { mailbox.post(.freezes(frozen)) }
            told = frozen
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func end(_ acting: Acting, _ goal: Controller.Goal) async {
        await acting.controller.end(goal)
        await acting.running.value
    }

    private func handOver(_ session: Session) throws {
        let fleet = try session.ledger.fleet()
        let active = fleet.environments.values.filter { $0.activeDeployment != nil || $0.pendingRollback != nil }
        let plans = fleet.plans.filter { $0.control == .running }.map { "plan #\($0.id)" }
        guard !active.isEmpty || !plans.isEmpty, try !session.isLed() else { return }
        let names = (plans + active.map(\.address.description).sorted()).prefix(5).joined(separator: ", ")
        print("what is under way (\(names)) goes on in process \(try session.handOver())")
    }
}
