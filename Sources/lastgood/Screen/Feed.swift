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
    }

    private let ledgerPath: String
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

    init(ledgerPath: String, mailbox: Mailbox) {
        self.ledgerPath = ledgerPath
        self.mailbox = mailbox
    }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "feed"
        thread.stackSize = 1 << 20
        thread.start()
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        signal.signal()
    }

    /// Whether the first state has been read, or could not be.
    var isLoaded: Bool { state.withLock { $0.isLoaded } }

    func ask(_ effect: Effect) {
        state.withLock { $0.effects.append(effect) }
        signal.signal()
    }

    private func run() {
        var source: Source?
        while true {
            let (effects, isStopping) = state.withLock { state in
                defer { state.effects = [] }
                return (state.effects, state.isStopping)
            }
            if isStopping { return }
            do {
                if source == nil { source = try Source(path: ledgerPath, mailbox: mailbox) }
                for effect in effects { try source?.answer(effect) }
                try source?.poll()
                state.withLock { $0.isLoaded = true }
            } catch {
                mailbox.post(.unreachable(Failure(error).message))
                // Opened anew the next time: the file may have been moved away and put back.
                source = nil
                state.withLock { $0.isLoaded = true }
                _ = signal.wait(timeout: .now() + .seconds(1))
            }
            _ = signal.wait(timeout: .now() + Self.pause)
        }
    }

    /// The open ledger, and how far it has been read.
    private final class Source {
        private let ledger: SQLiteLedger
        private let samples: SampleStore?
        private let changes: LedgerChanges
        private let mailbox: Mailbox
        private var version: Int64 = -1
        private var sequence: Int64 = -1
        private var lastLeader: String??
        private var leaderCheckAt = ContinuousClock.now

        init(path: String, mailbox: Mailbox) throws {
            ledger = try SQLiteLedger(path: path)
            samples = try? SampleStore(besideLedger: path)
            changes = try ledger.changes()
            self.mailbox = mailbox
        }

        func poll() throws {
            // First, so that the first picture is whole.
            try checkLeader()
            let current = try changes.version()
            if sequence < 0 { try load() } else if current != version { try readEvents() }
            version = current
        }

        private func load() throws {
            let fleet = try ledger.fleet()
            sequence = fleet.sequence
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
            case .loadHistory(let address, let before, let filter):
                let page = try ledger.history(of: address, before: before, filter: filter, limit: Feed.historyPage)
                mailbox.post(
                    .history(
                        address, filter: filter, page: page, isFirst: before == nil,
                        isComplete: page.count < Feed.historyPage))
            case .loadStory(let address):
                var query = EventQuery()
                query.subject = .environment(address)
                query.isNewestFirst = true
                query.limit = Feed.storyLength
                mailbox.post(.story(address, try ledger.events(query)))
            case .loadEvents(let before):
                var query = EventQuery()
                query.isNewestFirst = true
                query.before = before
                query.limit = Feed.eventPage
                let events = try ledger.events(query)
                mailbox.post(.eventPage(events, isFirst: before == nil, isComplete: events.count < Feed.eventPage))
            case .loadSeries(let addresses, let since, let isWhole):
                guard let samples else { return }
                var result: [EnvironmentAddress: [String: [Sample]]] = [:]
                for address in addresses {
                    result[address] = try samples.series(
                        of: address, since: since, named: isWhole ? nil : "faultRate")
                }
                mailbox.post(.series(result))
            case .loadReadings(let addresses):
                guard let samples else { return }
                var result: [EnvironmentAddress: [AlarmReading]] = [:]
                for address in addresses { result[address] = try samples.readings(of: address) }
                mailbox.post(.readings(result))
            case .rollBack(let orders):
                rollBack(orders)
            case .mark(let application, let release, let verdict, let reason):
                let body = EventBody.releaseMarked(release: release, verdict: verdict, reason: reason)
                try ledger.append(body, to: .application(application), actor: userName(), at: .now)
                mailbox.post(.notice("\(application) \(release) is marked \(verdict.rawValue)"))
            case .loadTimeline(let addresses): mailbox.post(.timeline(try ledger.timeline(addresses)))
            case .makePlan(let plan):
                var refusal: String?
                do { try ledger.append(.planMade(plan), to: .ledger, actor: userName(), at: .now) } catch {
                    refusal = Failure(error).message
                }
                try readEvents()
                mailbox.post(.planAnswered(refusal))
            case .hold(let addresses, let suspect, let order, let reason):
                let body = EventBody.holdPlaced(suspect: suspect, order: order, reason: reason)
                do {
                    _ = try ledger.append(
                        addresses.map { Entry(.environment($0), body) }, actor: userName(), at: .now, token: nil)
                    mailbox.post(.notice("held until a release newer than \(suspect)"))
                } catch { mailbox.post(.notice(Failure(error).message)) }
            case .steerPlan(let body):
                do { try ledger.append(body, to: .ledger, actor: userName(), at: .now) } catch {
                    mailbox.post(.notice(Failure(error).message))
                }
            case .quit, .suspend, .useTheme, .compare, .openPatch, .closePatch, .rankSuspects, .checkPlan, .windBack,
                .assess:
                break
            }
        }

        /// Each environment by itself: one that is refused must not keep the others from going back.
        private func rollBack(_ orders: [RollbackOrder]) {
            var answers: [EnvironmentAddress: String?] = [:]
            for order in orders {
                let request = RollbackRequest(
                    to: order.to, order: order.order, leaving: order.leaving, reason: order.reason)
                do {
                    try ledger.append(
                        .rollbackRequested(request), to: .environment(order.address), actor: userName(), at: .now)
                    answers[order.address] = .some(nil)
                } catch { answers[order.address] = Failure(error).message }
            }
            mailbox.post(.asked(answers))
        }
    }
}
