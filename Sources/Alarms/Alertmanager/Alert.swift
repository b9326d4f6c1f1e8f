import Foundation
import Model

/// An alert as Alertmanager has it.
///
/// Source: Alertmanager, `api/v2/openapi.yaml`, `gettableAlert`.
struct Alert: Decodable, Equatable, Sendable {
    struct Status: Decodable, Equatable, Sendable {
        /// `active`, `suppressed`, or `unprocessed` while it is not known yet whether it is suppressed.
        var state: String
        var silencedBy: [String]
        var inhibitedBy: [String]
    }

    var labels: [String: String]
    var annotations: [String: String]
    var status: Status

    enum Standing: Equatable {
        case firing, silenced, inhibited, unprocessed
    }

    /// - Parameter own: silences that were made here for the time of a rollback; what they hide fires all the same.
    func standing(besides own: Set<String>) -> Standing {
        let silences = status.silencedBy.filter { !own.contains($0) }
        if !silences.isEmpty { return .silenced }
        if !status.inhibitedBy.isEmpty { return .inhibited }
        return status.state == "unprocessed" ? .unprocessed : .firing
    }

    var name: String { String((labels["alertname"] ?? "an alert").prefix(60)) }

    /// What it says of itself.
    var words: String {
        let text = annotations["summary"] ?? annotations["description"] ?? annotations["message"] ?? ""
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        // Before a colon or a semicolon stands how it came about, see `AlarmStatus.count`.
        return line.isEmpty ? name : "\(name): \(line.prefix(120))"
    }
}

/// What the alerts that an alarm is about come to. Pure.
struct AlertPicture: Equatable {
    /// How many fire, and are neither silenced nor inhibited.
    var firing = 0
    var evidence = "none"

    private static let mostNamed = 3

    init(_ alerts: [Alert], besides own: Set<String> = []) {
        func those(_ standing: Alert.Standing) -> [Alert] {
            alerts.filter { $0.standing(besides: own) == standing }.sorted { ($0.name, $0.words) < ($1.name, $1.words) }
        }
        let on = those(.firing)
        firing = on.count
        var parts = [Self.named(on.map(\.words)) ?? "none"]
        for (standing, word) in [
            (Alert.Standing.silenced, "silenced"), (.inhibited, "inhibited"), (.unprocessed, "not processed yet"),
        ] {
            let those = those(standing)
            if let names = Self.named(those.map(\.name)) { parts.append("\(those.count) \(word) (\(names))") }
        }
        evidence = parts.joined(separator: "; ")
    }

    private static func named(_ all: [String]) -> String? {
        var seen: Set<String> = []
        let different = all.filter { seen.insert($0).inserted }
        guard !different.isEmpty else { return nil }
        let more = different.count - mostNamed
        return different.prefix(mostNamed).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
