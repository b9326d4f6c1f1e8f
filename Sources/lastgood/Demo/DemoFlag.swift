import Foundation
import Model
import Targets

/// The demo's environment whose deployments go by a feature flag.
///
/// It is there only for the scenario with the flag: in all others, a flag that goes off and on again would say nothing.
enum DemoFlag {
    static let flag = FlagSwitch(flag: "new-checkout", on: "new", off: "old")
    /// In the demo's folder.
    static let fileName = "flags.json"

    /// An instance that imports OpenFeature takes its time and a processor's to start, which is not what fails here. It is
    /// looked at for a second before it counts as healthy: so the exchange that follows the flag is at leisure, and each
    /// instance is asked often enough before it is stopped to tell what it found.
    static let place = DemoFleet.Place(
        environment: "pilot", stage: "prod", instances: 2,
        keys: [
            "progressDeadline: 30s", "instanceAlarmThreshold: 3",
            "strategy: {deploy: {kind: flag, flag: \(flag.flag), on: \(flag.on), off: \(flag.off), then: rolling}, rollback: fastest}",
        ],
        target: "health: {path: /healthz, healthyAfter: 8}, flags: \(fileName), "
            + "variables: {FLAGS: ../../../../\(fileName)}")

    static let file = """
        {
          "$schema": "https://flagd.dev/schema/v0/flags.json",
          "flags": {
            "\(flag.flag)": {
              "state": "ENABLED",
              "variants": {"\(flag.on)": true, "\(flag.off)": false},
              "defaultVariant": "\(flag.off)"
            }
          }
        }

        """
}

/// Where an instance found the flag, as it says in its log when a request is the first to find it there.
struct FlagSighting: Equatable {
    var time: Timestamp
    var instance: String
    var release: String
    var variant: String
    /// Who reads the flag for it.
    var reader: String

    /// - Parameter line: `2026-11-27T13:06:00.123Z pilot-3 1.9.6: flag new-checkout is at new, read by …`.
    init?(_ line: some StringProtocol) {
        let pattern = #/(\S+) (\S+) (\S+): flag (\S+) is at (\S+), read by (.+)/#
        guard let match = String(line).wholeMatch(of: pattern), match.output.4 == DemoFlag.flag.flag,
            let time = Timestamp(rfc3339: String(match.output.1))
        else { return nil }
        self.time = time
        instance = String(match.output.2)
        release = String(match.output.3)
        variant = String(match.output.5)
        reader = String(match.output.6)
    }

    /// Those of one release's instances, each instance's in their order.
    static func all(of release: String, in folder: String) throws -> [FlagSighting] {
        let logs = "\(folder)/fleet/\(DemoFlag.place.environment)/logs"
        let names = try FileManager.default.contentsOfDirectory(atPath: logs).filter { $0.hasSuffix(".log") }
        return try names.sorted().flatMap { name in
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(logs)/\(name)")), as: UTF8.self)
            return text.split(separator: "\n").compactMap { FlagSighting($0) }.filter { $0.release == release }
        }
    }
}
