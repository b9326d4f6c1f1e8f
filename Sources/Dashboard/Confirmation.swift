import Model
import Terminal

/// A dangerous act from the question to what the ledger said: what is shown is what is ordered, once.
///
/// It takes no key that was pressed before it could be read, has a word typed where production is touched, and is
/// spent with the order: whatever is pressed then, nothing goes out a second time. Where what was shown is not so any
/// more, it says what changed and asks anew. What was typed is kept until the ledger has it.
struct Confirmation: Equatable {
    /// What would be done if the person went on.
    enum Possibility: Equatable {
        /// The reason in the act is open still. The word is what must be typed; `nil` where a plain yes is enough. The
        /// grounds are what is so now, in words, and what a person decides upon.
        case possible(Act, word: String?, grounds: [String] = [])
        case impossible(reason: String)
    }

    enum Step: Equatable {
        case reason
        case word
        /// A plain yes; whatever else is pressed is a no.
        case yes
        /// Ordered under that number; the ledger has not answered yet.
        case sent(Int)
        /// It did not happen; it can be sent again.
        case notWritten(Refusal)
        /// The ledger has it under that number.
        case written(Int64)
    }

    /// What a key has brought about.
    enum Response: Equatable {
        case stays
        /// Away from it; nothing was ordered.
        case leaves
        case sends(Act)
        /// To the plan that stands in the way.
        case opensPlan(Int64)
    }

    /// What a person is asked about.
    enum Subject: Equatable {
        /// One environment; to `chosen` where a person picked it, else to where it would go by itself.
        case rollback(EnvironmentAddress, chosen: Choice?)
        case plan
        case mark(application: String, release: String, Verdict)
        case hold([EnvironmentAddress], suspect: String, order: Int64)
        /// A person keeps releases out of them.
        case holdByHand([EnvironmentAddress], until: HoldEnd)
        /// What was done last in them is undone: what was taken back is deployed again, or a hold is lifted.
        case takeBack([EnvironmentAddress])
        case lift([EnvironmentAddress])
        case freeze(Freeze)
        /// A freeze that was set by hand is taken away.
        case unfreeze(String)
        case resume(plan: Int64)
        case abort(plan: Int64)
        /// An act that is not asked about first, as it makes nothing happen.
        case plain(Act)
    }

    struct Choice: Equatable {
        var version: String
        var order: Int64
    }

    private(set) var subject: Subject
    private(set) var possibility: Possibility
    private(set) var step: Step
    var reason: TextField
    private(set) var word = TextField()
    private(set) var isWrong = false
    /// Since when the present step can be read; keys pressed before that are not meant for it.
    private(set) var shownAt: Timestamp
    /// What is not any more as it was shown.
    private(set) var change: String?
    /// What stood here when somebody else did meanwhile what this was about, so that nothing of it may come back by
    /// itself; `nil` where nobody did.
    private(set) var overtaken: Act?
    var isOver: Bool { overtaken != nil }
    /// Why whoever acts did not do what was asked for.
    private(set) var refusedBecause: String?
    /// What is known of its danger, and which of that the person has taken on.
    private(set) var risk = Risk.none
    private var takenOn: Set<String> = []
    /// The first line of the risk that is in sight.
    var scroll = 0
    /// Whether it cannot go out without a reason.
    private let needsReason: Bool
    /// Where the question begins, and begins anew.
    private let beginning: Step

    static let readingTime: Duration = .milliseconds(300)
    static let noReason = "no reason given"

    init(
        _ subject: Subject, _ possibility: Possibility, reason: String = "", startsAt step: Step = .reason,
        needsReason: Bool = false, now: Timestamp
    ) {
        self.subject = subject
        self.possibility = possibility
        self.step = step
        beginning = step
        self.reason = TextField(proposed: reason)
        self.needsReason = needsReason
        shownAt = now
    }

    /// What goes out; `nil` where nothing can be done.
    var act: Act? {
        guard case .possible(let act, _, _) = possibility else { return nil }
        return act.with(reason: reason.text.isEmpty ? Self.noReason : reason.text)
    }

    var wantedWord: String? {
        if case .possible(_, let word, _) = possibility { word } else { nil }
    }

    /// What is so, as the person sees it.
    var grounds: [String] {
        if case .possible(_, _, let grounds) = possibility { grounds } else { [] }
    }

    /// Whether there is a danger that the person has not taken on.
    var isDangerOpen: Bool { !takenOn.isSuperset(of: risk.dangers) }
    /// Whether the person has taken a danger on.
    var isDangerTakenOn: Bool { !risk.dangers.isEmpty && !isDangerOpen }
    /// Whether a reason is wanted, and not given.
    var lacksReason: Bool { needsReason && reason.text.allSatisfy(\.isWhitespace) }

    /// Whether the person still decides.
    var isOpen: Bool {
        switch step {
        case .reason, .word, .yes, .notWritten: true
        case .sent, .written: false
        }
    }

    var isNotWritten: Bool { if case .notWritten = step { true } else { false } }

    /// Whether the ledger keeps why it was done.
    var keepsReason: Bool {
        switch subject {
        case .rollback, .plan, .mark, .hold, .holdByHand, .takeBack, .lift, .freeze, .unfreeze, .abort: true
        case .resume, .plain: false
        }
    }

    /// The number under which it was sent, while the ledger has not answered.
    var sentNumber: Int? {
        if case .sent(let number) = step { number } else { nil }
    }

    private mutating func go(to next: Step, _ now: Timestamp) {
        step = next
        shownAt = now
        isWrong = false
        word = TextField()
    }

    /// - Parameter number: what an order that this key gives is known by.
    mutating func take(_ key: Key, now: Timestamp, number: Int) -> Response {
        if key == .escape { return .leaves }
        let isReadable = now - shownAt >= Self.readingTime
        switch step {
        case .reason:
            // What is typed ahead into the reason does no harm; what goes on does.
            guard key == .enter || key == .tab else {
                reason.take(key)
                isWrong = false
                return .stays
            }
            guard isReadable, act != nil else { return .stays }
            guard !isDangerOpen, !lacksReason else {
                isWrong = true
                return .stays
            }
            change = nil
            go(to: wantedWord == nil ? .yes : .word, now)
        case .word:
            // As with the reason: what is typed ahead does no harm, and a letter that is lost does.
            guard isReadable || key != .enter && key != .backTab else { return .stays }
            isWrong = false
            switch key {
            case .backTab: go(to: .reason, now)
            case .enter:
                if let wantedWord, word.text == wantedWord { return send(number) }
                isWrong = true
            default: word.take(key)
            }
        case .yes:
            guard isReadable else { return .stays }
            switch key {
            case .character("y"), .character("Y"): return send(number)
            case .backTab where keepsReason: go(to: .reason, now)
            case .character: return .leaves
            // A key that is held or struck twice is no yes, and takes away nothing that was typed.
            default: isWrong = true
            }
        case .notWritten(let refusal):
            guard isReadable else { return .stays }
            switch key {
            case .enter: return send(number)
            case .backTab where keepsReason: go(to: .reason, now)
            case .character("P"): return refusal.plan.map { .opensPlan($0) } ?? .stays
            default: break
            }
        case .sent: break
        case .written: if key == .enter || key == .character("q") { return .leaves }
        }
        return .stays
    }

    /// Takes on what is dangerous about it, once that could be read.
    mutating func takeOn(now: Timestamp) {
        guard step == .reason, now - shownAt >= Self.readingTime else { return }
        takenOn.formUnion(risk.dangers)
        isWrong = false
    }

    /// Hears what is known of its danger now; where that is a new one, it is asked about first.
    mutating func learn(_ fresh: Risk, now: Timestamp) {
        guard isOpen, !isOver, fresh != risk else { return }
        let (wasKnown, before) = (risk != .none, risk.dangers)
        risk = fresh
        guard isDangerOpen else { return }
        // A key that was meant for what stood here before takes on nothing.
        if fresh.dangers != before { (shownAt, scroll) = (now, 0) }
        guard wasKnown, step != .reason else { return }
        change = "changed meanwhile: it is dangerous, as is known now"
        go(to: .reason, now)
    }

    /// Has something else done, which the person chose; what was typed stays.
    mutating func choose(_ other: Subject, _ possibility: Possibility) {
        guard isOpen, !isOver else { return }
        (subject, self.possibility, change) = (other, possibility, nil)
    }

    /// It is seen only now.
    mutating func show(at time: Timestamp) { shownAt = time }

    /// Orders it; from then on it is spent.
    mutating func send(_ number: Int) -> Response {
        guard isOpen, let act else { return .stays }
        step = .sent(number)
        change = nil
        return .sends(act)
    }

    /// Takes in what the ledger said.
    mutating func take(_ answer: Answer, now: Timestamp) {
        guard sentNumber != nil else { return }
        switch answer {
        case .written(let sequence): step = .written(sequence)
        case .notWritten(let refusal): go(to: .notWritten(refusal), now)
        }
    }

    /// Takes in an event that says that what was asked for will not be done.
    mutating func hear(_ event: Event) {
        guard case .written(let sequence) = step, event.sequence > sequence, case .rollback(let address, _) = subject,
            event.address == address, case .rollbackRefused(let reason) = event.body
        else { return }
        refusedBecause = refusedBecause ?? reason
    }

    /// Looks again at what would be done: where that is not what was shown, it says so and asks anew.
    mutating func reconsider(_ fresh: Possibility, now: Timestamp) {
        guard isOpen, !isOver, fresh != possibility else { return }
        if let gone = possibility.whatIsGone(fresh) {
            change = "changed meanwhile: \(gone)"
            overtaken = act
            possibility = .impossible(reason: gone)
            return go(to: beginning, now)
        }
        if case .possible = possibility { change = "changed meanwhile: \(possibility.difference(to: fresh))" }
        possibility = fresh
        takenOn = []
        go(to: beginning, now)
    }
}
