import Alarms
import Controller
import Foundation
import Ledger
import Model

/// Something that an alarm wants to know and that an instance does not tell.
struct MissingMetric {
    var address: EnvironmentAddress
    var alarm: String
    var what: String
}

extension Configuration {
    /// Asks the sources of alarms what the alarms want to know.
    func sourceDoubts() async -> [SourceDoubt] {
        let alarms = environments.flatMap { environment in
            environment.policy.alarms.map { (environment.address, $0) }
        }
        return await Alarms.sourceDoubts(sources, alarms, at: .now)
    }

    /// Asks one instance of each environment in which some run what the alarms there cannot know.
    func missingMetrics() async -> [MissingMetric] {
        // A look makes no ledger.
        guard FileManager.default.fileExists(atPath: ledger), let known = try? SQLiteLedger(path: ledger) else {
            return []
        }
        var result: [MissingMetric] = []
        for environment in environments {
            let instances = (try? known.environment(environment.address))??.instances ?? []
            guard let port = instances.first(where: \.isAvailable)?.port else { continue }
            let missing = await environment.metrics.missing(for: environment.policy.alarms, port: port)
            result += missing.map { MissingMetric(address: environment.address, alarm: $0.alarm, what: $0.what) }
        }
        return result
    }
}
