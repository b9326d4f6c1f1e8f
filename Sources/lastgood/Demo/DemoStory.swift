import Controller
import Foundation
import Ledger
import Model
import Targets

/// Tells the demo's story with the commands that everybody uses, as a pipeline and as a person would.
struct DemoStory: Sendable {
    let fleet: DemoFleet
    let ledger: SQLiteLedger
    /// The person before it, who may want to act first; `nil` where nobody looks on.
    var audience: Audience?

    /// As whom the story acts.
    static let pipeline = "pipeline"
    static let person = "ana (demo)"
    private static let base = "1.8.0"
    private static let later = "1.8.2"

    // MARK: acting

    private func lastgood(_ words: [String], actor: String) async throws {
        // What a person has under their eyes is not changed by the story.
        await audience?.hasDecided()
        try Task.checkCancellation()
        let arguments = [Background.executable] + words + ["--config", fleet.configurationPath]
        let environment = ["env", "LASTGOOD_ACTOR=\(actor)"] + (actor == Self.pipeline ? ["CI=1"] : [])
        try await Task.detached { _ = try Tool.run(environment + arguments) }.value
    }

    private func pause(_ seconds: Double) async {
        try? await Task.sleep(for: .milliseconds(Int64(seconds * 1000 / fleet.speed)))
        await audience?.hasDecided()
    }

    private func address(_ environment: String) -> EnvironmentAddress {
        EnvironmentAddress(application: DemoSource.application, environment: environment)
    }

    /// Registers the releases, and puts the first ones everywhere.
    func begin() async throws {
        for version in DemoSource.all { try await register(version, as: version) }
        let places = fleet.places.map(\.environment)
        try await deploy(Self.base, to: places, reason: "the shop opens")
        try await settle(places)
    }

    private func register(_ version: String, as name: String) async throws {
        try await lastgood(
            [
                "register", DemoSource.application, name, "--revision", try fleet.revision(version), "--artifact",
                fleet.artifact(version), "--dependencies", "poetry.lock",
            ], actor: Self.pipeline)
    }

    private func deploy(_ release: String, to environments: [String], reason: String) async throws {
        for environment in environments {
            try await lastgood(
                [
                    "deploy", DemoSource.application, release, "--to", address(environment).description, "--reason",
                    reason, "--queue",
                ], actor: Self.pipeline)
        }
    }

    /// Waits until nothing is under way in the environments.
    private func settle(_ environments: [String]) async throws {
        for environment in environments {
            try await wait(for: "the end of what is under way in \(environment)") {
                guard let state = try ledger.environment(address(environment)) else { return false }
                return state.activeDeployment == nil && state.pendingRollback == nil
            }
        }
    }

    /// - Throws: where it does not come about in more time than the story can need.
    private func wait(for what: String, _ condition: () throws -> Bool) async throws {
        var deadline = ContinuousClock.now + .seconds(120)
        while try !condition() {
            // Whoever decides takes as long as it takes.
            if audience?.isDeciding == true { deadline = .now + .seconds(120) }
            guard ContinuousClock.now < deadline else {
                throw Failure(.failed, "the story waits in vain for \(what)", mend: "look at `lastgood events`")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: the story

    /// Plays one scenario to its end.
    /// - Parameter name: what its release is called; another name each time, as each build has.
    /// - Returns: what is worth being told of its end.
    /// - Throws: ``Failure`` where it did not end as it must.
    @discardableResult
    func play(_ scenario: Scenario, as name: String) async throws -> String? {
        let before = try ledger.lastSequence()
        if name != scenario.release { try await register(scenario.release, as: name) }
        try await deploy(name, to: scenario.environments, reason: reason(scenario))
        try await settle(scenario.environments)
        if scenario == .latent { try await noticeAndRollBack(scenario, name, after: before) }
        for environment in scenario.environments { try check(scenario, name, environment, after: before) }
        return scenario == .flag ? try checkFlag(name, after: before) : nil
    }

    private func reason(_ scenario: Scenario) -> String {
        DemoSource.commits.last { $0.tag == scenario.release }?.subject ?? "a new release"
    }

    /// The release passes its bake and turns bad later: only a person takes it back then.
    private func noticeAndRollBack(_ scenario: Scenario, _ name: String, after sequence: Int64) async throws {
        for environment in scenario.environments {
            try await wait(for: "the alarm in \(environment)") {
                let state = try ledger.environment(address(environment))
                // Somebody else may have taken it back before.
                return state?.highSeveritySince != nil || state?.liveRelease != name
            }
        }
        // Whoever looks on may do it first.
        for _ in 0..<(audience == nil ? 4 : 60) {
            await pause(1)
            if try scenario.environments.contains(where: { try isLeaving(name, $0) }) {
                return try await settle(scenario.environments)
            }
        }
        try await lastgood(
            [
                "rollback", "\(DemoSource.application)/prod-*", "--without", name, "--waves", "oneByOne", "--reason",
                "\(name): faults began after its bake was over", "--yes",
            ], actor: Self.person)
        for environment in scenario.environments {
            try await wait(for: "\(environment) to be rolled back") { try isLeaving(name, environment) }
        }
        try await settle(scenario.environments)
    }

    /// Whether an environment is taken off a release, or was.
    private func isLeaving(_ release: String, _ environment: String) throws -> Bool {
        guard let state = try ledger.environment(address(environment)) else { return false }
        return state.liveRelease != release || state.pendingRollback != nil
            || state.activeDeployment?.isRollback == true
    }

    // MARK: checking

    private func check(_ scenario: Scenario, _ name: String, _ environment: String, after sequence: Int64) throws {
        let address = address(environment)
        let bodies = try events(in: environment, after: sequence).map(\.body)
        func must(_ holds: Bool, _ what: String) throws {
            if !holds { throw Failure(.failed, "scenario \(scenario.rawValue): \(address): \(what) is missing") }
        }
        try must(
            bodies.contains { if case .deploymentStarted(_, name, _, _, _) = $0 { true } else { false } },
            "the start of the rollout")
        guard let state = try ledger.environment(address) else { return }
        if scenario == .good {
            try must(state.liveRelease == name, "\(name) as the live release")
            try must(state.deployment?.phase == .succeeded, "the success of its bake")
            return
        }
        let wanted: Trigger = scenario == .latent ? .person : .automatic
        let decision = bodies.compactMap { body -> RollbackDecision? in
            if case .rollbackDecided(let decision) = body { decision } else { nil }
        }.last
        try must(decision?.trigger == wanted, "a rollback decided by \(wanted.rawValue)")
        try must(decision?.reason.contains(scenario.cause) == true, "“\(scenario.cause)” as its reason")
        if scenario != .neverHealthy {
            try must(
                bodies.contains {
                    if case .alarmChanged(let status) = $0 {
                        status.state == .alarm && status.name == scenario.cause
                    } else {
                        false
                    }
                }, "the alarm \(scenario.cause)")
        }
        if scenario != .neverHealthy {
            try must(
                bodies.contains { if case .instanceReplaced = $0 { true } else { false } }, "the exchange of instances")
        }
        if scenario != .latent {
            try must(
                bodies.contains { if case .deploymentEnded(_, name, .rolledBack, _) = $0 { true } else { false } },
                "the end of \(name) as rolled back")
        }
        let application = try ledger.application(address.application)
        try must(state.deployment?.phase == .succeeded, "the success of the rollback")
        try must(
            state.liveRelease != nil && state.liveRelease == state.lastGood(application)?.version,
            "the last good release as the live one")
    }

    private func events(in environment: String, after sequence: Int64) throws -> [Event] {
        var query = EventQuery()
        query.after = sequence
        query.subject = .environment(address(environment))
        query.limit = 10_000
        return try ledger.events(query)
    }

    private func checkFlag(_ name: String, after sequence: Int64) throws -> String {
        let place = DemoFlag.place
        let ending = FlagEnding(
            release: name, events: try events(in: place.environment, after: sequence),
            sightings: try FlagSighting.all(of: name, in: fleet.folder),
            variant: try FlagFile(fleet.flagPath).read().document.flag(DemoFlag.flag.flag).defaultVariant,
            instances: place.instances)
        do { return try ending.check() } catch let missing as FlagEnding.Missing {
            throw Failure(
                .failed, "scenario flag: \(address(place.environment)): \(missing.what) is missing",
                mend: "look at `lastgood events` and at the logs in \(fleet.folder)/fleet/\(place.environment)/logs")
        }
    }

    // MARK: the loop

    /// Tells the whole story again and again, until it is cancelled. It waits while a person decides or acts.
    /// - Throws: where it cannot even begin.
    func tell() async throws {
        try await begin()
        await pause(3)
        let places = fleet.places.map(\.environment)
        try await deploy(Self.later, to: places, reason: "The discount is capped")
        try await settle(places)
        var round = 1
        while !Task.isCancelled {
            for scenario in Self.order {
                await pause(8)
                await waitForPerson()
                if Task.isCancelled { return }
                // A scenario that a person has changed ends otherwise; that is what the demo is for.
                _ = try? await play(scenario, as: round == 1 ? scenario.release : "\(scenario.release)-build\(round)")
            }
            round += 1
        }
    }

    static let order: [Scenario] = [
        .badRelease, .memoryLeak, .logErrors, .neverHealthy, .latency, .cpu, .good, .latent,
    ]

    /// Leaves the stage for some time after somebody else has asked for anything.
    private func waitForPerson() async {
        while !Task.isCancelled {
            await audience?.hasDecided()
            guard let last = try? lastPersonsAct(), Timestamp.now - last < .seconds(20) else { return }
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    private func lastPersonsAct() throws -> Timestamp? {
        var query = EventQuery()
        query.isNewestFirst = true
        query.limit = 500
        return try ledger.events(query).first { event in
            guard ![Self.pipeline, Self.person].contains(event.actor) else { return false }
            switch event.body {
            case .rollbackRequested, .deploymentRequested, .releaseMarked, .planMade, .holdLifted, .holdPlaced,
                .holdPlacedByHand, .freezeAdded, .freezeRemoved:
                return true
            default: return false
            }
        }?.time
    }
}
