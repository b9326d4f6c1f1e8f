import Foundation
import Ledger
import Model

/// An alarm as commands write it: as the ledger knows it, and as it is read now.
struct AlarmItem: Fielded {
    var application: String
    var environment: String
    var name: String
    var instance: Int?
    var kind: String
    var severity: Severity
    var state: AlarmState
    var since: Timestamp
    /// Now, and when that was read.
    var value: Double?
    var readAt: Timestamp?
    var onset: Double?
    var peak: Double?
    var unit: String
    var threshold: Double
    var evidence: String

    enum CodingKeys: CodingKey, CaseIterable {
        case application, environment, name, instance, kind, severity, state, since, value, readAt, onset, peak, unit,
            threshold, evidence
    }
}

extension AlarmItem {
    /// By which it is told from all others.
    var label: String { name + (instance.map { "#\($0)" } ?? "") }

    init(_ address: EnvironmentAddress, _ alarm: AlarmStatus, _ reading: AlarmReading?) {
        application = address.application
        environment = address.environment
        name = alarm.name
        instance = alarm.instance
        kind = alarm.kind
        severity = alarm.severity
        state = alarm.state
        since = alarm.since
        value = reading?.status.value?.value
        readAt = reading?.time
        onset = alarm.state == .alarm ? (reading?.onset ?? alarm.value)?.value : nil
        peak = reading?.peak?.value
        unit = alarm.threshold.unit.rawValue
        threshold = alarm.threshold.value
        evidence = reading?.status.evidence ?? alarm.evidence
    }
}

/// An alarm of an environment, with what is read of it now.
struct ShownAlarm {
    var address: EnvironmentAddress
    var status: AlarmStatus
    /// `nil` where nobody has looked lately.
    var reading: AlarmReading?

    var item: AlarmItem { AlarmItem(address, status, reading) }
}

extension Session {
    /// The alarms of an environment, with what is read of them now.
    func alarms(_ state: EnvironmentState, _ samples: SampleStore?, now: Timestamp) -> [ShownAlarm] {
        let readings = ((try? samples?.readings(of: state.address)) ?? []).filter { $0.isFresh(now) }
        return state.showing(readings).alarms.map { alarm in
            let reading = readings.first {
                $0.status.identity == alarm.identity && $0.status.state == alarm.state
            }
            return ShownAlarm(address: state.address, status: alarm, reading: reading)
        }
    }
}
