/// How a new release does beside the old one, where that is worth saying.
public struct ReleaseComparison: Hashable, Sendable {
    /// What they are compared by.
    public enum Measure: String, Sendable, CaseIterable { case faults, latency }

    /// When the old release did what the new one is compared with.
    public enum Basis: String, Sendable, CaseIterable {
        /// While both serve.
        case sameTime
        /// Just before the rollout; load and hour may have been other ones.
        case before
    }

    /// What follows.
    public enum Outcome: String, Sendable, CaseIterable {
        /// The new release is worse, by much and beyond chance.
        case worse
        /// One instance of it is, and its others are not.
        case oneInstance
        /// The old release is as bad: the host, or what both need.
        case notTheRelease
    }

    public var outcome: Outcome
    public var measure: Measure
    public var basis: Basis
    /// The release that is compared with.
    public var with: String
    /// What the new release answered: of its one instance, where it is about one.
    public var new: ComparedFigures
    /// What the old release answered; where it is about one instance, the others of the new one.
    public var old: ComparedFigures
    /// The one instance's key and slot, where it is about one.
    public var instance: Int64?
    public var slot: Int?

    public init(
        outcome: Outcome, measure: Measure, basis: Basis, with: String, new: ComparedFigures, old: ComparedFigures,
        instance: Int64? = nil, slot: Int? = nil
    ) {
        self.outcome = outcome
        self.measure = measure
        self.basis = basis
        self.with = with
        self.new = new
        self.old = old
        self.instance = instance
        self.slot = slot
    }

    /// Whether both say the same, whatever the numbers are by now.
    public func isAlike(_ other: ReleaseComparison) -> Bool {
        outcome == other.outcome && measure == other.measure && basis == other.basis && instance == other.instance
    }

    /// `1.9.1 answers 2.1 % with faults, 1.8.2 1 % at the same time (61 of 2,900 requests against 30 of 2,950)`.
    public func inWords(_ release: String) -> String {
        let (mine, theirs) = (new.value(measure), old.value(measure))
        switch outcome {
        case .worse:
            let when = basis == .sameTime ? "at the same time" : "before it"
            return measure == .faults
                ? "\(release) answers \(mine) with faults, \(with) \(theirs) \(when) (\(counts))"
                : "\(release) takes up to \(mine) for nine of ten requests, \(with) \(theirs) \(when) (\(counts))"
        case .oneInstance:
            let name = slot.map { "instance #\($0)" } ?? "one instance"
            return measure == .faults
                ? "\(name) answers \(mine) with faults, the others of \(release) \(theirs) (\(counts))"
                : "\(name) takes up to \(mine) for nine of ten requests, the others of \(release) \(theirs)"
        case .notTheRelease:
            let like = basis == .sameTime ? "and so does \(with) at the same time" : "as \(with) did before it"
            return measure == .faults
                ? "\(release) answers \(mine) with faults, \(like) (\(theirs)): not the new release's doing"
                : "\(release) takes up to \(mine) for nine of ten requests, \(like) (\(theirs)): "
                    + "not the new release's doing"
        }
    }

    private var counts: String {
        measure == .faults
            ? "\(grouped(new.faults)) of \(grouped(new.requests)) requests against "
                + "\(grouped(old.faults)) of \(grouped(old.requests))"
            : "\(grouped(new.requests)) requests against \(grouped(old.requests))"
    }
}

/// What one side of a comparison answered.
public struct ComparedFigures: Hashable, Sendable {
    public var requests: Int
    public var faults: Int
    /// What nine of ten requests did not exceed, in seconds; `nil` where nobody says.
    public var seconds: Double?

    public init(requests: Int = 0, faults: Int = 0, seconds: Double? = nil) {
        self.requests = requests
        self.faults = faults
        self.seconds = seconds
    }

    public init(_ served: Served) {
        self.init(
            requests: served.requests, faults: served.faults, seconds: served.durations?.percentile(Self.percentile))
    }

    /// The percentile by which durations are told and compared.
    public static let percentile = 90.0

    func value(_ measure: ReleaseComparison.Measure) -> String {
        switch measure {
        case .faults: Quantity(requests > 0 ? Double(faults) / Double(requests) * 100 : 0, .percent).description
        case .latency: seconds.map { Quantity($0, .seconds).description } ?? "?"
        }
    }
}

/// `2,950`.
private func grouped(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    var place = digits.count - 3
    while place > 0 {
        digits.insert(",", at: place)
        place -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
}
