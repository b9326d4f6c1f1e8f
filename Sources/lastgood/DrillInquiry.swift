import Archive
import Controller
import Decisions
import Foundation
import Ledger
import Model

extension Session {
    /// A drill of an environment as things are: its state, its policy, its past, and what is there of its artifacts.
    /// - Parameters:
    ///   - release: the one that is deployed; `nil` for one that is only imagined, newer than all.
    func drill(
        _ environment: Configuration.Environment, release: RegisteredRelease?, fault: DrillFault, moment: DrillMoment,
        isPastGate: Bool
    ) throws -> Drill {
        let (address, now) = (environment.address, Timestamp.now)
        let known = try state(address)
        let application = try ledger.application(address.application)
        let samples = environment.policy.bake.startWhen == nil ? nil : try? SampleStore(besideLedger: ledger.path)
        let version = try release?.release.version ?? imaginedVersion(address.application)
        var drill = Drill(
            environment: known, application: application, policy: environment.policy, release: version,
            order: try release?.order ?? ledger.lastSequence() + 1, isImagined: release == nil, fault: fault,
            moment: moment, isPastGate: isPastGate, times: DrillTimes(measuredIn: try newestEvents(of: address)),
            freezes: frozen(address, at: now, and: try ledger.freezes()), surroundings: try surroundings(environment),
            traffic: traffic(environment, known, samples, now: now), now: now)
        let back = known.backTo(application, leaving: version)?.version
        for wanted in [release?.release.version, back, known.liveRelease].compactMap(\.self) {
            if FileManager.default.fileExists(atPath: "\(environment.target.directory)/releases/\(wanted)") {
                drill.ready.insert(wanted)
            } else if let fault = try artifactProblem(wanted, of: address.application) {
                drill.missing[wanted] = fault
            }
        }
        return drill
    }

    /// What keeps the artifact of a release from being had; `nil` where nothing is known to.
    private func artifactProblem(_ version: String, of application: String) throws -> String? {
        guard let release = try ledger.release(version, of: application)?.release else {
            return "\(version) is not registered"
        }
        // Only the registry knows whether an image is there.
        return release.isImage ? nil : artifactFault(of: version, at: release.artifact, digest: release.digest)
    }

    /// A name that no release has.
    private func imaginedVersion(_ application: String) throws -> String {
        var name = "next"
        while try ledger.release(name, of: application) != nil { name += "'" }
        return name
    }

    /// What is measured of the past, in order.
    private func newestEvents(of address: EnvironmentAddress) throws -> [Event] {
        var query = EventQuery()
        query.subject = .environment(address)
        query.isNewestFirst = true
        query.limit = 5000
        return try ledger.events(query).reversed()
    }
}
