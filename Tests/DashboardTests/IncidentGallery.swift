import Compare
import Decisions
import Incidents
import Model

@testable import Dashboard

extension Gallery {
    /// What is wanted of deployments and incidents is given, as the ledger tells it.
    mutating func answerOfIncidents(_ effect: Effect) {
        switch effect {
        case .loadDeployment(let address, let id, _, let compares):
            guard let story = story(address, id) else {
                _ = state.update(
                    .deployment(DeploymentNews(address: address, id: id, problem: "there is no deployment #\(id)")))
                return
            }
            let change = compares ? story.change.map { self.change($0.release, $0.to) } : nil
            _ = state.update(
                .deployment(DeploymentNews(address: address, id: id, story: story, change: change, isWhole: true)))
        case .loadReport(let subject):
            _ = state.update(.report(ReportNews(subject: subject, text: report(subject.address), isWhole: true)))
        case .saveReport(let name, _):
            _ = state.update(.saving(.saved(path: "/home/ana/\(name)")))
        default: break
        }
    }

    private func change(_ release: String, _ to: String) -> ReleaseChange {
        ReleaseChange(release: release, to: to, Self.comparison)
    }

    func story(_ address: EnvironmentAddress, _ id: Int64) -> DeploymentStory? {
        let known = fleet.environments[address]
        guard let deployment = [known?.deployment, known?.takenBack].compactMap({ $0 }).first(where: { $0.id == id })
        else { return nil }
        let record = DeploymentRecord(
            id: id, release: deployment.release, releaseOrder: deployment.releaseOrder, revision: nil,
            kind: deployment.isRollback ? .rollback : .forward, trigger: deployment.trigger, actor: deployment.actor,
            phase: deployment.phase, requestedAt: deployment.requestedAt, startedAt: deployment.startedAt,
            endedAt: deployment.endedAt, liveFrom: deployment.isRollback ? nil : deployment.startedAt, liveUntil: nil,
            reason: deployment.reason, outcome: deployment.outcome, alarms: deployment.alarms,
            leaving: deployment.leaving)
        let own = told.filter { $0.address == address }
        let alarms = own.reversed().compactMap { event -> AlarmStatus? in
            guard event.sequence < id, case .alarmChanged(let status) = event.body else { return nil }
            return status.state == .alarm ? status : nil
        }
        return DeploymentStory(
            record, at: address, before: own.filter { $0.sequence < id },
            alarmsBefore: alarms, events: own.filter { $0.sequence >= id })
    }

    private func report(_ address: EnvironmentAddress) -> String {
        let start = fleet.environments[address]?.takenBack?.requestedAt ?? now
        var reading = IncidentReading(from: start, until: now, environments: [address])
        var timeline: [TimelineEntry] = []
        for event in told where event.address == address && event.time >= start { timeline += reading.take(event) }
        let clock = ReportClock(start...max(start, now)) { _ in 3600 }
        return IncidentReport(reading.incident, changes: [change("1.9.0", "1.8.2")], clock: clock, now: now)
            .text(timeline)
    }
}
