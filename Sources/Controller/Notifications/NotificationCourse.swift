import Foundation
import Ledger
import Model
import Notifications

/// How far a notification has come and how it goes, as it is kept in the ledger: whoever acts next goes on from there.
public struct NotificationCourse: Equatable, Codable, Sendable {
    /// What it has told of and not yet told the end of.
    public var incidents = OpenIncidents()
    /// How many notices were taken.
    public var delivered = 0
    /// How many were refused for good.
    public var refused = 0
    /// How many attempts in a row have failed.
    public var failures = 0
    /// Why the last attempt failed; `nil` where it did not.
    public var problem: String?
    public var failingSince: Timestamp?
    /// Which event was refused last, and why.
    public var lastRefusal: String?
    public var lastDelivery: Timestamp?

    public init() {}

    /// Also of what nobody has written yet, or somebody else than lastgood: then nothing is known.
    public init(stored text: String) {
        self = (try? JSONDecoder().decode(NotificationCourse.self, from: Data(text.utf8))) ?? NotificationCourse()
    }

    var stored: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Takes note of how an attempt went.
    mutating func note(_ outcome: DeliveryOutcome, _ event: Event, at now: Timestamp) {
        switch outcome {
        case .taken:
            delivered += 1
            lastDelivery = now
        case .refused(let why):
            refused += 1
            lastRefusal = "event \(event.sequence): \(why)"
        case .failed(let why, _):
            failures += 1
            failingSince = failingSince ?? now
            problem = why
            return
        }
        (failures, problem, failingSince) = (0, nil, nil)
    }
}
