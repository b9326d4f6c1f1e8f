import ArgumentParser
import Controller
import Foundation
import Ledger
import Model
import Terminal

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Act without a screen, until it is stopped.",
        discussion: """
            Several may run on one ledger: one acts, the others stand by. Stopping it leaves all instances running; \
            what was begun is finished by the next lastgood process. SIGHUP does not end it: the configuration is read \
            at the start only.
            """)

    @Flag(help: "End when no deployment is under way.") var untilIdle = false
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = try common.session()
        let controller = try session.controller()
        let interrupt = Interrupt([SIGINT, SIGTERM])
        // A service is told by it to read its configuration anew, and a shell that ends sends it to all that it started.
        let hangUp = Interrupt([SIGHUP])
        print("\(Timestamp.now.rfc3339)  serving \(counted(session.configuration.environments.count, "environment"))")
        // Said at once, and not when something is to be done there.
        for (address, objection) in session.configuration.objections(to: try session.ledger.mark()) {
            writeError(visible("\(Timestamp.now.rfc3339)  \(address): \(objection)"))
        }
        let watch = Task {
            var wasLeader = false
            var toldProblems = 0
            while !Task.isCancelled {
                if interrupt.isSet { await controller.stop() }
                if hangUp.take() {
                    print(
                        "\(Timestamp.now.rfc3339)  SIGHUP: goes on with the configuration that it has; "
                            + "a restart reads it anew, and leaves all instances running")
                }
                let isLeader = await controller.isLeader
                if isLeader != wasLeader {
                    print("\(Timestamp.now.rfc3339)  \(isLeader ? "acting" : "standing by")")
                    wasLeader = isLeader
                }
                for problem in controller.problems.after(toldProblems) {
                    writeError(visible("\(problem.time.rfc3339)  \(problem.text)"))
                    toldProblems = problem.number
                }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        await controller.run(until: untilIdle ? .idle : .stopped)
        watch.cancel()
        if let lost = await controller.ledgerLost { throw lost }
    }
}
