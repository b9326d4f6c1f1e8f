import Model

/// What a person has ordered, to the letter, as it goes into the ledger.
public enum Act: Hashable, Sendable {
    case rollBack(RollbackOrder)
    case makePlan(RollbackPlan)
    case mark(application: String, release: String, verdict: Verdict, reason: String)
    /// Lets only a release registered after the suspect into environments.
    case hold([EnvironmentAddress], suspect: String, order: Int64, reason: String)
    /// Lets nothing into environments but what is waited for.
    case holdByHand([EnvironmentAddress], until: HoldEnd, reason: String)
    /// Deploys what was taken back once more.
    case goForward([ForwardOrder], reason: String)
    case liftHold([EnvironmentAddress], suspect: String?, reason: String)
    /// Lets nothing begin in environments for a time; its reason is in it.
    case freeze(Freeze)
    case unfreeze(String, reason: String)
    case pausePlan(Int64)
    case resumePlan(Int64)
    case abortPlan(Int64, reason: String)

    /// The same for another reason.
    func with(reason: String) -> Act {
        switch self {
        case .rollBack(var order):
            order.reason = reason
            return .rollBack(order)
        case .makePlan(var plan):
            plan.reason = reason
            return .makePlan(plan)
        case .mark(let application, let release, let verdict, _):
            return .mark(application: application, release: release, verdict: verdict, reason: reason)
        case .hold(let addresses, let suspect, let order, _):
            return .hold(addresses, suspect: suspect, order: order, reason: reason)
        case .holdByHand(let addresses, let until, _): return .holdByHand(addresses, until: until, reason: reason)
        case .goForward(let orders, _): return .goForward(orders, reason: reason)
        case .liftHold(let addresses, let suspect, _): return .liftHold(addresses, suspect: suspect, reason: reason)
        case .freeze(var freeze):
            freeze.reason = reason
            return .freeze(freeze)
        case .unfreeze(let name, _): return .unfreeze(name, reason: reason)
        case .abortPlan(let plan, _): return .abortPlan(plan, reason: reason)
        case .pausePlan, .resumePlan: return self
        }
    }

    /// The environments that go to another release, and which.
    var steps: [RollbackPlan.Step] {
        switch self {
        case .rollBack(let order): [order.step]
        case .makePlan(let plan): plan.steps
        case .goForward(let orders, _): orders.map(\.step)
        case .mark, .hold, .holdByHand, .liftHold, .freeze, .unfreeze, .pausePlan, .resumePlan, .abortPlan: []
        }
    }

    /// What it is, for whoever has to be told that it did not happen.
    public var title: String {
        switch self {
        case .rollBack(let order): "rollback of \(order.address) from \(order.leaving) to \(order.to)"
        case .makePlan(let plan):
            "rollback of \(counted(plan.steps.count, "environment"))"
        case .mark(let application, let release, let verdict, _):
            "mark of \(application) \(release) as \(verdict.rawValue)"
        case .hold(let addresses, let suspect, _, _):
            "hold of \(addresses.map(\.description).joined(separator: ", ")) against \(suspect)"
        case .holdByHand(let addresses, let until, _):
            "hold of \(Self.list(addresses.map(\.description))) \(until.inWords)"
        case .goForward(let orders, _):
            "deployment of \(Self.list(orders.map { "\($0.to) to \($0.address)" }))"
        case .liftHold(let addresses, let suspect, _):
            "lifting of the hold\(suspect.map { " against \($0)" } ?? "") in \(Self.list(addresses.map(\.description)))"
        case .freeze(let freeze): "freeze “\(freeze.name)” of \(freeze.environments)"
        case .unfreeze(let name, _): "taking away of the freeze “\(name)”"
        case .pausePlan(let plan): "pause of plan #\(plan)"
        case .resumePlan(let plan): "resuming of plan #\(plan)"
        case .abortPlan(let plan, _): "abort of plan #\(plan)"
        }
    }

    /// What is so once the ledger has it.
    var done: String {
        switch self {
        case .rollBack(let order): "\(order.address): rollback to \(order.to) asked for"
        case .makePlan(let plan): "a plan of \(counted(plan.steps.count, "environment")) is made"
        case .mark(let application, let release, let verdict, _):
            "\(application) \(release) is marked \(verdict.rawValue)"
        case .hold(_, let suspect, _, _): "held until a release registered after \(suspect)"
        case .holdByHand(let addresses, let until, _):
            "\(Self.list(addresses.map(\.description))): held \(until.inWords)"
        case .goForward(let orders, _): "asked for: \(Self.list(orders.map { "\($0.to) in \($0.address)" }))"
        case .liftHold(let addresses, _, _): "no hold any more in \(Self.list(addresses.map(\.description)))"
        case .freeze(let freeze): "\(freeze.environments) is frozen until \(freeze.untilInWords)"
        case .unfreeze(let name, _): "the freeze \(name) is taken away"
        case .pausePlan(let plan): "plan #\(plan) is paused"
        case .resumePlan(let plan): "plan #\(plan) was resumed"
        case .abortPlan(let plan, _): "plan #\(plan) is aborted"
        }
    }
}

extension Act {
    private static func list(_ words: [String]) -> String {
        words.prefix(4).joined(separator: ", ") + (words.count > 4 ? " and \(words.count - 4) more" : "")
    }

    /// The environments that it is about; empty where it is about a release or a plan.
    var addresses: [EnvironmentAddress] {
        switch self {
        case .rollBack, .makePlan, .goForward: steps.map(\.address)
        case .hold(let addresses, _, _, _), .holdByHand(let addresses, _, _), .liftHold(let addresses, _, _): addresses
        case .mark, .freeze, .unfreeze, .pausePlan, .resumePlan, .abortPlan: []
        }
    }
}

/// A release that was taken back and is to be deployed once more, as shown.
public struct ForwardOrder: Hashable, Sendable {
    public var address: EnvironmentAddress
    public var to: String
    /// The registration order of `to`.
    public var order: Int64
    public var leaving: String
    /// Whether the gate is closed to it, and a person goes past that.
    public var isPastGate: Bool

    var step: RollbackPlan.Step { .init(address: address, to: to, order: order, leaving: leaving) }
}

/// A rollback of one environment that a person has confirmed: which release is gone to and which is left, as shown.
public struct RollbackOrder: Hashable, Sendable {
    public var address: EnvironmentAddress
    public var to: String
    /// The registration order of `to`.
    public var order: Int64
    public var leaving: String
    public var reason: String

    public init(address: EnvironmentAddress, to: String, order: Int64, leaving: String, reason: String = "") {
        self.address = address
        self.to = to
        self.order = order
        self.leaving = leaving
        self.reason = reason
    }

    var step: RollbackPlan.Step { .init(address: address, to: to, order: order, leaving: leaving) }
}

/// What the ledger said to an act.
public enum Answer: Equatable, Sendable {
    /// It is there, with that number.
    case written(Int64)
    /// It is not, and did not happen.
    case notWritten(Refusal)
}

/// Why an act did not get into the ledger.
public struct Refusal: Error, Hashable, Sendable {
    public var reason: String
    /// What to do about it.
    public var mend: String?
    /// The plan that stands in the way, where one does.
    public var plan: Int64?

    public init(reason: String, mend: String? = nil, plan: Int64? = nil) {
        self.reason = reason
        self.mend = mend
        self.plan = plan
    }
}
