import Controller
import Foundation
import Ledger
import Model
import Service

/// A controller as a service: it tells its manager and its log how it is, answers those who measure it, and takes up
/// another configuration when it is told to.
final class RunningService: Sendable {
    private let controller: Controller
    private let census: LedgerCensus
    private let reload: ConfigurationReload
    private let log: ServiceLog
    private let manager: ServiceManager?
    private let listener: Listener?

    /// How often signals are looked for, and whether there is something to tell.
    private static let pause: Duration = .milliseconds(100)
    /// How many of them it takes a manager at the most to hear that this is ready.
    private static let mostFailures = 20

    /// - Parameters:
    ///   - address: where those who measure it are answered; `nil` where nobody is.
    ///   - names: the names by which they may ask there besides those of loopback.
    init(
        _ session: Session, _ log: ServiceLog, _ manager: ServiceManager?, listen address: ListenAddress?,
        names: [String]
    ) throws {
        controller = try session.controller()
        census = try LedgerCensus(session.configuration, courier: controller.courier)
        reload = ConfigurationReload(session, controller, census, log)
        self.log = log
        self.manager = manager
        let (controller, census, reload, startedAt) = (controller, census, reload, Timestamp.now)
        do {
            listener = try address.map { address in
                try Listener(address, names: names) { request in
                    Self.answer(request, controller, census, reload.outcome, startedAt)
                }
            }
        } catch let failure as Listener.Failure {
            throw Failure(
                .failed, failure.description, mend: "give it another address with --listen, or end who has it")
        }
        if let listener { log.write(.info, "answers at \(listener.address): /metrics, /healthz") }
    }

    private static func answer(
        _ request: Request, _ controller: Controller, _ census: LedgerCensus, _ outcome: ConfigurationReload.Outcome,
        _ startedAt: Timestamp
    ) -> Response {
        let (vitals, counted, now) = (controller.vitals.reading, census.reading, MachineClock().uptime)
        switch request.path {
        case "/metrics":
            let metrics = ServiceMetrics(
                version: Lastgood.versionNumber, startedAt: startedAt, vitals: vitals,
                problems: controller.problems.counts, census: counted, configuration: outcome, now: now)
            return Response(contentType: MetricsPage.contentType, body: metrics.page.text)
        case "/healthz":
            let health = ServiceHealth(
                lastRound: vitals.lastRound, ledgerAnswered: counted.answeredAt, ledgerProblem: counted.problem)
            let troubles = health.troubles(at: now)
            guard !troubles.isEmpty else { return Response(body: "ok: \(serviceStatus(vitals, counted))\n") }
            return Response(status: 503, body: troubles.map { "\(visible($0))\n" }.joined())
        default: return Response(status: 404, body: "there is /metrics and /healthz\n")
        }
    }

    /// Runs until the goal is reached, or one of the signals ends it.
    func run(until goal: Controller.Goal, ending: Interrupt, hangUp: Interrupt) async throws {
        let (log, manager) = (log, manager)
        await reload.tellDoubts()
        await controller.follow(
            by: Onlooker(
                onRound: { manager?.noteRound(at: MachineClock().uptime) },
                onEvents: { events in for event in events { log.write(LogRecord(event)) } }))
        await withDiscardingTaskGroup { group in
            group.addTask { await self.census.run() }
            group.addTask { await self.tellOn(ending) }
            group.addTask { await self.reloadOn(hangUp) }
            await controller.run(until: goal)
            group.cancelAll()
        }
        manager?.tell(.stopping)
        listener?.stop()
        if let lost = await controller.ledgerLost { throw lost }
        log.write(.info, "ended; all instances go on running")
    }

    /// Tells what is new until the task is cancelled, and ends the controller when it is told to.
    private func tellOn(_ ending: Interrupt) async {
        var told = Told()
        while !Task.isCancelled {
            if ending.isSet, !told.isEnding {
                told.isEnding = true
                log.write(.info, "stopping, and handing over what is under way")
                manager?.tell(.stopping, .status("stopping"))
                await controller.stop()
            }
            tell(&told)
            try? await Task.sleep(for: Self.pause)
        }
        tell(&told)
    }

    /// What was told last.
    private struct Told {
        var isLeading: Bool?
        var isReady = false
        /// How often nobody has taken in that it is.
        var failures = 0
        var isEnding = false
        var status = ""
        var problem = 0
    }

    private func tell(_ told: inout Told) {
        let vitals = controller.vitals.reading
        if vitals.isSettled, told.isLeading != vitals.isLeading, !told.isEnding {
            log.write(.info, vitals.isLeading ? "acting" : "standing by")
            told.isLeading = vitals.isLeading
        }
        for problem in controller.problems.after(told.problem) {
            log.write(LogRecord(problem))
            told.problem = problem.number
        }
        guard let manager, !told.isEnding else { return }
        let status = serviceStatus(vitals, census.reading)
        if status != told.status, manager.tell(.status(status)) { told.status = status }
        if vitals.isSettled, !told.isReady {
            told.isReady = manager.tell(.ready)
            told.failures += told.isReady ? 0 : 1
            // One that is slow has some more time; it is told again in any case.
            if !told.isReady, told.failures == Self.mostFailures {
                log.write(
                    .warning, "the service manager does not hear that this is ready: nobody takes it at $NOTIFY_SOCKET")
            }
        }
    }

    /// Takes the configuration up again whenever it is told to, until the task is cancelled.
    private func reloadOn(_ hangUp: Interrupt) async {
        while !Task.isCancelled {
            // Whoever is not ready yet would say so by saying that it is ready again.
            if controller.vitals.reading.isSettled, hangUp.take() {
                manager?.tell(.reloading(at: ServiceManager.monotonicTime), .status("reading the configuration again"))
                await reload.reload()
                manager?.tell(.ready, .status(serviceStatus(controller.vitals.reading, census.reading)))
            }
            try? await Task.sleep(for: Self.pause)
        }
    }
}
