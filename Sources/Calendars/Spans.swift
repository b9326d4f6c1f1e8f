import Model

/// The time from one moment up to another, which is not part of it.
public struct Span: Hashable, Sendable {
    public var start: Timestamp
    public var end: Timestamp

    public init(from start: Timestamp, to end: Timestamp) {
        self.start = start
        self.end = end
    }

    public func contains(_ moment: Timestamp) -> Bool { start <= moment && moment < end }
    public func overlaps(_ other: Span) -> Bool { start < other.end && other.start < end }
}

/// Times that are frozen, in order; those that touch are one.
public struct FrozenTimes: Equatable, Sendable {
    public let spans: [Span]

    public init(_ spans: some Sequence<Span>) {
        var merged: [Span] = []
        for span in spans.filter({ $0.start < $0.end }).sorted(by: { $0.start < $1.start }) {
            if let last = merged.last, span.start <= last.end {
                merged[merged.count - 1].end = max(last.end, span.end)
            } else {
                merged.append(span)
            }
        }
        self.spans = merged
    }

    /// The place of the first span that ends after a moment.
    private func place(of moment: Timestamp) -> Int {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].end > moment { high = middle } else { low = middle + 1 }
        }
        return low
    }

    public func isFrozen(at moment: Timestamp) -> Bool {
        let place = place(of: moment)
        return place < spans.count && spans[place].contains(moment)
    }

    /// The first moment from `moment` on that is not frozen: `moment` itself where it is not.
    public func nextOpening(after moment: Timestamp) -> Timestamp {
        let place = place(of: moment)
        return place < spans.count && spans[place].contains(moment) ? spans[place].end : moment
    }

    /// When the next freeze begins that has not begun; `nil` where none is known.
    public func nextClosing(after moment: Timestamp) -> Timestamp? {
        let place = place(of: moment)
        return spans[place...].first { $0.start > moment }?.start
    }
}
