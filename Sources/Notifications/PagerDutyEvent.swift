import Foundation
import Model

/// An event as PagerDuty's Events API v2 takes it.
///
/// Source: developer.pagerduty.com, "Send an Alert Event".
struct PagerDutyEvent: Encodable {
    struct Payload: Encodable {
        var summary: String
        var source: String
        var severity: String
        var timestamp: String
        var component: String?
        var group: String?
        var `class`: String
        var customDetails: [String: String]
    }

    var routingKey: String
    var eventAction: String
    var dedupKey: String
    var client: String?
    var payload: Payload?

    /// The longest summary that is taken.
    static let longestSummary = 1024

    /// A trigger for what begins and a resolve for each that is over; nothing for what is no incident.
    ///
    /// Sent again, each changes nothing: they carry the incident's own key.
    static func events(of notice: Notice, routingKey: String, ledger: String) -> [PagerDutyEvent] {
        func key(_ incident: IncidentKey) -> String { "lastgood/\(ledger)/\(incident.text)" }
        func resolve(_ key: String) -> PagerDutyEvent {
            PagerDutyEvent(routingKey: routingKey, eventAction: "resolve", dedupKey: key)
        }
        func trigger(_ key: String) -> PagerDutyEvent {
            PagerDutyEvent(
                routingKey: routingKey, eventAction: "trigger", dedupKey: key, client: "lastgood",
                payload: Payload(notice))
        }
        if notice.isTest {
            let key = "lastgood/\(ledger)/test/\(notice.event.time.milliseconds)"
            return [trigger(key), resolve(key)]
        }
        // An event may end one incident and begin the next: nobody is to see both open.
        return notice.closes.map { resolve(key($0)) } + (notice.opens.map { [trigger(key($0))] } ?? [])
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

extension PagerDutyEvent.Payload {
    init(_ notice: Notice) {
        summary = String(notice.text.prefix(PagerDutyEvent.longestSummary))
        source = notice.event.address?.description ?? "lastgood"
        severity = notice.severity.rawValue
        timestamp = notice.event.time.rfc3339
        component = notice.event.application
        group = notice.event.environment
        self.class = notice.kindNames.first ?? "test"
        customDetails = [
            "event": notice.event.body.kind, "sequence": String(notice.event.sequence), "actor": notice.event.actor,
            "summary": Secrets.hiding(in: notice.event.summary),
        ]
    }
}
