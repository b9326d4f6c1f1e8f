import Compare
import Controller
import Decisions
import Foundation
import Ledger
import Model

extension SQLiteLedger {
    /// What is to be compared in an environment: what is live with last good, unless told otherwise.
    func compareRequest(
        _ address: EnvironmentAddress, from: String?, to: String?, configuration: Configuration
    ) throws -> CompareRequest {
        let state = try environment(address) ?? EnvironmentState(address: address)
        let known = try application(address.application)
        let settings = configuration.applications.first { $0.name == address.application }
        guard let first = from ?? state.releaseInQuestion else {
            throw Failure(.usage, "nothing is live in \(address)", mend: "name a release with --from")
        }
        guard let second = to ?? state.backTo(known)?.version else {
            throw Failure(
                .usage, "\(address) has no release that one could go back to", mend: "name one to compare with")
        }
        let place = configuration.environment(address)
        var present = try place?.target.settings(tag: mark().tag)
        present?["instances"] = place.map { String($0.policy.instances) }
        return CompareRequest(
            from: try facts(of: first, address.application), to: try facts(of: second, address.application),
            repository: settings?.repository, mirrors: Self.mirrors, dependencies: settings?.dependencies ?? [],
            advisories: configuration.advisories, variables: Set(place?.target.variables.keys.map { $0 } ?? []),
            record: try record(of: second, address, known),
            settings: .init(
                from: try self.settings(of: first, in: address), to: try self.settings(of: second, in: address),
                present: present), now: .now)
    }

    /// A release that is not registered may be a revision: the repository will tell.
    private func facts(of version: String, _ application: String) throws -> Release {
        if let registered = try release(version, of: application) { return registered.release }
        return Release(application: application, version: version, revision: nil, artifact: "")
    }

    private func record(
        of version: String, _ address: EnvironmentAddress, _ known: ApplicationState
    ) throws -> CompareRequest.Record {
        var record = CompareRequest.Record()
        record.bad = known.bad[version]
        record.suspect = known.suspects[version]?.reason
        let state = try environment(address)
        let deployments = try history(of: address, filter: version, limit: 200).filter { $0.release == version }
        record.hasBaked =
            state?.tenures[version]?.provenAt != nil
            || deployments.contains { $0.phase == .succeeded && $0.kind == .forward }
        if case .inQuestion(let alarms)? = state?.standing(of: version, known) {
            record.doubt = "\(version) was in alarm here: \(alarms.joined(separator: ", "))"
        }
        if let last = deployments.first(where: { $0.liveFrom != nil }), let duration = last.liveFor(now: .now) {
            record.lastLive = (duration, last.liveUntil)
            record.alarms = last.kind == .forward ? last.alarms : []
        }
        return record
    }

    static var mirrors: String {
        let variables = ProcessInfo.processInfo.environment
        let cache =
            variables["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(variables["HOME"] ?? "/tmp")/.cache"
        return "\(cache)/lastgood/repositories"
    }
}
