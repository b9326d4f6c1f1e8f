import Controller
import Decisions
import Incidents
import Ledger
import Model

extension Session {
    /// What is known when one asks why things are as they are in an environment: from the ledger and what lies beside it,
    /// whether or not somebody acts.
    func explanationEvidence(_ environment: Configuration.Environment, now: Timestamp = .now) throws
        -> ExplanationEvidence
    {
        let address = environment.address
        let known = try state(address)
        let samples = try? SampleStore(besideLedger: ledger.path)
        let readings = ((try? samples?.readings(of: address)) ?? []).filter { $0.isFresh(now) }
        let fleet = try ledger.fleet()
        var evidence = ExplanationEvidence(
            environment: known.showing(readings), application: fleet.application(address.application),
            policy: environment.policy, now: now)
        evidence.freezes = frozen(address, at: now, and: fleet.freezes)
        evidence.surroundings = try surroundings(environment)
        evidence.traffic = traffic(environment, known, samples, now: now)
        let isInTrouble = !known.alarmsOn.isEmpty || known.releaseTakenBack != nil
        if isInTrouble, let release = known.releaseTakenBack ?? known.releaseInQuestion {
            evidence.kin = fleet.kin(of: address, leaving: release)
        }
        evidence.background = try ledger.explanationBackground(
            known, configuration, freezes: freezes.nextChange(in: address, at: now, and: fleet.freezes))
        evidence.isActedFor = try isLedOrSoon()
        return evidence
    }

}

extension SQLiteLedger {
    /// What the screen and the command read alike for an explanation.
    /// - Parameter change: when freezes next open or close the gate.
    func explanationBackground(
        _ state: EnvironmentState, _ configuration: Configuration, freezes change: Timestamp?
    ) throws -> ExplanationBackground {
        var background = ExplanationBackground()
        background.nextFreezeChange = change
        if !state.alarmsOn.isEmpty, let policy = configuration.environment(state.address)?.policy {
            let ranking = try rankSuspects(state.address, configuration: configuration, measuresChanges: false)
            background.otherChanges = try otherChanges(state, policy, ranking)
            background.ranking = ranking
        }
        background.rollbackTimes = try rollbackTimes(state.address)
        return background
    }

    /// How long rollbacks took in an environment, the newest first; see ``RollbackDuration``.
    func rollbackTimes(_ address: EnvironmentAddress) throws -> [Duration] {
        try history(of: address).compactMap { $0.kind == .rollback ? $0.rollbackDuration?.length : nil }
    }
}
