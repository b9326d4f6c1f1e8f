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
        evidence.nextFreezeChange = freezes.nextChange(in: address, at: now, and: fleet.freezes)
        evidence.surroundings = try surroundings(environment)
        evidence.traffic = traffic(environment, known, samples, now: now)
        let isInTrouble = !known.alarmsOn.isEmpty || known.releaseTakenBack != nil
        if isInTrouble, let release = known.releaseTakenBack ?? known.releaseInQuestion {
            evidence.kin = fleet.kin(of: address, leaving: release)
        }
        if !known.alarmsOn.isEmpty {
            evidence.ranking = try ledger.rankSuspects(address, configuration: configuration, measuresChanges: false)
            evidence.otherChanges = try ledger.otherChanges(known, environment.policy, evidence.ranking)
        }
        evidence.rollbackTimes = try rollbackTimes(address)
        evidence.isActedFor = try isLedOrSoon()
        return evidence
    }

    /// How long rollbacks took in an environment, from the decision to their end, the newest first.
    func rollbackTimes(_ address: EnvironmentAddress) throws -> [Duration] {
        let done = try ledger.history(of: address).filter { $0.kind == .rollback && $0.phase == .succeeded }
        return done.compactMap { record in record.endedAt.map { max(.zero, $0 - record.requestedAt) } }
    }
}
