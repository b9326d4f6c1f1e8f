import Controller
import Dashboard
import Decisions
import Foundation
import Ledger
import Model
import Synchronization
import Terminal

/// Runs the dashboard on a thread of its own until somebody leaves it.
final class Console: Sendable {
    /// Why the screen is gone.
    enum Ending: Sendable {
        case quit
        /// By a signal, as from a script; Control-C is a key.
        case interrupted
        /// The terminal is gone; nobody can be told anything.
        case hungUp
        case failed(Failure)
    }

    private let feed: Feed
    private let desk: CompareDesk
    private let mailbox: Mailbox
    private let library: ThemeLibrary
    private let themeName: String?
    private let audience: Audience
    private let initial: @Sendable (Size) -> ViewState

    init(
        feed: Feed, desk: CompareDesk, mailbox: Mailbox, library: ThemeLibrary, themeName: String?,
        audience: Audience, initial: @escaping @Sendable (Size) -> ViewState
    ) {
        self.feed = feed
        self.desk = desk
        self.mailbox = mailbox
        self.library = library
        self.themeName = themeName
        self.audience = audience
        self.initial = initial
    }

    func run() async -> Ending {
        await withCheckedContinuation { continuation in
            let thread = Thread { [self] in continuation.resume(returning: runNow()) }
            thread.name = "screen"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    private func runNow() -> Ending {
        let (theme, complaint) = library.themeOrDefault(themeName)
        let screen: Screen
        do {
            screen = try Screen(usesColor: !library.isColorless, palette: theme.style)
        } catch {
            return .failed(Failure(error))
        }
        defer { screen.close() }
        mailbox.connect(screen.waker)
        var state = initial(screen.size)
        (state.themes, state.theme, state.isASCII) = (library.names, theme.name, screen.isASCII)
        state.isColorless = library.isColorless
        _ = state.update(tick())
        if let complaint { _ = state.update(.notice(complaint)) }
        return Loop(
            screen: screen, feed: feed, desk: desk, mailbox: mailbox, library: library, audience: audience, state: state
        ).run()
    }

    private func tick() -> Message { Loop.tick() }

    /// The thread's own: what it touches is touched by no other.
    private final class Loop {
        private let screen: Screen
        private let feed: Feed
        private let desk: CompareDesk
        private let mailbox: Mailbox
        private let library: ThemeLibrary
        private let audience: Audience
        private var state: ViewState
        /// What is known at once is shown at once, instead of a screen that says that it is loading.
        private static let patience: Duration = .milliseconds(150)
        /// How long what keys do may go unseen while more of them come.
        private static let longestUnshown: Duration = .milliseconds(30)
        private static let calm: Duration = .milliseconds(600)
        private var calmUntil = ContinuousClock.now

        init(
            screen: Screen, feed: Feed, desk: CompareDesk, mailbox: Mailbox, library: ThemeLibrary, audience: Audience,
            state: ViewState
        ) {
            self.screen = screen
            self.feed = feed
            self.desk = desk
            self.mailbox = mailbox
            self.library = library
            self.audience = audience
            self.state = state
        }

        static func tick() -> Message {
            let now = Timestamp.now
            return .tick(now, zone: zoneOffset(now))
        }

        func run() -> Ending {
            let deadline = ContinuousClock.now + Self.patience
            while !state.isLoaded, ContinuousClock.now < deadline {
                if let ending = step(within: 20) { return ending }
            }
            calmUntil = .now + Self.calm
            var shownAt: ContinuousClock.Instant?
            while true {
                // Keys that come faster than they can be drawn, as of a paste that the terminal does not mark, are taken in
                // without a picture of each.
                if !screen.mayHaveMoreKeys || shownAt.map({ .now - $0 >= Self.longestUnshown }) ?? true {
                    screen.show(render(state))
                    shownAt = .now
                }
                let toNextSecond = Int32(1000 - Timestamp.now.milliseconds % 1000)
                if let ending = step(within: toNextSecond) { return ending }
            }
        }

        private func step(within milliseconds: Int32) -> Ending? {
            let events = screen.events(within: milliseconds)
            // What came is judged by the time at which it came. Without a key, the clock of the first picture stands
            // until the eye has arrived.
            let isKey = events.contains { if case .key = $0 { true } else { false } }
            if isKey || ContinuousClock.now >= calmUntil, let ending = take(Self.tick()) { return ending }
            for event in events {
                switch event {
                case .key(let key): if let ending = take(.key(key)) { return ending }
                case .resized(let size): if let ending = take(.resized(size)) { return ending }
                case .flooded:
                    if let ending = take(.notice("more was typed at once than anybody types: the rest is left out")) {
                        return ending
                    }
                case .hangUp: return .hungUp
                case .terminate: return .quit
                case .interrupt: return .interrupted
                case .suspend: screen.suspend()
                case .resumed, .woken: break
                }
            }
            if mailbox.isClosed { return .quit }
            for message in mailbox.take() { if let ending = take(message) { return ending } }
            return nil
        }

        private func take(_ message: Message) -> Ending? {
            let effects = state.update(message)
            audience.note(isDeciding: state.isDeciding)
            for effect in effects {
                switch effect {
                case .quit: return .quit
                case .suspend: screen.suspend()
                case .useTheme(let name): useTheme(name)
                case .copy(let text): screen.copy(text)
                case .compare(let subject): desk.compare(subject)
                case .openPatch(let compared, let subject): desk.open(compared, subject)
                case .closePatch: desk.close()
                case .rankSuspects(let address, let moment): desk.rankSuspects(address, at: moment)
                case .explain(let address): desk.explain(address)
                case .survey(let subject): desk.survey(subject)
                case .previewPatch(let compared, let subject): desk.preview(compared, subject)
                case .assess(let subjects): desk.assess(subjects)
                case .windBack(let moment): desk.windBack(moment)
                case .checkPlan(let plan): desk.check(plan)
                // How it goes on is in the ledger, which is open already.
                case .loadDeployment(let address, let id, let moment, compares: true):
                    desk.tell(of: id, in: address, at: moment)
                case .loadReport(let subject): desk.report(on: subject)
                case .saveReport(let name, let text): desk.save(text, as: name)
                default: feed.ask(effect)
                }
            }
            return nil
        }

        private func useTheme(_ name: String) {
            guard !library.isColorless else { return }
            let (theme, complaint) = library.themeOrDefault(name)
            if let complaint {
                _ = state.update(.notice(complaint))
            } else {
                screen.use(theme.style)
                _ = state.update(.themeChanged(theme.name))
            }
        }
    }
}
