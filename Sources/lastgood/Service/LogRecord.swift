import ArgumentParser
import Controller
import Incidents
import Model

/// How much a line of the log matters.
enum LogLevel: String, ExpressibleByArgument, CaseIterable, Comparable, Encodable, Sendable {
    case error, warning, info, debug

    /// The more it matters, the smaller; see syslog(3).
    var priority: Int {
        switch self {
        case .error: 3
        case .warning: 4
        case .info: 6
        case .debug: 7
        }
    }

    static func < (left: LogLevel, right: LogLevel) -> Bool { left.priority < right.priority }
}

/// A line of the log, as programs read it; the names of its fields are public and only grow.
struct LogRecord: Encodable, Equatable, Sendable {
    var time: Timestamp
    var level: LogLevel
    var message: String
    var environment: String?
    var deployment: Int64?
    /// Where it lies: `ledger`, `environment`, `plan`, `notification`, `configuration` or `source`.
    var errorKind: String?
    /// The kind of the event that it tells of, and its number in the ledger.
    var event: String?
    var sequence: Int64?

    init(_ level: LogLevel, _ message: String, at time: Timestamp = .now, errorKind: Problems.Kind? = nil) {
        (self.time, self.level, self.message, self.errorKind) = (time, level, message, errorKind?.rawValue)
    }

    /// Something that came into the ledger.
    init(_ event: Event) {
        self.init(event.body.logLevel, event.summary, at: event.time)
        environment = event.address?.description
        deployment = event.deployment
        self.event = if case .unknown = event.body { "unknown" } else { event.body.kind }
        sequence = event.sequence
    }

    /// Something that went wrong outside of any deployment, or is well again.
    init(_ problem: Problems.Problem) {
        let level: LogLevel =
            switch problem.kind {
            case _ where problem.isOver: .info
            case .notification, .source: .warning
            case .ledger, .environment, .plan, .configuration: .error
            }
        self.init(level, problem.text, at: problem.time, errorKind: problem.kind)
    }
}

extension EventBody {
    /// How much it matters to whoever reads the log of a service: what somebody may have to look at stands out, and each
    /// step on the way is left to those who ask for it.
    var logLevel: LogLevel {
        switch self {
        case .rollbackDecided(let decision): decision.trigger == .automatic ? .warning : .info
        case .deploymentEnded(_, _, let phase, _):
            switch phase {
            case .failed: .error
            case .rolledBack: .warning
            case .pending, .blocked, .rollingOut, .baking, .succeeded, .rollingBack, .cancelled: .info
            }
        case .alarmChanged(let alarm): alarm.state == .alarm ? .warning : .info
        case .highSeverityChanged(let isOn, _), .instanceAlarmsChanged(let isOn, _): isOn ? .warning : .info
        case .planStepEnded(_, _, .failed), .ledgerReserveUsed: .error
        case .problemNoted, .rollbackRefused, .bakeInconclusive, .planStopped, .frontFailed, .frontDrifted, .flagFailed,
            .flagDrifted,
            .releaseLinkFailed, .instanceStartFailed, .instanceExited, .clockSet:
            .warning
        case .deploymentStarted, .bakeStarted, .leaderChanged, .frontRestored, .frontSetRight, .flagRestored: .info
        case .unknown: .debug
        default: level == .steps ? .debug : .info
        }
    }
}
