import Ledger
import Model
import TestSupport
import Testing

/// Years of events, of which a few are wanted.
@Suite struct EventSpanTests {
    private let folder: TemporaryFolder
    private let ledger: SQLiteLedger
    private let addresses = ["shop/eu", "shop/us", "cart/eu"].compactMap { EnvironmentAddress($0) }
    private var all: [Event] = []

    /// Events of several environments, of an application and of the ledger itself, by a clock that jumps back now and
    /// then.
    init() throws {
        folder = try TemporaryFolder()
        ledger = try SQLiteLedger(path: "\(folder.path)/ledger.sqlite")
        var generator = SeededGenerator(seed: 23)
        let holder = LeaseHolder(name: "test", host: "test", process: ProcessIdentity(pid: 1, startTime: 1))
        let lease = try ledger.acquireLease(holder, at: Timestamp(milliseconds: 0), lasting: .seconds(10_000_000)) {
            _ in
            false
        }
        var time: Int64 = 1000
        var entries: [Entry] = []
        for number in 0..<2400 {
            let entry: Entry =
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: Entry(.application("shop"), .releaseMarked(release: "\(number)", verdict: .bad, reason: "so"))
                case 1:
                    Entry(
                        .application("cart"),
                        .releaseRegistered(Release(application: "cart", version: "\(number)", artifact: "/")))
                case 2: Entry(.ledger, .leaderChanged(holder: "\(number)"))
                case 3...8: Entry(.environment(addresses[number % 3]), .problemNoted(reason: "\(number)"))
                default:
                    Entry(.environment(addresses[number % 3]), .environmentDeclared(stage: "\(number)", position: 0))
                }
            entries.append(entry)
            guard entries.count == 10 else { continue }
            time += generator.isOne(in: 20) ? -5000 : Int64.random(in: 0...1000, using: &generator)
            _ = try ledger.append(
                entries, actor: "test", at: Timestamp(milliseconds: max(0, time)), token: lease.token)
            entries = []
        }
        var query = EventQuery()
        query.limit = .max
        all = try ledger.events(query)
    }

    private func read(_ span: EventSpan) throws -> [Event] {
        var events: [Event] = []
        let last = try ledger.forEachEvent(in: span) { events.append($0) }
        #expect(last == all.last?.sequence)
        return events
    }

    @Test func whatIsReadInPagesIsWhatOneWouldPickByHand() throws {
        var generator = SeededGenerator(seed: 24)
        let subjects: [Subject] =
            addresses.map(Subject.environment) + [.application("shop"), .application("cart"), .ledger]
        for _ in 0..<60 {
            var span = EventSpan()
            let times = (0..<2).compactMap { _ in all.randomElement(using: &generator)?.time }.sorted()
            if Bool.random(using: &generator) { span.since = times[0] }
            if Bool.random(using: &generator) { span.until = times[1] }
            if Bool.random(using: &generator) {
                span.subjects = subjects.filter { _ in Bool.random(using: &generator) }
            }
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: span.kinds = .only(["problemNoted", "releaseMarked"])
            case 1: span.kinds = .without(["problemNoted"])
            default: break
            }
            let wanted = all.filter { event in
                if let since = span.since, event.time < since { return false }
                if let until = span.until, event.time > until { return false }
                switch span.kinds {
                case .all: break
                case .only(let kinds): if !kinds.contains(event.body.kind) { return false }
                case .without(let kinds): if kinds.contains(event.body.kind) { return false }
                }
                guard let subjects = span.subjects else { return true }
                return subjects.contains {
                    $0.application == event.application && $0.environment == event.environment
                }
            }
            #expect(try read(span) == wanted, "\(span)")
        }
    }

    @Test func noPageIsLong() throws {
        for subjects in [nil, addresses.map(Subject.environment)] {
            var span = EventSpan()
            span.subjects = subjects
            var (length, longest) = (0, 0)
            try ledger.forEachEvent(in: span) { _ in
                length += 1
            } pageEnd: {
                longest = max(longest, length)
                length = 0
            }
            #expect(longest <= 500)
        }
    }

    @Test func whoReadsForLongKeepsNoTransactionOpenBetweenPages() throws {
        var pages = 0
        try ledger.forEachEvent(in: EventSpan()) { _ in
        } pageEnd: {
            pages += 1
            // Were one open, what is written could not be moved out of the log.
            try ledger.append(
                .releaseMarked(release: "1", verdict: .good, reason: "so"), to: .application("shop"), actor: "test",
                at: Timestamp(milliseconds: 1))
            #expect(try ledger.emptyLog())
        }
        #expect(pages > 3)
    }

    @Test func allEnvironmentsThatEventsTellOfAreFoundWithoutReadingThemAll() throws {
        #expect(try ledger.addresses() == addresses.sorted())
    }

    @Test func whatCameAfterTheReadingBeganIsLeftToWhoeverFollows() throws {
        var count = 0
        let last = try ledger.forEachEvent(in: EventSpan()) { event in
            count += 1
            guard count == 1 else { return }
            try ledger.append(
                .releaseMarked(release: "1", verdict: .good, reason: "so"), to: .application("shop"), actor: "test",
                at: event.time)
        }
        #expect(count == all.count)
        #expect(try ledger.lastSequence() == last + 1)
    }
}
