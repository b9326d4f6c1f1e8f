import Decisions
import Model
import Terminal

/// Asks what a rollback needs, shows what it will do, and then how it goes.
struct RollbackDialog: Equatable {
    enum Step: Equatable {
        case reason
        /// A word must be typed, where production is among the environments.
        case word
        /// Enter once more, where it is not.
        case go
        /// Asked for; the environments that were refused have a reason.
        case running(refusals: [EnvironmentAddress: String])
    }

    var addresses: [EnvironmentAddress]
    /// Last good where it is `nil`.
    var release: String?
    var releaseOrder: Int64 = 0
    var step = Step.reason
    var reason = TextField()
    var word = TextField()
    /// Since when the present step can be read; keys pressed before that are not meant for it.
    var shownAt: Timestamp
    var isWrong = false

    static let readingTime: Duration = .milliseconds(300)

    /// What must be typed; `nil` where no production environment is among them.
    func wantedWord(_ proposals: [RollbackProposal]) -> String? {
        let production = proposals.filter { $0.stage.hasPrefix("prod") }.map(\.address.environment)
        if production.isEmpty { return nil }
        return production.count <= 3 ? production.joined(separator: " ") : "\(production.count) environments"
    }
}

/// Asks for a verdict on a release.
struct MarkDialog: Equatable {
    var application: String
    var release: String
    var verdict: Verdict
    var reason = TextField()
}

extension ViewState {
    /// What the rollback would do, and why some environments cannot take part.
    func proposals(
        _ dialog: RollbackDialog
    ) -> (proposals: [RollbackProposal], refusals: [(address: EnvironmentAddress, reason: String)]) {
        var proposals: [RollbackProposal] = []
        var refusals: [(EnvironmentAddress, String)] = []
        for address in dialog.addresses {
            guard let state = environment(address), let policy = policies[address] else {
                refusals.append((address, "the configuration is still being read"))
                continue
            }
            switch proposeRollback(state, application: application(address), policy: policy, to: dialog.release) {
            case .success(let proposal): proposals.append(proposal)
            case .failure(let refusal): refusals.append((address, refusal.reason))
            }
        }
        return (proposals, refusals)
    }

    mutating func openRollback(_ addresses: [EnvironmentAddress], release: String? = nil, order: Int64 = 0) {
        guard mayAct("roll back") else { return }
        guard !addresses.isEmpty else { return say("no environment is selected") }
        var dialog = RollbackDialog(addresses: addresses, release: release, releaseOrder: order, shownAt: now)
        let causes = addresses.compactMap { environment($0)?.alarmsOn.first.map { "\($0.label) \($0.condition)" } }
        if let cause = causes.first, let live = addresses.first.flatMap({ environment($0)?.releaseInQuestion }) {
            dialog.reason.text = "\(live): \(cause)"
        }
        overlay = .rollback(dialog)
    }

    mutating func takeKey(_ key: Key, rollback dialog: RollbackDialog) -> [Effect] {
        var dialog = dialog
        defer { if case .rollback = overlay { overlay = .rollback(dialog) } }
        if key == .escape {
            overlay = nil
            return []
        }
        let isReadable = now - dialog.shownAt >= RollbackDialog.readingTime
        let known = proposals(dialog).proposals
        switch dialog.step {
        case .reason:
            guard key == .enter || key == .tab else {
                dialog.reason.take(key)
                return []
            }
            guard isReadable, !known.isEmpty else { return [] }
            dialog.step = dialog.wantedWord(known) == nil ? .go : .word
            dialog.shownAt = now
        case .word:
            dialog.isWrong = false
            if key == .backTab { dialog.step = .reason }
            guard key == .enter else {
                dialog.word.take(key)
                return []
            }
            guard isReadable else { return [] }
            guard dialog.word.text == dialog.wantedWord(known) else {
                dialog.isWrong = true
                return []
            }
            return order(&dialog, known)
        case .go:
            if key == .backTab { dialog.step = .reason }
            guard key == .enter, isReadable, !known.isEmpty else { return [] }
            return order(&dialog, known)
        case .running:
            if key == .enter || key == .character("q") { overlay = nil }
        }
        return []
    }

    private mutating func order(_ dialog: inout RollbackDialog, _ proposals: [RollbackProposal]) -> [Effect] {
        dialog.step = .running(refusals: [:])
        dialog.addresses = proposals.map(\.address)
        marked = []
        let reason = dialog.reason.text.isEmpty ? "no reason given" : dialog.reason.text
        // What was shown is what is ordered.
        let orders = proposals.map { proposal in
            RollbackOrder(
                address: proposal.address, to: proposal.to,
                order: environment(proposal.address)?.order(of: proposal.to) ?? dialog.releaseOrder,
                leaving: proposal.from, reason: reason)
        }
        return [.rollBack(orders)]
    }
}
