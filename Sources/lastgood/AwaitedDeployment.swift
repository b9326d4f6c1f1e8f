import Controller
import Ledger
import Model

extension Session {
    /// Has a release deployed wherever a hold waits for it that was placed to do so.
    ///
    /// Asked again of the same release, it changes nothing where it is live or on its way.
    /// - Returns: what was asked for, through the gates; where they are closed, it waits.
    func deployWhereAwaited(_ registered: RegisteredRelease) throws -> [Event] {
        let release = registered.release
        let environments = configuration.environments.filter { $0.address.application == release.application }
        let waiting = try states(environments).map(\.1).filter { state in
            state.handHold?.deploys == true && state.liveRelease != release.version
                && state.activeDeployment?.release != release.version
        }
        guard !waiting.isEmpty else { return [] }
        try ledger.makeReady(waiting.map(\.address))
        let revisions = CommitLookup.revisions(in: release, waitedForBy: waiting, self)
        return try waiting.flatMap { state -> [Event] in
            let seen = revisions[state.address] ?? []
            guard let hold = state.handHold,
                hold.until.admits(release.version, order: registered.order, revisions: seen)
            else { return [] }
            let request = DeploymentRequest(
                release: release.version, releaseOrder: registered.order, trigger: .pipeline,
                reason: "the hold of \(hold.actor) waited for it: \(hold.reason)", waitsForGate: true, revisions: seen)
            let entry = Entry(.environment(state.address), .deploymentRequested(request))
            // Somebody may be at it in one of them, which is no reason to leave out the others.
            do { return try ledger.append([entry], actor: userName(), at: .now, token: nil) } catch let error
                as FoldError
            {
                writeError("lastgood: \(state.address): \(release.version) is not deployed: \(visible("\(error)"))")
                return []
            }
        }
    }
}
