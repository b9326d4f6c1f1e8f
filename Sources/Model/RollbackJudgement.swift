/// Whether a rollback has ended what it was done for.
///
/// It is judged once the windows of the alarms that caused it hold only what came after it.
public enum RollbackJudgement: Hashable, Sendable {
    /// The alarms that caused it are off, so long after the decision; `readings` say what they show: `faults 0.1 %`.
    case helped(readings: [String], after: Duration)
    /// Some of them are still on: the release that was left was not the cause.
    case didNotHelp(readings: [String])
    /// There were no data to tell it by.
    case untold(reason: String)

    /// `helped: faults 0.1 %, alarm off 50 s after the decision`.
    public var inWords: String {
        switch self {
        case .helped(let readings, let after):
            "helped: "
                + (readings + ["alarm off \(Self.delay(after)) after the decision"]).joined(separator: ", ")
        case .didNotHelp(let readings):
            "did not help: \(readings.joined(separator: ", ")) still; what was left was not the cause"
        case .untold(let reason): "whether it helped cannot be told: \(reason)"
        }
    }

    /// How long it took, in whole seconds where it took any: `50 s`, `640 ms`.
    public static func delay(_ after: Duration) -> String {
        (after < .seconds(1) ? after : after.wholeSeconds).inWords
    }

    /// The same where there is little room; `nil` where it cannot be told.
    public var inFewWords: String? { hasHelped.map { $0 ? "helped" : "did not help" } }

    /// `nil` where it cannot be told.
    public var hasHelped: Bool? {
        switch self {
        case .helped: true
        case .didNotHelp: false
        case .untold: nil
        }
    }
}

/// A judgement, field by field, as it is on disk.
struct RollbackJudgementFields {
    var helped: Bool?
    var readings: [String]
    /// In milliseconds.
    var after: Int64?
    var reason: String?

    init(_ judgement: RollbackJudgement) {
        (helped, readings) = (judgement.hasHelped, [])
        switch judgement {
        case .helped(let known, let time): (readings, after) = (known, time.milliseconds)
        case .didNotHelp(let known): readings = known
        case .untold(let why): reason = why
        }
    }

    var judgement: RollbackJudgement {
        switch helped {
        case true?: .helped(readings: readings, after: .milliseconds(after ?? 0))
        case false?: .didNotHelp(readings: readings)
        case nil: .untold(reason: reason ?? "")
        }
    }
}

extension RollbackJudgement {
    /// What a table of the ledger holds of it; ``init(stored:)`` reads it.
    public var storedText: String { stored.description }

    /// `nil` where the text is anything else.
    public init?(storedText: String) {
        guard let json = try? StoredJSON(parsing: storedText), let known = try? Self(stored: json) else { return nil }
        self = known
    }
}
