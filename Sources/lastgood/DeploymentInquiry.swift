import Controller
import Decisions
import Foundation
import Incidents
import Ledger
import Model

extension SQLiteLedger {
    /// One deployment, whole: the source of `show` and of the screen.
    /// - Parameter moment: the past in which somebody asks; `nil` for now.
    /// - Throws: where there is no such deployment in the environment.
    func deploymentStory(
        _ id: Int64, of address: EnvironmentAddress, at moment: PastMoment? = nil
    ) throws -> DeploymentStory {
        let records = try history(of: address, before: id.next, limit: 1).compactMap { record in
            moment.map { record.asOf($0.time, $0.fleet.environment(address)) } ?? record
        }
        guard let record = records.first, record.id == id else {
            throw Failure(
                .usage, "\(address) has no deployment #\(id)",
                mend: "`lastgood history \(address)` lists its deployments")
        }
        var query = EventQuery()
        query.subject = .environment(address)
        (query.after, query.limit) = (id - 1, DeploymentStory.stepsKept)
        query.before = moment?.fleet.sequence.next
        let events = try events(query)
        query.after = 0
        (query.before, query.limit, query.isNewestFirst) = (id, 60, true)
        let before = try self.events(query).reversed()
        let alarms =
            record.kind == .rollback ? try alarmsGoneOn(of: address, from: nil, upTo: id, limit: 50) : []
        var story = DeploymentStory(
            record, at: address, before: Array(before), alarmsBefore: alarms, events: events)
        if let samples = try? SampleStore(besideLedger: path) {
            let since = record.requestedAt - .seconds(3600)
            story.measure(
                { name in (try? samples.series(of: address, since: since, named: [name])[name]) ?? [] },
                (try? samples.readings(of: address)) ?? [])
        }
        return story
    }
}
