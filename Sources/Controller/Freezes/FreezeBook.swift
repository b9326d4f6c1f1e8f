import Calendars
import Decisions
import Model
import Synchronization

/// All freezes of a configuration, those of calendar files as the files have them now.
///
/// A file is read again when it changed. Where it is gone, or cut off in the middle, what it said before goes on to
/// count, and that is told.
public final class FreezeBook: Sendable {
    public let rules: [FreezeRule]
    private let pages = Mutex<[FreezeRule: CalendarPage]>([:])

    /// - Parameter last: the book before it: what was known of calendars that are in both goes on to count.
    public init(_ rules: [FreezeRule], after last: FreezeBook? = nil) {
        self.rules = rules
        guard let last else { return }
        let known = last.pages.withLock { $0 }
        pages.withLock { pages in pages = known.filter { rules.contains($0.key) } }
    }

    /// The freezes that are in force in an environment at a moment.
    public func inForce(in address: EnvironmentAddress, at now: Timestamp) -> [FreezeInForce] {
        inForce(in: [address], at: now)[address] ?? []
    }

    /// The freezes that are in force at a moment, of those environments that are frozen: each rule is asked once.
    public func inForce(in addresses: [EnvironmentAddress], at now: Timestamp) -> [EnvironmentAddress: [FreezeInForce]]
    {
        let moment = Span(from: now, to: now + .milliseconds(1))
        let inForce = rules.flatMap { rule in times(of: rule, moment, at: now).map { (rule: rule, time: $0) } }
            .sorted { Self.isBefore($0.time, $1.time) }
        var found: [EnvironmentAddress: [FreezeInForce]] = [:]
        for (rule, time) in inForce {
            let freeze = FreezeInForce(
                name: time.name, until: time.span.end, untilInWords: time.zone.written(time.span.end))
            for address in addresses where rule.concerns(address) { found[address, default: []].append(freeze) }
        }
        return found
    }

    private static func isBefore(_ one: FreezeTime, _ other: FreezeTime) -> Bool {
        (one.span.start, one.span.end, one.name) < (other.span.start, other.span.end, other.name)
    }

    /// The times of an environment's freezes that overlap a span, in order; of all environments' where it is `nil`.
    public func times(in address: EnvironmentAddress?, _ span: Span, at now: Timestamp) -> [FreezeTime] {
        rules.filter { rule in address.map { rule.concerns($0) } ?? true }
            .flatMap { times(of: $0, span, at: now) }
            .sorted(by: Self.isBefore)
    }

    /// The times of one rule.
    public func times(of rule: FreezeRule, _ span: Span, at now: Timestamp) -> [FreezeTime] {
        switch rule.when {
        case .weekly(let window, let zone):
            return window.spans(in: span, zone: zone).map { FreezeTime(name: rule.name, span: $0, zone: zone) }
        case .once(let time, let zone):
            return time.overlaps(span) ? [FreezeTime(name: rule.name, span: time, zone: zone)] : []
        case .calendar(let path, let zone):
            return pages.withLock { pages in
                pages[rule, default: CalendarPage(path: path, givenZone: zone)].times(span, at: now).map { time in
                    let name = time.name.isEmpty ? rule.name : "\(rule.name): \(time.name)"
                    return FreezeTime(name: name, span: time.span, zone: pages[rule]?.zone ?? .utc)
                }
            }
        }
    }

    /// When an environment's freezes next open or close, for all that they say.
    /// - Parameter placed: those set by hand.
    public func nextChange(
        in address: EnvironmentAddress, at now: Timestamp, and placed: PlacedFreezes = PlacedFreezes()
    ) -> Timestamp? {
        let span = Span(from: now, to: now + CalendarPage.foresight)
        let byHand = placed.ahead(of: now).map(\.freeze).filter { $0.concerns(address) && $0.from < $0.until }.map {
            Span(from: $0.from, to: $0.until)
        }.filter { $0.overlaps(span) }
        let frozen = FrozenTimes(times(in: address, span, at: now).map(\.span) + byHand)
        return frozen.isFrozen(at: now) ? frozen.nextOpening(after: now) : frozen.nextClosing(after: now)
    }

    /// What keeps an environment's freezes from being known, or known as they are now.
    public func problems(in address: EnvironmentAddress) -> [String] {
        rules.filter { $0.concerns(address) }.flatMap { problems(of: $0) }
    }

    /// What is wrong with one rule's calendar.
    public func problems(of rule: FreezeRule) -> [String] {
        guard case .calendar(let path, let zone) = rule.when else { return [] }
        return pages.withLock { pages in
            pages[rule, default: CalendarPage(path: path, givenZone: zone)].problems()
        }
    }
}
