import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Roll environments back, to last good unless told otherwise.",
        discussion: """
            A rollback is never blocked by a gate. It prints the plan and asks first; without a terminal it needs \
            --yes.

            Examples: lastgood rollback checkout/prod-eu
                      lastgood rollback '*/prod-*' --to 1.8.2 --reason 'leak' --wait --yes
            """)

    @Argument(
        help: ArgumentHelp("Environments, by glob.", valueName: "selector"),
        completion: .custom { _, _, _ in environmentNames() })
    var selector: String
    @Option(name: .long, help: ArgumentHelp("Only environments of this stage.", valueName: "name"))
    var stage: String?
    @Option(help: ArgumentHelp("The release to go to.", valueName: "release")) var to: String?
    @Option(help: ArgumentHelp("Why; it is kept in the history.", valueName: "text")) var reason: String?
    @Flag(help: "Only print the plan.") var dryRun = false
    @Flag(help: "Stay until the environments run the target release.") var wait = false
    @Flag(name: [.long, .short], help: "Do not ask.") var yes = false
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    private struct Item: Encodable {
        var application: String
        var environment: String
        var stage: String
        var from: String
        var to: String
        var isLastGood: Bool
        var goodSince: Timestamp?
        var strategy: String
        var instances: Int
        var warnings: [String]
        var phase: Phase?
        var reason: String?
    }

    func run() async throws {
        let session = try common.session()
        let chosen = try session.environments(Selector(pattern: selector, stage: stage))
        let proposals = try propose(session, chosen)
        let isTable = output.output == .table
        if isTable { write(proposals) }
        if dryRun {
            if !isTable { try JSON.write("rollbackPlan", items: proposals.map { item($0) }) }
            return
        }
        try confirm(proposals)
        let entries = try proposals.map { proposal in
            let order = try session.ledger.release(proposal.to, of: proposal.address.application)?.order ?? 0
            let request = RollbackRequest(to: to, order: to == nil ? 0 : order, reason: reason)
            return Entry(.environment(proposal.address), .rollbackRequested(request))
        }
        let events = try session.ledger.append(entries, actor: userName(), at: .now, token: nil)
        if wait { return try await follow(session, proposals, events) }
        let process = try session.isLed() ? nil : try session.handOver()
        if !isTable { return try JSON.write("rollbacks", items: proposals.map { item($0) }) }
        for proposal in proposals { print("\(proposal.address): rollback to \(proposal.to) asked for") }
        if let process { print("no lastgood process was acting here: process \(process) does it in the background") }
    }

    private func propose(
        _ session: Session, _ chosen: [Configuration.Environment]
    ) throws -> [RollbackProposal] {
        var proposals: [RollbackProposal] = []
        var refusals: [(EnvironmentAddress, RollbackRefusal)] = []
        for environment in chosen {
            let address = environment.address
            if let to { _ = try session.release(to, of: address.application) }
            let application = try session.ledger.application(address.application)
            switch proposeRollback(
                try session.state(address), application: application, policy: environment.policy, to: to)
            {
            case .success(let proposal): proposals.append(proposal)
            case .failure(let refusal): refusals.append((address, refusal))
            }
        }
        if let busy = refusals.first(where: \.1.isBusy) {
            throw Failure(.refused, "\(busy.0): \(busy.1.reason)", mend: "it goes on; watch it with `lastgood status`")
        }
        // Of several environments, those with nothing to do are left out; where none is left, that is said.
        guard !proposals.isEmpty else {
            throw Failure(.failed, refusals.map { "\($0.0): \($0.1.reason)" }.joined(separator: "\n"))
        }
        for (address, refusal) in refusals { writeError("lastgood: \(address) is left out: \(refusal.reason)") }
        return proposals
    }

    private func write(_ proposals: [RollbackProposal]) {
        var table = Table(["ENVIRONMENT", "STAGE", "FROM", "TO", "WHY THIS", "HOW"])
        for proposal in proposals {
            let good = proposal.toGoodSince.map { ", good \((Timestamp.now - $0).inWords) ago" } ?? ""
            table.add([
                proposal.address.description, proposal.stage, proposal.from, proposal.to,
                (proposal.isLastGood ? "last good" : "chosen") + good,
                "\(proposal.strategy.kind.inWords), \(proposal.instances) instances",
            ])
        }
        table.write()
        for proposal in proposals {
            for warning in proposal.warnings { print("▲ \(proposal.address): \(warning)") }
        }
    }

    private func confirm(_ proposals: [RollbackProposal]) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure(.usage, "nobody can be asked here", mend: "give --yes, or look first with --dry-run")
        }
        let count = proposals.count
        print("Roll back \(count == 1 ? "this environment" : "these \(count) environments")? [y/N] ", terminator: "")
        fflush(nil)
        guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
            throw Failure(.interrupted, "nothing was done")
        }
    }

    private func item(_ proposal: RollbackProposal, _ deployment: Deployment? = nil, _ why: String? = nil) -> Item {
        Item(
            application: proposal.address.application, environment: proposal.address.environment,
            stage: proposal.stage, from: proposal.from, to: proposal.to, isLastGood: proposal.isLastGood,
            goodSince: proposal.toGoodSince, strategy: proposal.strategy.kind.rawValue,
            instances: proposal.instances, warnings: proposal.warnings, phase: deployment?.phase,
            reason: deployment?.outcome ?? why)
    }

    private func follow(_ session: Session, _ proposals: [RollbackProposal], _ events: [Event]) async throws {
        let follower = Follower(
            session: session, addresses: proposals.map(\.address), after: (events.first?.sequence ?? 1) - 1,
            isVerbose: output.output == .table)
        let outcomes = try await follower.wait(forRollback: true)
        var isDone = true
        var items: [Item] = []
        for proposal in proposals {
            switch outcomes[proposal.address] {
            case .ended(let deployment):
                items.append(item(proposal, deployment))
                if deployment.phase == .succeeded { continue }
                writeError("lastgood: \(proposal.address): rollback failed: \(deployment.outcome ?? "")")
            case .refused(let reason):
                items.append(item(proposal, nil, reason))
                writeError("lastgood: \(proposal.address): \(reason)")
            case .inconclusive, nil: break
            }
            isDone = false
        }
        if output.output == .json { try JSON.write("rollbacks", items: items) }
        if !isDone { throw ExitCode(Status.failed.rawValue) }
    }
}
