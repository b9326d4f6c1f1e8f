import Decisions
import Dispatch
import Foundation
import Ledger
import Model
import Synchronization

/// What traffic is usual in environments at this hour, by the clocks of this place.
///
/// It is looked up beside the turns: whoever asks is answered at once, by what is known, so that no rollback waits for it.
final class UsualTrafficBook: Sendable {
    private struct Page {
        var asked: Timestamp
        var found: UsualTraffic?
    }

    private let samples: SampleStore
    private let ledger: SQLiteLedger
    private let onFound: @Sendable (EnvironmentAddress) -> Void
    private let queue = DispatchQueue(label: "usual traffic", qos: .utility)
    private let pages = Mutex<[EnvironmentAddress: Page]>([:])

    /// After how long an hour is another.
    private static let fresh: Duration = .seconds(900)

    /// - Parameter onFound: is called when something is known that was not before.
    init(samples: SampleStore, ledger: SQLiteLedger, onFound: @escaping @Sendable (EnvironmentAddress) -> Void) {
        self.samples = samples
        self.ledger = ledger
        self.onFound = onFound
    }

    /// As far as it is known now; `nil` where it is not.
    func usual(in address: EnvironmentAddress, at now: Timestamp) -> UsualTraffic? {
        let (found, isDue) = pages.withLock { pages in
            let page = pages[address]
            let isFresh = page.map { now - $0.asked < Self.fresh && now >= $0.asked } ?? false
            if !isFresh { pages[address] = Page(asked: now, found: page?.found) }
            return (page?.found, !isFresh)
        }
        if isDue { queue.async { self.look(in: address, at: now) } }
        return found
    }

    private func look(in address: EnvironmentAddress, at now: Timestamp) {
        // What cannot be read is not known: the bake goes on as it would without.
        let found = try? read(address, now)
        let isNews = pages.withLock { pages in
            defer { pages[address]?.found = found }
            return pages[address]?.found != found
        }
        if isNews { onFound(address) }
    }

    private func read(_ address: EnvironmentAddress, _ now: Timestamp) throws -> UsualTraffic? {
        let since = now - SampleStore.trafficKept
        return UsualTraffic(
            try samples.traffic(of: address, since: since, until: now),
            at: EarlierHour.before(now, days: Int(SampleStore.trafficKept.inSeconds / 86_400), in: .current),
            without: try ledger.troubles(in: address, since: since))
    }
}

extension EarlierHour {
    /// When the clocks of a zone showed the same on each of the days before, the latest first; an hour that they were set
    /// past is the one after it.
    static func before(_ now: Timestamp, days: Int, in zone: TimeZone) -> [EarlierHour] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let date = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
        return (1...days).compactMap { back in
            calendar.date(byAdding: .day, value: -back, to: date).map { date in
                let middle = Timestamp(milliseconds: Int64(Int(nearest: date.timeIntervalSince1970 * 1000)))
                return EarlierHour(middle: middle, isSameWeekday: back % 7 == 0)
            }
        }
    }
}
