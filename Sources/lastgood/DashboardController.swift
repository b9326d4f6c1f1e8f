import Controller
import Foundation
import Ledger
import Model

/// Acts beside a dashboard for as long as that is open.
///
/// A controller ends where its ledger is taken away. A screen stays, and shows the ledger once it is there again: then a
/// new controller acts for that, as at the start.
actor DashboardController {
    private let configuration: Configuration
    private let mailbox: Mailbox
    private(set) var session: Session
    private var controller: Controller
    private var goal = Controller.Goal.stopped
    private var isEnding = false

    /// How often it is looked whether the ledger is there again.
    private static let pause: Duration = .milliseconds(500)

    init(configuration: Configuration, mailbox: Mailbox) throws {
        self.configuration = configuration
        self.mailbox = mailbox
        session = try Session(configuration: configuration)
        controller = try session.controller()
    }

    var isLeader: Bool { get async { await controller.isLeader } }

    /// Acts until ``end(_:)`` is called, or for good reasons by itself.
    func run() async {
        while !isEnding {
            reportProblems(of: controller)
            await controller.run(until: goal)
            guard await controller.ledgerLost != nil else { return }
            while !isEnding, !reopen() { try? await Task.sleep(for: Self.pause) }
        }
    }

    /// Has ``run()`` end soon, or once nothing is under way.
    func end(_ goal: Controller.Goal) async {
        isEnding = true
        self.goal = goal
        if goal == .idle { await controller.finish(when: .idle) } else { await controller.stop() }
    }

    /// Where it cannot be opened, the screen says why.
    /// - Returns: whether the ledger is there again; none is made in its place.
    private func reopen() -> Bool {
        guard FileManager.default.fileExists(atPath: configuration.ledger),
            let session = try? Session(configuration: configuration, tell: { _ in }),
            let controller = try? session.controller()
        else { return false }
        (self.session, self.controller) = (session, controller)
        return true
    }

    /// Shows what goes wrong outside of any deployment.
    private func reportProblems(of controller: Controller) {
        let mailbox = mailbox
        Task { [weak controller] in
            var last: Problems.Problem?
            while let known = controller {
                if let problem = known.problems.last, problem != last {
                    last = problem
                    mailbox.post(.notice("▲ \(problem.text)"))
                }
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
