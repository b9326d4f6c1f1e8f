import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct RollbackCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Roll environments back, to last good unless told otherwise.",
        discussion: """
            A rollback is never blocked by a gate. It prints the plan and asks first; without a terminal it needs \
            --yes. Several environments make a plan, which `lastgood plan` pauses, resumes and aborts: its waves come \
            one after the other, and where an environment fails, no further one is begun.

            Examples: lastgood rollback checkout/prod-eu
                      lastgood rollback '*/prod-*' --to 1.8.2 --reason 'leak' --wait --yes
                      lastgood rollback 'checkout/*' --without 1.9.0 --waves stages --max-parallel 2
            """)

    @Argument(
        help: ArgumentHelp("Environments, by glob.", valueName: "selector"),
        completion: Completions.environments)
    var selector: String
    @Option(
        name: .long, help: ArgumentHelp("Only environments of this stage.", valueName: "name"),
        completion: Completions.stages)
    var stage: String?
    @Option(help: ArgumentHelp("The release to go to.", valueName: "release"), completion: Completions.releases)
    var to: String?
    @Option(
        help: ArgumentHelp("Go to the newest good release before this one, in each environment.", valueName: "release"),
        completion: Completions.releases)
    var without: String?
    @Option(help: "How several environments are put into waves: together, stages (the last first), oneByOne.")
    var waves: PlanDraft.Waves = .together
    @Option(help: ArgumentHelp("How many environments are rolled back at once.", valueName: "number"))
    var maxParallel: Int?
    @Option(help: ArgumentHelp("Why; it is kept in the history.", valueName: "text")) var reason: String?
    @Flag(help: "Only print the plan.") var dryRun = false
    @Flag(help: "Stay until the environments run the target release.") var wait = false
    @Flag(name: [.long, .short], help: "Do not ask.") var yes = false
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var application: String
        var environment: String
        /// The number of the deployment that carries it out, once that has begun.
        var deployment: Int64?
        /// The plan that it is a step of, where there is one.
        var plan: Int64?
        var stage: String
        var from: String
        var to: String
        var isLastGood: Bool
        var goodSince: Timestamp?
        var strategy: String
        var how: String?
        var instances: Int
        var warnings: [String]
        var wave: Int?
        var phase: Phase?
        var reason: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case application, environment, deployment, plan, stage, from, to, isLastGood, goodSince, strategy,
                how, instances, warnings,
                wave, phase, reason
        }
    }

    func validate() throws {
        if to != nil, without != nil {
            throw ValidationError("--to and --without say different things; give one of them")
        }
        if let maxParallel, maxParallel < 1 { throw ValidationError("--max-parallel must be 1 or more") }
    }

    func run() async throws {
        try ReasonRule.check(reason)
        let session = try common.session()
        let chosen = try session.environments(Selector(pattern: selector, stage: stage))
        let draft = try propose(session, chosen)
        // What was asked for may be so already.
        if draft.proposals.isEmpty { return _ = try output.write("rollbacks", items: items(draft), name: name) }
        if output.isForPeople {
            write(draft)
            // Whoever looks before, or is asked, sees what makes it unsafe, as on the screen.
            if dryRun || mayAsk { for line in session.findings(draft.proposals) { print(visible(line)) } }
        }
        if dryRun { return try finishDryRun(session, draft) }
        try confirm(draft.proposals)
        let events = try session.ledger.append(try entries(draft), actor: userName(), at: .now, token: nil)
        if wait { return try await follow(session, draft, events) }
        let before = (events.first?.sequence ?? 1) - 1
        try await session.awaitCarried(draft.proposals.map(\.address), askedWith: before)
        let process = try session.isLed() ? nil : try session.handOver()
        let deployments = try await begun(session, draft, after: before)
        let items = draft.rows.compactMap { item($0, deployments[$0.address], plan: plan(events)) }
        if try output.write("rollbacks", items: items, name: name) { return }
        for proposal in draft.proposals {
            let number = deployments[proposal.address].map { "#\($0.id) " } ?? ""
            print("\(number)\(proposal.address): rollback to \(proposal.to) asked for")
        }
        if let plan = plan(events) { print("as plan #\(plan): `lastgood plan` shows it") }
        if let process { print("no lastgood process was acting here: process \(process) does it in the background") }
    }

    private func plan(_ events: [Event]) -> Int64? {
        if case .planMade? = events.first?.body { events[0].sequence } else { nil }
    }

    /// The deployments that carry the rollbacks out: whoever acts begins the first within moments.
    private func begun(
        _ session: Session, _ draft: PlanDraft, after sequence: Int64
    ) async throws -> [EnvironmentAddress: Deployment] {
        let deadline = ContinuousClock.now + .seconds(1)
        while true {
            var found: [EnvironmentAddress: Deployment] = [:]
            for address in draft.proposals.map(\.address) {
                let state = try session.ledger.environment(address)
                found[address] = [state?.takenBack, state?.deployment].compactMap(\.self).first {
                    $0.id > sequence && $0.isRollback
                }
            }
            if !found.isEmpty || ContinuousClock.now > deadline { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// One environment is asked for directly, several as a plan.
    private func entries(_ draft: PlanDraft) throws -> [Entry] {
        if draft.proposals.count == 1, let row = draft.rows.first(where: { $0.proposal != nil }) {
            // What was shown is what is ordered.
            let request = RollbackRequest(
                to: row.proposal?.to, order: row.order, leaving: row.proposal?.from, reason: reason)
            return [Entry(.environment(row.address), .rollbackRequested(request))]
        }
        let plan = draft.plan(
            maxParallel: maxParallel ?? draft.rows.count, reason: reason ?? "no reason given", suspect: without)
        return plan.map { [Entry(.ledger, .planMade($0))] } ?? []
    }

    /// What would be done, and whether the artifacts are there for it.
    private func finishDryRun(_ session: Session, _ draft: PlanDraft) throws {
        guard let plan = draft.plan(maxParallel: 1, reason: "", suspect: nil) else { return }
        let problems = try session.ledger.check(plan)
        let isWritten = try output.write("rollbackPlan", items: items(draft), name: name)
        if !isWritten, problems.isEmpty { print("dry run: every artifact is there; nothing was done") }
        guard problems.isEmpty else { throw Failure(.failed, problems.joined(separator: "\n")) }
    }

    private func propose(_ session: Session, _ chosen: [Configuration.Environment]) throws -> PlanDraft {
        try session.ledger.makeReady(chosen.map(\.address))
        let fleet = try session.ledger.fleet()
        let policies = Dictionary(chosen.map { ($0.address, $0.policy) }, uniquingKeysWith: { first, _ in first })
        var targets = PlanDraft.Targets.lastGood
        for application in Set(chosen.map(\.address.application)) {
            if let to { targets = .same(to, order: try session.release(to, of: application).order) }
            if let without { targets = .without(without, order: try session.release(without, of: application).order) }
        }
        let known = chosen.map(\.address).filter { fleet.environment($0) != nil }
        var wasLive: [EnvironmentAddress: Bool] = [:]
        if let to { for address in known { wasLive[address] = try session.ledger.wasLive(to, in: address) } }
        let draft = PlanDraft(known, fleet, policies, targets: targets, waves: waves, wasLive: { wasLive[$0] })
        let unknown = chosen.map(\.address).filter { fleet.environment($0) == nil }
        let refused = draft.rows.filter { $0.proposal == nil }
        if let busy = refused.first(where: { $0.refusal?.isBusy == true }) {
            throw Failure(
                .refused, "\(busy.address): \(busy.refusal?.reason ?? "")",
                mend: "it goes on; watch it with `lastgood status`")
        }
        // Of several environments, those with nothing to do are left out; where none is left, that is said.
        let left =
            refused.map { ($0.address, $0.refusal?.reason ?? "") }
            + unknown.map { ($0, "nothing was ever deployed here") }
        let areAllThere = unknown.isEmpty && refused.allSatisfy { $0.refusal?.cause == .thereAlready }
        guard !draft.proposals.isEmpty || areAllThere else {
            let instead = refused.compactMap { $0.refusal?.command }.first
            throw Failure(
                instead == nil ? .failed : .refused, left.map { "\($0.0): \($0.1)" }.joined(separator: "\n"),
                mend: instead.map { "to go there all the same: `\($0)`" })
        }
        for row in refused where row.refusal?.cause == .thereAlready && output.isForPeople {
            print("\(row.address): \(row.refusal?.reason ?? ""), nothing to do")
        }
        for row in refused where row.refusal?.cause != .thereAlready {
            writeError("lastgood: \(row.address) is left out: \(row.refusal?.reason ?? "")")
        }
        for address in unknown { writeError("lastgood: \(address) is left out: nothing was ever deployed here") }
        return draft
    }

    private func write(_ draft: PlanDraft) {
        let isPlan = draft.proposals.count > 1
        var table = Table((isPlan ? ["WAVE"] : []) + ["ENVIRONMENT", "STAGE", "FROM", "TO", "WHY THIS", "HOW"])
        for row in draft.rows {
            guard let proposal = row.proposal else { continue }
            table.add(
                (isPlan ? [String(row.wave)] : []) + [
                    proposal.address.description, proposal.stage, proposal.from, proposal.to,
                    proposal.why(now: .now),
                    "\(proposal.way.inWords), \(counted(proposal.instances, "instance"))",
                ])
        }
        table.write()
        for proposal in draft.proposals {
            if let how = proposal.way.sentence { print("· \(proposal.address): \(how)") }
            for warning in proposal.warnings { print("▲ \(proposal.address): \(warning)") }
        }
    }

    /// Whether there is somebody who is asked.
    private var mayAsk: Bool { !yes && isatty(STDIN_FILENO) == 1 }

    private func confirm(_ proposals: [RollbackProposal]) throws {
        if yes { return }
        guard mayAsk else {
            throw Failure(.usage, "nobody can be asked here", mend: "give --yes, or look first with --dry-run")
        }
        let count = proposals.count
        let what = "Roll back \(count == 1 ? "this environment" : "these \(count) environments")?"
        let word = wordToType(proposals)
        // Standard output is for what a script reads.
        let question = word.map { "\(what) This is production. Type \($0) to go: " } ?? "\(what) [y/N] "
        try StandardOutput.check()
        try? FileHandle.standardError.write(contentsOf: Data(question.utf8))
        let answer = readLine() ?? ""
        guard word.map({ $0 == answer }) ?? ["y", "yes"].contains(answer.lowercased()) else {
            throw Failure(.interrupted, "nothing was done")
        }
    }

    private func name(_ item: Item) -> String { "\(item.application)/\(item.environment)" }

    private func items(_ draft: PlanDraft) -> [Item] { draft.rows.compactMap { item($0) } }

    private func item(
        _ row: PlanDraft.Row, _ deployment: Deployment? = nil, plan: Int64? = nil, why: String? = nil
    ) -> Item? {
        guard let proposal = row.proposal else { return nil }
        return Item(
            application: proposal.address.application, environment: proposal.address.environment,
            deployment: deployment?.id, plan: plan,
            stage: proposal.stage, from: proposal.from, to: proposal.to, isLastGood: proposal.isLastGood,
            goodSince: proposal.isMarkedBad ? nil : proposal.toGoodSince,
            strategy: proposal.way.means == .exchange
                ? proposal.way.strategy.kind.rawValue : proposal.way.means.rawValue,
            how: proposal.way.sentence, instances: proposal.instances, warnings: proposal.warnings, wave: row.wave,
            phase: deployment?.phase,
            reason: deployment?.outcome ?? why)
    }

    private func follow(_ session: Session, _ draft: PlanDraft, _ events: [Event]) async throws {
        let rows = draft.rows.filter { $0.proposal != nil }
        let plan = plan(events)
        let follower = Follower(
            session: session, addresses: rows.map(\.address), after: (events.first?.sequence ?? 1) - 1, plan: plan,
            isVerbose: output.isForPeople)
        let outcomes = try await follower.wait(forRollback: true)
        var status = Status.done
        var items: [Item] = []
        var problems: [String] = []
        for row in rows {
            switch outcomes[row.address] {
            case .ended(let deployment):
                if let item = item(row, deployment, plan: plan) { items.append(item) }
                if deployment.release != row.proposal?.to {
                    // Somebody else's came first.
                    problems.append(
                        "\(row.address): it went to \(deployment.release) instead, by \(deployment.actor) "
                            + "(#\(deployment.id))")
                } else if deployment.phase == .succeeded {
                    continue
                } else {
                    problems.append("\(row.address): rollback failed: \(deployment.outcome ?? "")")
                }
            case .refused(let reason):
                if let item = item(row, plan: plan, why: reason) { items.append(item) }
                let state = try session.ledger.environment(row.address)
                if let to = row.proposal?.to, state?.isWhole(on: to) == true { continue }
                problems.append("\(row.address): \(reason)")
                if isNotCarried(reason), status == .done { status = .refused }
                if isNotCarried(reason) { continue }
            case .inconclusive, nil: problems.append("\(row.address): the rollback did not end")
            }
            status = .failed
        }
        _ = try output.write("rollbacks", items: items, name: name)
        if status != .done { throw Failure(status, problems.joined(separator: "\n")) }
    }
}

extension PlanDraft.Waves: ExpressibleByArgument {}
