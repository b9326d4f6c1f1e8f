import Decisions
import Model
import Terminal

/// Keeping releases out of environments by hand.
extension ViewState {
    /// Holds what is picked; where some of it is held, lifts that.
    mutating func holdOrLift() -> [Effect] {
        targets.contains { environment($0)?.isHeld == true } ? liftHold() : hold([])
    }

    /// - Parameter words: the release that is let in and lifts it, with a `>` before it any that was registered later;
    ///   none where only a person lifts it.
    mutating func hold(_ words: [String]) -> [Effect] {
        guard mayAct("hold environments") else { return [] }
        let isNewer = words.first?.hasPrefix(">") ?? false
        let names = words.map { $0.drop { $0 == ">" } }.filter { !$0.isEmpty }
        guard names.count <= 1, !isNewer || names.count == 1 else {
            say("`:hold` takes one release, 1.9.1 or >1.8.2, or none")
            return []
        }
        var until = HoldEnd.person
        if let name = names.first.map(String.init) {
            until = .release(name)
            if isNewer {
                guard let order = commonOrder(of: name) else { return [] }
                until = .newer(than: name, order: order)
            }
        }
        openQuestion(.holdByHand(targets, until: until))
        return []
    }

    /// When a release was registered among those of all that is picked; where that is not one number, it is said why.
    private mutating func commonOrder(of release: String) -> Int64? {
        let applications = Set(targets.map(\.application))
        guard applications.count <= 1 else {
            say(
                "\(release) is of one application, and environments of \(applications.count) are marked: hold each by itself"
            )
            return nil
        }
        // Newer than what nobody knows would be nothing, or everything.
        guard let order = targets.compactMap({ environment($0)?.order(of: release) }).first else {
            say("when \(release) was registered is not known here: `:hold` takes 1.9.1 or >1.8.2")
            return nil
        }
        return order
    }

    func holdByHand(_ addresses: [EnvironmentAddress], _ until: HoldEnd) -> Confirmation.Possibility {
        let free = addresses.filter { environment($0).map { $0.handHold == nil } ?? false }
        guard !free.isEmpty else {
            let known = addresses.compactMap { environment($0)?.handHold }.first
            return .impossible(reason: known.map(\.inWords) ?? "no environment is selected")
        }
        let held = addresses.filter { !free.contains($0) }.map { "\($0) is held already" }
        return .possible(.holdByHand(free, until: until, reason: ""), word: nil, grounds: held)
    }

    func holdLines(_ addresses: [EnvironmentAddress], _ until: HoldEnd, _ grounds: [String]) -> [[Span]] {
        let width = min(size.width - 2, 80) - 4
        let names = addresses.prefix(4).map { [Span("‖ \($0)", .strong)] }
        let more = addresses.count > 4 ? [[Span("and \(addresses.count - 4) more", .muted)]] : []
        let other = grounds.prefix(3).flatMap { wrapped($0, width: width).map { [Span($0, .muted)] } }
        let words = "Nothing new is let in \(until.inWords); rollbacks pass."
        return names + more + other + wrapped(words, width: width).map { [Span($0)] }
    }
}
