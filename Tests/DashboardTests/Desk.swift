import Compare
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// A dashboard at which somebody presses keys, and that hears what the ledger says.
struct Desk {
    var gallery: Gallery
    /// What a comparison finds, at once; `nil` where it takes its time.
    var findings: [Finding]? = []

    /// 1.9.0 is live in beta and prod-eu, after 1.8.2.
    init(_ width: Int = 100, _ height: Int = 30) throws {
        gallery = try Gallery(width, height)
        for (name, instances) in [("beta", 2), ("prod-eu", 4)] {
            try gallery.deploy(name, "1.9.0", order: 2, instances: instances)
        }
        _ = gallery.look()
    }

    var text: String { render(gallery.state).text }

    /// Presses keys a second after what was shown last, all at one moment.
    @discardableResult
    mutating func press(_ keys: [Key], after pause: Duration = .seconds(1)) -> [Effect] {
        gallery.now = gallery.now + pause
        _ = gallery.state.update(.tick(gallery.now, zone: 0))
        return keys.flatMap { key in heed(gallery.state.update(.key(key))) }
    }

    /// Answers what is to be compared for a question or a plan.
    private mutating func heed(_ effects: [Effect]) -> [Effect] {
        guard gallery.state.isDeciding else { return effects }
        return effects.filter { effect in
            guard case .assess(let subjects) = effect else { return true }
            for subject in subjects { if let findings { assess(subject, .success(findings)) } }
            return false
        }
    }

    /// A comparison has ended.
    mutating func assess(_ subject: CompareSubject, _ result: Result<[Finding], Problem>) {
        _ = gallery.state.update(.assessed(subject, result))
    }

    @discardableResult
    mutating func type(_ text: String) -> [Effect] { press(text.map { .character($0) }) }

    mutating func answer(_ number: Int, _ answer: Answer) { _ = gallery.state.update(.answered(number, answer)) }

    /// Something happens that the screen hears of.
    mutating func hear(_ name: String, _ body: EventBody, actor: String = "ben") throws {
        let event = try gallery.tell(name, body, actor: actor)
        _ = gallery.state.update(.events([event]))
    }

    /// Up to the question in prod-eu, the third.
    mutating func askForProduction() { press([.home, .down, .down, .character("r")]) }

    /// All that was ordered.
    static func orders(_ effects: [Effect]) -> [Act] {
        effects.compactMap { if case .order(_, let act) = $0 { act } else { nil } }
    }

    static let back = Act.rollBack(
        RollbackOrder(address: Gallery.address("prod-eu"), to: "1.8.2", order: 1, leaving: "1.9.0", reason: "leak"))

    /// Something happens to the ledger's plans that the screen hears of.
    @discardableResult
    mutating func hearOfPlan(_ body: EventBody) throws -> Int64 {
        let id = try gallery.tellLedger(body)
        _ = gallery.state.update(.loaded(gallery.fleet))
        return id
    }

    /// 1.9.1 comes to an environment meanwhile.
    mutating func deployAnother(_ name: String = "prod-eu") throws {
        try gallery.deploy(name, "1.9.1", order: 3, instances: 4)
        _ = gallery.state.update(.loaded(gallery.fleet))
    }
}

/// Whatever a person can order on the screen.
enum Ordered: String, CaseIterable {
    case rollback, plan, mark, hold, pause, resume, abort

    /// Those that ask first.
    static let asked = allCases.filter { $0 != .pause }
}

extension Desk {
    /// Brings the screen to where one key more orders it.
    /// - Returns: that key.
    mutating func reach(_ what: Ordered) throws -> Key {
        switch what {
        case .rollback:
            askForProduction()
            type("leak")
            press([.enter])
            type("prod-eu")
            return .enter
        case .plan:
            press([.home, .character(" "), .down, .character(" "), .character("r")])
            press([.enter])
            press([.enter])
            type("prod-eu")
            return .enter
        case .mark:
            press([.home, .character("v"), .character("m")])
            type("leak")
            press([.enter])
            return .character("y")
        case .hold, .pause, .resume, .abort:
            let step = RollbackPlan.Step(address: Gallery.address("prod-eu"), to: "1.8.2", order: 1)
            let plan = RollbackPlan(waves: [[step]], maxParallel: 1, reason: "leak", suspect: "1.9.0")
            let id = try hearOfPlan(.planMade(plan))
            if what == .resume { try hearOfPlan(.planPaused(plan: id)) }
            press([.character("P")])
            if what == .pause { return .character("p") }
            press([.character(what == .hold ? "H" : what == .abort ? "A" : "p")])
            return .character("y")
        }
    }
}
