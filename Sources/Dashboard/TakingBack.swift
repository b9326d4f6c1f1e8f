import Decisions
import Model
import Terminal

/// Undoing what was done last.
extension ViewState {
    private static let actsKept = 50

    /// Keeps what the ledger has, so that it can be taken back.
    mutating func remember(_ known: Confirmation) {
        guard case .written = known.step, let act = known.act else { return }
        acts.append(act)
        if acts.count > Self.actsKept { acts.removeFirst() }
    }

    /// Takes back what was done last: by this person, where that concerns what is picked, else by whoever did it there.
    mutating func takeBackLast() -> [Effect] {
        let here = targets
        let last = acts.last { act in
            if case .mark(let application, _, _, _) = act { return here.contains { $0.application == application } }
            if case .freeze(let freeze) = act { return here.contains { freeze.concerns($0) } }
            return act.addresses.contains(where: here.contains)
        }
        switch last {
        case .mark(let application, let release, let verdict, _)?:
            openMark(application, release, verdict == .bad ? .good : .bad)
        case .hold(let addresses, _, _, _)?, .holdByHand(let addresses, _, _)?: openQuestion(.lift(addresses))
        case .liftHold(_, let suspect, _)?:
            say(
                "a hold that is lifted does not come back\(suspect.map { ": m marks \($0) bad, which keeps it out" } ?? "")"
            )
        case .freeze(let freeze)?: openQuestion(.unfreeze(freeze.name))
        case .goForward?: say("what was done last went forward: r goes back")
        case .makePlan?, .rollBack?, .unfreeze?, .pausePlan?, .resumePlan?, .abortPlan?, nil:
            guard !here.isEmpty else {
                say("no environment is selected")
                break
            }
            openQuestion(.takeBack(here))
        }
        return []
    }

    /// Lets releases in again that a hold keeps out.
    mutating func liftHold() -> [Effect] {
        openQuestion(.lift(targets))
        return []
    }

    /// Asks, or says why there is nothing to ask.
    mutating func openQuestion(_ subject: Confirmation.Subject) {
        switch possibility(subject) {
        case .impossible(let reason): say(reason)
        case .possible(let act, _, _):
            // What was found before may not be so any more.
            let addresses = act.addresses
            assessments = assessments.filter { !addresses.contains($0.key.address) }
            ask(subject, needsReason: true)
        }
    }

    // MARK: what would be done

    func takeBack(_ addresses: [EnvironmentAddress]) -> Confirmation.Possibility {
        var orders: [ForwardOrder] = []
        var held: [EnvironmentAddress] = []
        var grounds: [String] = []
        var refusals: [String] = []
        for address in addresses {
            guard let state = environment(address) else { continue }
            let place = addresses.count > 1 ? "\(address): " : ""
            switch takingBack(
                state, application: application(address), freezes: frozen(address),
                surroundings: surroundings(address))
            {
            case .success(.goForward(let to, let order, let from, let past)):
                orders.append(
                    ForwardOrder(address: address, to: to, order: order, leaving: from, isPastGate: !past.isEmpty))
                if let taken = state.deployment, taken.trigger == .automatic {
                    grounds.append("\(place)\(to) was taken back by itself: \(taken.reason ?? "no reason was kept")")
                }
                grounds += past.map { "\(place)it goes past the gate: \($0.summary)" }
            case .success(.liftHold): held.append(address)
            case .failure(let refusal): refusals.append("\(place)\(refusal.reason)")
            }
        }
        guard !orders.isEmpty else {
            return held.isEmpty
                ? .impossible(reason: refusals.first ?? "nothing was done here") : lift(held, besides: refusals)
        }
        let places = orders.map { (address: $0.address, stage: environment($0.address)?.stage ?? "") }
        return .possible(
            .goForward(orders, reason: ""), word: wordToType(places), grounds: grounds + refusals)
    }

    func lift(_ addresses: [EnvironmentAddress], besides grounds: [String] = []) -> Confirmation.Possibility {
        let held = addresses.compactMap { environment($0) }.filter(\.isHeld)
        guard !held.isEmpty else {
            let place = addresses.count == 1 ? addresses.first?.description : nil
            return .impossible(reason: place.map { "\($0) is not held" } ?? "none of them is held")
        }
        let reasons = held.flatMap { state in
            [state.hold.map { "\($0.suspect) was rolled back: \($0.reason)" }, state.handHold?.inWords].compactMap {
                $0
            }
        }
        var seen: Set<String> = []
        return .possible(
            .liftHold(held.map(\.address), suspect: held.lazy.compactMap(\.hold?.suspect).first, reason: ""), word: nil,
            grounds: reasons.filter { seen.insert($0).inserted } + grounds)
    }

    // MARK: in the question

    func forwardLines(_ orders: [ForwardOrder], _ grounds: [String]) -> [[Span]] {
        let width = min(size.width - 2, 80) - 4
        let steps = orders.prefix(4).map { order in
            [
                Span("↻ \(order.address)  ", .strong), Span("\(order.leaving) → "), Span(order.to, .active),
            ]
        }
        let more = orders.count > 4 ? [[Span("and \(orders.count - 4) more", .muted)]] : []
        let gates = grounds.prefix(5).flatMap { wrapped("▲ \($0)", width: width).map { [Span($0, .warning)] } }
        let words = "It is deployed as any release: it bakes, and is rolled back by itself where an alarm goes on."
        return steps + more + gates + wrapped(words, width: width).map { [Span($0)] }
    }

    func liftLines(_ addresses: [EnvironmentAddress], _ grounds: [String]) -> [[Span]] {
        let width = min(size.width - 2, 80) - 4
        let names = addresses.prefix(4).map { [Span("‖ \($0)", .strong)] }
        let more = addresses.count > 4 ? [[Span("and \(addresses.count - 4) more", .muted)]] : []
        let why = grounds.prefix(3).flatMap { wrapped($0, width: width).map { [Span($0, .muted)] } }
        return names + more + why + [[Span("A pipeline may then deploy it here again.")]]
    }
}
