import Compare
import Controller
import Decisions
import Foundation
import Ledger
import Model

extension SQLiteLedger {
    /// Which releases may have brought the worst alarm that is on in an environment.
    /// - Parameters:
    ///   - measuresChanges: whether git is asked how much each release changed.
    ///   - moment: the past in which somebody asks; `nil` for now.
    func rankSuspects(
        _ address: EnvironmentAddress, configuration: Configuration, measuresChanges: Bool = true,
        at moment: PastMoment? = nil
    ) throws -> SuspectRanking {
        guard let state = try environment(address, at: moment) else { return SuspectRanking() }
        let others = try configuration.environments.map(\.address)
            .filter { $0.application == address.application && $0 != address }
            .compactMap { try environment($0, at: moment) }
        let history = try history(of: address, limit: 200, at: moment)
        let now = moment?.time ?? .now
        let samples = try? SampleStore(besideLedger: path)
        let series = (try? samples?.series(of: address, since: Timestamp(milliseconds: 0), named: nil)) ?? [:]
        let asked = Self.alarmsAsked
        let alarms = try alarmsGoneOn(
            of: address, from: history.map(\.id).min(), upTo: moment?.fleet.sequence, limit: asked)
        var evidence = SuspectEvidence(
            environment: state, history: history, others: others,
            application: try application(address.application, at: moment),
            series: series.mapValues { $0.filter { $0.time <= now } }, alarmsBefore: alarms,
            alarmsKnownSince: alarms.count < asked ? nil : alarms.last?.since, now: now)
        if measuresChanges, !state.alarmsOn.isEmpty {
            evidence.sizes = try changeSizes(address.application, history, configuration)
        }
        return Decisions.rankSuspects(evidence)
    }

    /// More of them than this, and what was before is not known.
    static let alarmsAsked = 2000

    /// How much the newest releases of a history changed, each against the one that it replaced in the environment;
    /// where none is known, against the one that was registered before it.
    private func changeSizes(
        _ name: String, _ history: [DeploymentRecord], _ configuration: Configuration
    ) throws -> [String: ChangeSize] {
        guard let facts = configuration.applications.first(where: { $0.name == name }), facts.repository != nil else {
            return [:]
        }
        let known = try releases(of: name, limit: 200)
        var sizes: [String: ChangeSize] = [:]
        for release in Set(history.map(\.release)).sorted() where sizes.count < 8 {
            guard let index = known.firstIndex(where: { $0.release.version == release }) else { continue }
            let replaced = history.replaced(by: release).flatMap { record in
                known.first { $0.release.version == record.release }
            }
            guard let before = replaced ?? known.dropFirst(index + 1).first else { continue }
            let request = CompareRequest(
                from: known[index].release, to: before.release, repository: facts.repository,
                mirrors: Self.mirrors, dependencies: facts.dependencies, now: .now)
            sizes[release] = request.changeSize()
        }
        return sizes
    }
}

extension CompareRequest {
    /// How much `from` changed against `to`, which it replaced; `nil` where git cannot tell.
    fileprivate func changeSize() -> ChangeSize? {
        guard let measure = measureChange() else { return nil }
        return ChangeSize(
            commits: measure.commits, lines: measure.lines, majorDependencies: measure.majorDependencies,
            migrations: measure.migrations)
    }
}
