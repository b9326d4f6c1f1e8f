import Controller
import Dashboard
import Foundation
import Ledger
import Model
import Synchronization
import Terminal

/// Messages on their way to the screen's thread.
final class Mailbox: Sendable {
    private struct State {
        var messages: [Message] = []
        var isClosed = false
        var waker: Waker?
    }

    private let state = Mutex(State())

    func post(_ message: Message) {
        let waker = state.withLock { state in
            state.messages.append(message)
            return state.waker
        }
        waker?.wake()
    }

    func take() -> [Message] {
        state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Has the screen end.
    func close() {
        let waker = state.withLock { state in
            state.isClosed = true
            return state.waker
        }
        waker?.wake()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func connect(_ waker: Waker) { state.withLock { $0.waker = waker } }
}

/// Reads for the screen, on a thread of its own: the screen never waits for a disk.
final class Feed: Sendable {
    private struct State {
        var effects: [Effect] = []
        var isStopping = false
        var isLoaded = false
        var wasOpen = false
        /// Whoever waits for the end of the thread; it is resumed once nothing that was ordered is left.
        var stopped: CheckedContinuation<Void, Never>?
        var hasEnded = false
        var unwritten: [String] = []
    }

    private let ledgerPath: String
    private let access: LedgerAccess
    private let mailbox: Mailbox
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    /// How often it is looked whether there is news.
    private static let pause: DispatchTimeInterval = .milliseconds(100)
    private static let historyPage = 200
    private static let eventPage = 300
    private static let storyLength = 200
    /// More than this at once is faster read as a state than as events.
    private static let mostEvents = 5000

    init(ledgerPath: String, access: LedgerAccess, mailbox: Mailbox) {
        self.access = access
        self.ledgerPath = ledgerPath
        self.mailbox = mailbox
    }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "feed"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Ends the thread, once all that was ordered is written or cannot be.
    /// - Returns: what could not be written, and why; nobody has been told of it.
    func stop() async -> [String] {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                state.isStopping = true
                if !state.hasEnded { state.stopped = continuation }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
            signal.signal()
        }
        return state.withLock { $0.unwritten }
    }

    /// Whether the first state has been read, or could not be.
    var isLoaded: Bool { state.withLock { $0.isLoaded } }

    func ask(_ effect: Effect) {
        state.withLock { $0.effects.append(effect) }
        signal.signal()
    }

    /// - Throws: also where the file was there before: a console makes no ledger in the place of one that was taken away.
    private func open() throws -> Source {
        if state.withLock({ $0.wasOpen }), !FileManager.default.fileExists(atPath: ledgerPath) {
            throw LedgerError.replaced(path: ledgerPath)
        }
        let source = try Source(path: ledgerPath, access: access, mailbox: mailbox)
        state.withLock { $0.wasOpen = true }
        return source
    }

    private func run() {
        var source: Source?
        while true {
            let (effects, isStopping) = state.withLock { state in
                defer { state.effects = [] }
                return (state.effects, state.isStopping)
            }
            // What was ordered comes first, and is answered whatever else goes wrong.
            for case .order(let number, let act) in effects { carryOut(act, number, &source, isLast: isStopping) }
            if isStopping { return end() }
            var questions = effects.filter { if case .order = $0 { false } else { true } }[...]
            do {
                if source == nil { source = try open() }
                while let question = questions.popFirst() { try source?.answer(question) }
                try source?.poll()
                state.withLock { $0.isLoaded = true }
            } catch {
                mailbox.post(.unreachable(Failure(error).message))
                // Opened anew the next time: the file may have been moved away and put back.
                source = nil
                state.withLock { state in
                    state.isLoaded = true
                    // What was not got to is asked again.
                    state.effects.insert(contentsOf: questions, at: 0)
                }
                _ = signal.wait(timeout: .now() + .seconds(1))
            }
            _ = signal.wait(timeout: .now() + Self.pause)
        }
    }

    /// - Parameter isLast: whether the screen is gone, so that nobody would see an answer.
    private func carryOut(_ act: Act, _ number: Int, _ source: inout Source?, isLast: Bool) {
        do {
            if source == nil { source = try open() }
            guard let source else { return }
            let sequence = try source.write(act)
            mailbox.post(.answered(number, .written(sequence)))
        } catch {
            let refusal = Refusal(error)
            // So that what has changed is known before it is said that it did.
            try? source?.poll()
            mailbox.post(.answered(number, .notWritten(refusal)))
            guard isLast else { return }
            let mend = refusal.mend.map { "\n  \($0)" } ?? ""
            state.withLock { $0.unwritten.append("not written: \(act.title): \(refusal.reason)\(mend)") }
        }
    }

    private func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.stopped = nil }
            return state.stopped
        }
        waiting?.resume()
    }

    /// The open ledger, and how far it has been read.
    private final class Source {
        private let ledger: SQLiteLedger
        /// Not opened before the first picture is there: it needs none of them.
        private lazy var samples = try? SampleStore(besideLedger: ledger.path)
        private let changes: LedgerChanges
        private let mailbox: Mailbox
        private var version: Int64 = -1
        private var sequence: Int64 = -1
        private var lastLeader: String??
        private var reloadAt: ContinuousClock.Instant?
        private var leaderCheckAt = ContinuousClock.now

        init(path: String, access: LedgerAccess, mailbox: Mailbox) throws {
            ledger = try SQLiteLedger(path: path, access: access)
            changes = try ledger.changes()
            self.mailbox = mailbox
        }

        func poll() throws {
            // First, so that the first picture is whole.
            try checkLeader()
            let current = try changes.version()
            if sequence < 0 || isStillBeingMade { try load() } else if current != version { try readEvents() }
            version = current
        }

        /// Whether environments are being brought up to date, of which no event tells; looked at once a second.
        private var isStillBeingMade: Bool { reloadAt.map { ContinuousClock.now >= $0 } ?? false }

        private func load() throws {
            let fleet = try ledger.fleet()
            sequence = fleet.sequence
            let isWhole = !fleet.environments.values.contains { $0.isBeingMade }
            reloadAt = isWhole ? nil : .now + .seconds(1)
            mailbox.post(.loaded(fleet))
        }

        private func readEvents() throws {
            if try ledger.lastSequence() - sequence > Feed.mostEvents { return try load() }
            var query = EventQuery()
            query.after = sequence
            query.limit = Feed.mostEvents
            let events = try ledger.events(query)
            guard let last = events.last else { return }
            sequence = last.sequence
            mailbox.post(.events(events))
        }

        private func checkLeader() throws {
            guard ContinuousClock.now >= leaderCheckAt else { return }
            leaderCheckAt = .now + .milliseconds(500)
            let lease = try ledger.currentLease()
            let isHeld = lease?.isHeld(at: .now, isGone: { $0.isGone }) ?? false
            let leader = isHeld ? lease?.holder.name : nil
            guard lastLeader != .some(leader) else { return }
            lastLeader = .some(leader)
            mailbox.post(.leadership(isOurs: isHeld && lease?.holder == .thisProcess, leader: leader))
        }

        func answer(_ effect: Effect) throws {
            switch effect {
            case .loadHistory(let address, let before, let last, let filter):
                let page = try ledger.history(
                    of: address, before: before ?? last?.next, filter: filter, limit: Feed.historyPage)
                mailbox.post(
                    .history(
                        address, filter: filter, page: page, isFirst: before == nil,
                        isComplete: page.count < Feed.historyPage))
            case .loadStory(let address, let last):
                var query = EventQuery()
                query.before = last?.next
                query.subject = .environment(address)
                query.isNewestFirst = true
                query.limit = Feed.storyLength
                mailbox.post(.story(address, try ledger.events(query)))
            case .loadReleases(let application):
                mailbox.post(
                    .releases(
                        application, try ledger.releases(of: application),
                        failures: try ledger.failures(of: application)))
            case .loadEvents(let place, let last):
                var query = EventQuery()
                query.before = last?.next
                query.limit = Feed.eventPage
                switch place {
                case .newest: query.isNewestFirst = true
                case .before(let sequence): (query.isNewestFirst, query.before) = (true, sequence)
                case .after(let sequence): query.after = sequence
                case .oldest: break
                }
                let events = try ledger.events(query)
                let isComplete = events.count < Feed.eventPage
                mailbox.post(
                    .eventPage(query.isNewestFirst ? events : events.reversed(), place, isComplete: isComplete))
            case .loadLately(let last):
                mailbox.post(
                    .lately(try ledger.endedDeployments(before: last?.next, limit: ViewState.latelyKept)))
            case .loadSeries(let wishes, let since):
                guard let samples else { return }
                var result: [EnvironmentAddress: [String: [Sample]]] = [:]
                for wish in wishes {
                    result[wish.address] = try samples.series(of: wish.address, since: since, named: wish.names)
                }
                mailbox.post(.series(result))
            case .loadReadings(let addresses):
                guard let samples else { return }
                var result: [EnvironmentAddress: [AlarmReading]] = [:]
                for address in addresses { result[address] = try samples.readings(of: address) }
                mailbox.post(.readings(result))
            case .loadDeployment(let address, let id, _, _):
                guard let story = try? ledger.deploymentStory(id, of: address) else { return }
                mailbox.post(.deployment(DeploymentNews(address: address, id: id, story: story, isWhole: true)))
            case .loadTimeline(let addresses): mailbox.post(.timeline(try ledger.timeline(addresses)))
            case .quit, .suspend, .useTheme, .compare, .openPatch, .closePatch, .rankSuspects, .explain, .checkPlan,
                .windBack,
                .assess, .order, .copy, .loadReport, .saveReport, .survey, .previewPatch:
                break
            }
        }

        /// Writes what was ordered, all of it or nothing.
        /// - Returns: the number under which the ledger has it.
        func write(_ act: Act) throws -> Int64 {
            let events = try ledger.append(act.entries, actor: userName(), at: .now, token: nil)
            // It is there: that it cannot be read now is no reason to say that it is not.
            if sequence >= 0 { try? readEvents() }
            return events.first?.sequence ?? 0
        }
    }
}

extension Act {
    /// What is written for it, in one transaction.
    fileprivate var entries: [Entry] {
        switch self {
        case .rollBack(let order):
            let request = RollbackRequest(
                to: order.to, order: order.order, leaving: order.leaving, reason: order.reason)
            return [Entry(.environment(order.address), .rollbackRequested(request))]
        case .makePlan(let plan): return [Entry(.ledger, .planMade(plan))]
        case .mark(let application, let release, let verdict, let reason):
            return [
                Entry(.application(application), .releaseMarked(release: release, verdict: verdict, reason: reason))
            ]
        case .hold(let addresses, let suspect, let order, let reason):
            let body = EventBody.holdPlaced(suspect: suspect, order: order, reason: reason)
            return addresses.map { Entry(.environment($0), body) }
        case .holdByHand(let addresses, let until, let reason):
            return addresses.map { Entry(.environment($0), .holdPlacedByHand(until: until, reason: reason)) }
        case .goForward(let orders, let reason):
            return orders.map { order in
                let request = DeploymentRequest(
                    release: order.to, releaseOrder: order.order, trigger: .person, reason: reason,
                    gateOverride: order.isPastGate ? reason : nil)
                return Entry(.environment(order.address), .deploymentRequested(request))
            }
        case .liftHold(let addresses, _, let reason):
            return addresses.map { Entry(.environment($0), .holdLifted(reason: reason, which: .all)) }
        case .freeze(let freeze): return [Entry(.ledger, .freezeAdded(freeze))]
        case .unfreeze(let name, let reason): return [Entry(.ledger, .freezeRemoved(name: name, reason: reason))]
        case .pausePlan(let plan): return [Entry(.ledger, .planPaused(plan: plan))]
        case .resumePlan(let plan): return [Entry(.ledger, .planResumed(plan: plan))]
        case .abortPlan(let plan, let reason): return [Entry(.ledger, .planAborted(plan: plan, reason: reason))]
        }
    }
}

extension Refusal {
    fileprivate init(_ error: any Error) {
        let failure = Failure(error)
        self.init(reason: failure.message, mend: failure.mend, plan: failure.plan)
    }
}
