import Archive
import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model

struct DeployCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Deploy a release forward, through the gates.",
        discussion: """
            Exit status: 0 done, 3 blocked by a gate, 4 rolled back, 5 somebody else is at it.

            Example: lastgood deploy checkout 1.9.0 --to 'checkout/beta' --wait
            """)

    @Argument(help: ArgumentHelp("The application.", valueName: "app"), completion: Completions.applications)
    var application: String
    @Argument(help: ArgumentHelp("The release.", valueName: "release"), completion: Completions.releases)
    var release: String
    @Option(
        help: ArgumentHelp("Environments, by glob.", valueName: "selector"),
        completion: Completions.environments)
    var to: String
    @Option(
        help: ArgumentHelp("Only environments of this stage.", valueName: "name"), completion: Completions.stages)
    var stage: String?
    @Flag(help: "Stay until the bake is over.") var wait = false
    @Option(help: ArgumentHelp("Why; it is kept in the history.", valueName: "text")) var reason: String?
    @Flag(help: "Where a gate is closed, wait until it opens instead of ending with 3.") var queue = false
    @Option(help: ArgumentHelp("Go past closed gates; the reason is kept.", valueName: "reason"))
    var override: String?
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var application: String
        var environment: String
        var release: String
        var deployment: Int64
        var phase: Phase
        var reason: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case application, environment, release, deployment, phase, reason
        }
    }

    func run() async throws {
        try ReasonRule.check(reason)
        try ReasonRule.check(override, as: "--override")
        let session = try common.session()
        let registered = try session.release(release, of: application)
        let chosen = try session.environments(Selector(pattern: to, stage: stage)).filter {
            $0.address.application == application
        }
        guard !chosen.isEmpty else {
            throw Failure(.usage, "“\(to)” matches no environment of \(application)")
        }
        let artifact = registered.release.artifact
        // One that is gone may still lie unpacked.
        if !registered.release.isImage, FileManager.default.fileExists(atPath: artifact),
            let fault = Archive.fault(at: artifact)
        {
            throw Failure(.refused, fault, mend: "build it anew, and register it under a new name")
        }
        try session.ledger.makeReady(chosen.map(\.address))
        let revisions = CommitLookup.revisions(
            in: registered.release, waitedForBy: try session.states(chosen).map(\.1), session)
        try checkGates(session, chosen, registered, revisions)
        for environment in chosen { try warn(session, environment) }
        let isPipeline = ProcessInfo.processInfo.environment["CI"] != nil || isatty(STDIN_FILENO) == 0
        let entries = chosen.map { environment in
            let request = DeploymentRequest(
                release: release, releaseOrder: registered.order, trigger: isPipeline ? .pipeline : .person,
                reason: reason, waitsForGate: queue, gateOverride: override,
                revisions: revisions[environment.address] ?? [])
            return Entry(.environment(environment.address), .deploymentRequested(request))
        }
        let events = try session.ledger.append(entries, actor: userName(), at: .now, token: nil)
        if wait { return try await follow(session, chosen.map(\.address), events) }
        try await session.awaitCarried(chosen.map(\.address), askedWith: (events.first?.sequence ?? 1) - 1)
        let items = zip(chosen, events).map { environment, event in
            Item(
                application: application, environment: environment.address.environment, release: release,
                deployment: event.sequence, phase: .pending, reason: reason)
        }
        let isLed = try session.isLed()
        let process = isLed ? nil : try session.handOver()
        if try output.write("deployments", items: items, name: name) { return }
        for item in items { print("#\(item.deployment) \(application)/\(item.environment): \(release) asked for") }
        if let process { print("no lastgood process was acting here: process \(process) does it in the background") }
    }

    private func checkGates(
        _ session: Session, _ chosen: [Configuration.Environment], _ registered: RegisteredRelease,
        _ revisions: [EnvironmentAddress: [String]]
    ) throws {
        // Where nobody watches, what is known of alarms is old: whoever carries the deployment out looks first.
        guard override == nil, !queue, try session.isLed() else { return }
        let placed = try session.ledger.freezes()
        for environment in chosen {
            let reasons = gateReasons(
                try session.state(environment.address), application: try session.ledger.application(application),
                release: release, order: registered.order,
                freezes: session.frozen(environment.address, and: placed),
                revisions: revisions[environment.address] ?? [],
                surroundings: try session.surroundings(environment)
                // Who is at it is told when it is asked for.
            ).filter { $0.kind != .busy }.map(\.summary)
            guard reasons.isEmpty else {
                throw Failure(
                    .blocked, "\(environment.address) is blocked: \(reasons.joined(separator: "; "))",
                    mend: "wait for it with --queue, or go past it with --override REASON")
            }
        }
    }

    /// Says beforehand where it is waited for traffic, and where there is nothing good to go back to.
    private func warn(_ session: Session, _ environment: Configuration.Environment) throws {
        let address = environment.address
        let state = try session.state(address)
        guard state.liveRelease != nil else { return }
        let samples = try? SampleStore(besideLedger: session.ledger.path)
        if override == nil, try session.isLed(), let reason = session.traffic(environment, state, samples)?.reason {
            writeError("lastgood: \(address): \(reason.summary); it begins by itself, or at once with --override")
        }
        let back = state.backTo(try session.ledger.application(address.application), leaving: release)
        guard let back else {
            return writeError(
                "lastgood: \(address): no release was ever good here: if \(release) fails, it is not rolled back")
        }
        if let caveat = back.caveat {
            writeError("lastgood: \(address): if \(release) fails, it goes back to \(back.version), but \(caveat)")
        }
    }

    private func follow(_ session: Session, _ addresses: [EnvironmentAddress], _ events: [Event]) async throws {
        let follower = Follower(
            session: session, addresses: addresses, after: (events.first?.sequence ?? 1) - 1,
            isVerbose: output.isForPeople)
        let outcomes = try await follower.wait(forRollback: false)
        var status = Status.done
        var items: [Item] = []
        var problems: [String] = []
        for address in addresses {
            let deployment: Deployment
            switch outcomes[address] {
            case .ended(let ended), .inconclusive(let ended): deployment = ended
            case .refused(let reason):
                status = worse(status, .refused)
                problems.append("\(address): \(reason)")
                continue
            case nil: continue
            }
            status = worse(status, self.status(deployment))
            items.append(
                Item(
                    application: address.application, environment: address.environment, release: release,
                    deployment: deployment.id, phase: deployment.phase, reason: deployment.outcome))
            if self.status(deployment) != .done {
                let reason = deployment.bake?.inconclusiveBecause ?? deployment.outcome ?? ""
                problems.append("\(address): \(release) \(deployment.phase.inWords): \(reason)")
            }
        }
        _ = try output.write("deployments", items: items, name: name)
        if status != .done { throw Failure(status, problems.joined(separator: "\n")) }
    }

    private func name(_ item: Item) -> String { "\(item.application)/\(item.environment)" }

    private func status(_ deployment: Deployment) -> Status {
        switch deployment.phase {
        case .succeeded: .done
        case .rolledBack: .rolledBack
        case .cancelled where deployment.outcome?.hasPrefix("blocked") == true: .blocked
        case .cancelled where isNotCarried(deployment.outcome): .refused
        default: .failed
        }
    }

    private func worse(_ left: Status, _ right: Status) -> Status {
        let order: [Status] = [.done, .blocked, .refused, .rolledBack, .failed]
        return (order.firstIndex(of: left) ?? 0) > (order.firstIndex(of: right) ?? 0) ? left : right
    }
}
