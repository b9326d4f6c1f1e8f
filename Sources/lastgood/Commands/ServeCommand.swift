import ArgumentParser
import Controller
import Foundation
import Ledger
import Model
import Service

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Act without a screen, until it is stopped.",
        discussion: """
            Several may run on one ledger: one acts, the others stand by. Stopping it leaves all instances running; \
            what was begun is finished by the next lastgood process, to which it hands over at once.

            SIGHUP has it read its configuration again: environments that were added, removed or changed are taken up, \
            all others are not disturbed, and no instance is touched. What is wrong with it is told, and the one before \
            stays in force. The ledger cannot be changed while it runs.

            A service manager that sets $NOTIFY_SOCKET is told when it is ready, how it is, and that it goes on \
            ($WATCHDOG_USEC). Its log is on standard error.
            """)

    @Flag(help: "End when no deployment is under way.") var untilIdle = false
    @Option(help: "How the lines of the log are written: text or json.") var logFormat: LogFormat = .text
    @Option(help: "What is logged: error, warning, info, or with debug each step.") var logLevel: LogLevel = .info
    @Option(
        help: ArgumentHelp(
            "Answer /metrics and /healthz there: 127.0.0.1:PORT, [::1]:PORT or unix:PATH.", valueName: "address"))
    var listen: String?
    @Option(
        help: ArgumentHelp(
            "Answer there also who asks by this name, such as a proxy before it; may be given several times.",
            valueName: "name"))
    var answerTo: [String] = []
    @OptionGroup var common: CommonOptions

    func run() async throws {
        // Before anything that takes its time: a signal that comes early is meant for this process all the same.
        let ending = Interrupt([SIGINT, SIGTERM])
        // A service is told by it to read its configuration anew, and a shell that ends sends it to all that it started.
        let hangUp = Interrupt([SIGHUP])
        let variables = ProcessInfo.processInfo.environment
        // Whoever was started in the background by something that a manager runs is not what that manager asks after.
        let manager = untilIdle ? nil : ServiceManager(variables: variables, pid: getpid())
        ServiceManager.takeVariables()
        let log = ServiceLog(logFormat, logLevel, isJournal: ServiceLog.isJournal(variables))
        defer { log.flush() }
        if let socket = variables["NOTIFY_SOCKET"], !socket.isEmpty, !untilIdle, manager == nil {
            log.write(
                .warning,
                "no service manager is told how this is: $NOTIFY_SOCKET is “\(socket)”, no path and no abstract name")
        }
        do {
            let address = try address()
            let found = try Configuration.find(named: common.config, variables: variables)
            let configuration = try Configuration.load(found, variables: variables)
            let isNew = !FileManager.default.fileExists(atPath: configuration.ledger)
            let session = try Session(configuration: configuration) { log.write(.warning, $0) }
            if isNew { log.write(.info, "the ledger \(configuration.ledger) is new, and nothing is known yet") }
            log.write(.info, "serving \(counted(configuration.environments.count, "environment"))")
            let service = try RunningService(session, log, manager, listen: address, names: answerTo)
            try await service.run(until: untilIdle ? .idle : .stopped, ending: ending, hangUp: hangUp)
        } catch {
            // Whoever reads lines of JSON gets no others.
            guard logFormat == .json else { throw error }
            let failure = Failure(error)
            log.write(.error, [failure.message, failure.mend].compactMap { $0 }.joined(separator: "; "))
            throw ExitCode(failure.status.rawValue)
        }
    }

    private func address() throws -> ListenAddress? {
        do { return try listen.map { try ListenAddress(written: $0) } } catch let refusal as ListenAddress.Refusal {
            throw Failure(.usage, "--listen: \(refusal.message)", mend: refusal.mend)
        }
    }
}
