import Controller
import Decisions
import Incidents
import Ledger
import Model

extension SQLiteLedger {
    /// What else changed before an alarm went on in an environment, as events tell it; only those minutes are read.
    func read(_ wanted: OtherChanges) throws -> OtherChanges {
        var changes = wanted
        var span = EventSpan()
        (span.since, span.until) = (wanted.read.lowerBound, wanted.read.upperBound)
        span.kinds = .only(OtherChanges.kinds)
        try forEachEvent(in: span) { changes.take($0) }
        return changes
    }

    /// What else changed before the worst alarm that is on in an environment; `nil` where none is.
    /// - Parameter ranking: tells since when samples show the trouble.
    func otherChanges(
        _ state: EnvironmentState, _ policy: EnvironmentPolicy, _ ranking: SuspectRanking?
    ) throws -> OtherChanges? {
        guard let alarm = state.alarmsOn.first else { return nil }
        // Of instances, the alarm goes and comes with each; what a rollback was done for began before it.
        let isAnswered = state.deployment?.judgement?.hasHelped == false
        let onset = isAnswered ? state.deployment.map { min(alarm.since, $0.requestedAt) } : nil
        return try read(
            OtherChanges(
                in: state.address, onset: onset ?? alarm.since, began: ranking?.began,
                alarm: policy.alarms.first { $0.name == alarm.name }))
    }

    /// The same of each rollback of an incident that did not help.
    func otherChanges(_ incident: Incident, configuration: Configuration) throws -> [OtherChanges] {
        try incident.rollbacksInVain.prefix(Self.rollbacksFollowed).map { rollback in
            let onset = min(rollback.alarmSince ?? rollback.decidedAt, rollback.decidedAt)
            let names = Set(incident.alarms.filter { $0.address == rollback.address }.map(\.name))
            let alarm = configuration.environment(rollback.address)?.policy.alarms.filter { names.contains($0.name) }
                .max { $0.window < $1.window }
            return try read(OtherChanges(in: rollback.address, onset: onset, alarm: alarm))
        }
    }

    /// Of more rollbacks than this, a report does not tell what else changed.
    private static let rollbacksFollowed = 3
}
