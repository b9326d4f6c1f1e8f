import Controller
import Ledger
import Model

/// What became of a release for which holds wait that were placed to deploy it.
struct AwaitedDeployment {
    /// The events by which it was asked for.
    var begun: [Event] = []
    /// Where it is deployed once what is under way has ended, and what that is.
    var later: [(address: EnvironmentAddress, why: String)] = []
}

extension Session {
    /// Has a release deployed wherever a hold waits for it that was placed to do so: through the gates, and where something
    /// else is under way as soon as that has ended.
    ///
    /// Asked again of the same release, it changes nothing where it is live or on its way.
    func deployWhereAwaited(_ registered: RegisteredRelease) throws -> AwaitedDeployment {
        let release = registered.release
        let environments = configuration.environments.filter { $0.address.application == release.application }
        let waiting = try states(environments).map(\.1).filter { state in
            state.handHold?.deploys == true && state.liveRelease != release.version
                && state.activeDeployment?.release != release.version
                && state.awaitedRelease?.release != release.version
        }
        var result = AwaitedDeployment()
        guard !waiting.isEmpty else { return result }
        try ledger.makeReady(waiting.map(\.address))
        let revisions = CommitLookup.revisions(in: release, waitedForBy: waiting, self)
        for state in waiting {
            let seen = revisions[state.address] ?? []
            guard let hold = state.handHold,
                hold.until.admits(release.version, order: registered.order, revisions: seen)
            else { continue }
            let request = DeploymentRequest(
                release: release.version, releaseOrder: registered.order, trigger: .pipeline, reason: hold.whyDeployed,
                waitsForGate: true, revisions: seen)
            // Somebody may be at it in one of them, which is no reason to leave out the others.
            do {
                result.begun += try ask(.deploymentRequested(request), state.address)
            } catch let busy as FoldError {
                let came = AwaitedRelease(release: release.version, order: registered.order, revisions: seen)
                _ = try ask(.awaitedReleaseCame(came), state.address)
                result.later.append((state.address, "\(busy)"))
            }
        }
        return result
    }

    private func ask(_ body: EventBody, _ address: EnvironmentAddress) throws -> [Event] {
        try ledger.append([Entry(.environment(address), body)], actor: userName(), at: .now, token: nil)
    }
}
