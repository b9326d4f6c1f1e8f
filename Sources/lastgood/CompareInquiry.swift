import Compare
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Targets

extension SQLiteLedger {
    /// What is to be compared in an environment: what is live with where one would go back to, unless told otherwise.
    /// - Parameter moment: the past in which somebody asks; `nil` for now.
    func compareRequest(
        _ address: EnvironmentAddress, from: String?, to: String?, configuration: Configuration,
        at moment: PastMoment? = nil
    ) throws -> CompareRequest {
        let state = try environment(address, at: moment) ?? EnvironmentState(address: address)
        let known = try application(address.application, at: moment)
        let now = moment?.time ?? .now
        let settings = configuration.applications.first { $0.name == address.application }
        guard let first = from ?? state.releaseInQuestion else {
            throw Failure(.usage, "nothing is live in \(address)", mend: "name a release with --from")
        }
        guard let second = to ?? state.backTo(known)?.version else {
            throw Failure(
                .usage, "\(address) has no release that one could go back to", mend: "name one to compare with")
        }
        let place = configuration.environment(address)
        // How it was configured then is not known but by what the target was told.
        var present = moment == nil ? try place?.target.settings(tag: mark().tag) : nil
        present?["instances"] = place.map { String($0.policy.instances) }
        let last = moment?.fleet.sequence
        return CompareRequest(
            from: try facts(of: first, address.application), to: try facts(of: second, address.application),
            repository: settings?.repository, mirrors: Self.mirrors, dependencies: settings?.dependencies ?? [],
            advisories: configuration.advisories, variables: Set(place?.target.variables.keys.map { $0 } ?? []),
            flags: place?.target.flags.flatMap { path in
                // What cannot be read is told by whoever sets flags.
                (try? FlagFile(path).read()).map { .init(file: path, names: Set($0.document.names)) }
            },
            record: try record(of: second, state, known, moment, now),
            settings: .init(
                from: try self.settings(of: first, in: address, upTo: last),
                to: try self.settings(of: second, in: address, upTo: last), present: present), now: now)
    }

    /// A release that is not registered may be a revision: the repository will tell.
    private func facts(of version: String, _ application: String) throws -> Release {
        if let registered = try release(version, of: application) { return registered.release }
        return Release(application: application, version: version, revision: nil, artifact: "")
    }

    private func record(
        of version: String, _ state: EnvironmentState, _ known: ApplicationState, _ moment: PastMoment?,
        _ now: Timestamp
    ) throws -> CompareRequest.Record {
        var record = CompareRequest.Record()
        record.bad = known.bad[version]
        record.suspect = known.suspects[version]?.reason
        let deployments = try history(of: state.address, filter: version, limit: 200, at: moment).filter {
            $0.release == version
        }
        record.hasBaked =
            state.tenures[version]?.provenAt != nil
            || deployments.contains { $0.phase == .succeeded && $0.kind == .forward }
        if case .inQuestion(let alarms) = state.standing(of: version, known) {
            record.doubt = "\(version) was in alarm here: \(alarms.joined(separator: ", "))"
        }
        if let last = deployments.first(where: { $0.liveFrom != nil }), let duration = last.liveFor(now: now) {
            record.lastLive = (duration, last.liveUntil)
            // Its record ends with its bake; what befell it later is in the ledger.
            let later = try alarmsGoneOn(
                of: state.address, from: last.id, upTo: moment?.fleet.sequence, limit: Self.alarmsAsked
            ).filter { alarm in
                alarm.since >= last.liveFrom ?? now && alarm.since <= last.liveUntil ?? now
            }
            record.alarms = Set(later.map(\.label)).union(last.kind == .forward ? last.alarms : []).sorted()
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
