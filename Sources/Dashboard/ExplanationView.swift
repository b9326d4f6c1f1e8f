import Decisions
import Incidents
import Model
import Terminal

extension View {
    static func explanation(_ address: EnvironmentAddress) -> View { View(.explanation, .environment(address)) }
}

extension ViewTable {
    static let explanation: ViewTable = ViewTable(
        name: "explain", question: "why are things as they are, and what happens next?",
        opening: Opening(keys: [.character("E")], sign: "E") { state in
            state.subject.map { state.open(.explanation($0)) } ?? []
        },
        enter: { state, view in
            guard let address = view.address else { return [] }
            state.explanation = ExplanationState(address: address)
            state.select(address)
            return [.loadReadings([address])] + state.readBackground(address)
        },
        refresh: { state in
            state.view.address.map { [.loadReadings([$0])] + state.readBackground($0) } ?? []
        },
        take: { state, message in
            guard case .explained(let address, let background) = message, state.explanation.address == address,
                state.past == nil
            else { return }
            state.explanation.background = background
        },
        subject: { $0.view.address },
        draw: { $0.drawExplanation(&$1) },
        keys: { _ in
            [.rollBack] + KeyBinding.to(.suspects, .compare)
                + [KeyBinding.scrolling { $0.scrollExplanation(by: $1) }.with(bar: "scroll")]
        })
}

/// The explanation on the screen.
struct ExplanationState: Equatable {
    var address: EnvironmentAddress?
    var top = 0
    /// What was read for it; nothing of the past, of which it was not asked.
    var background = ExplanationBackground()
    /// When that was last asked for.
    var askedAt: Timestamp?
}

extension ViewState {
    /// So long what was read holds: a thread reads samples and the ledger for it.
    private static let backgroundLasts: Duration = .seconds(10)

    fileprivate mutating func readBackground(_ address: EnvironmentAddress) -> [Effect] {
        guard past == nil else { return [] }
        if let asked = explanation.askedAt, now - asked < Self.backgroundLasts { return [] }
        explanation.askedAt = now
        return [.explain(address)]
    }

    /// Why things are as they are, by what the screen knows.
    func explanation(of state: EnvironmentState) -> Explanation {
        let address = state.address
        var evidence = ExplanationEvidence(
            environment: state, application: application(address), policy: policies[address], now: now)
        evidence.freezes = frozen(address)
        evidence.surroundings = surroundings(address)
        evidence.traffic = traffic(state)
        if !state.alarmsOn.isEmpty || state.releaseTakenBack != nil,
            let release = state.releaseTakenBack ?? state.releaseInQuestion
        {
            evidence.kin = fleet?.kin(of: address, leaving: release) ?? []
        }
        if explanation.address == address, past == nil { evidence.background = explanation.background }
        if let known = suspects, known.address == address, known.at == moment {
            evidence.background.ranking = known.ranking
        }
        evidence.isActedFor = past == nil ? isOurs || leader != nil : nil
        let zone = zone
        return Explanation(evidence, ReportClock(evidence.span) { _ in zone })
    }

    private var explanationArea: Rect { body.split(top: 1).1 }

    private func explanationLines(width: Int) -> [[Span]] {
        guard let address = view.address, let state = environment(address) else { return [] }
        let titleWidth = 2 + (Explanation.Kind.allCases.map(\.title.count).max() ?? 0)
        var last: Explanation.Kind?
        return explanation(of: state).lines.flatMap { line -> [[Span]] in
            defer { last = line.kind }
            let parts = wrapped(visible(line.text), width: max(20, width - titleWidth))
            return parts.enumerated().map { index, part in
                let title = index == 0 && line.kind != last ? line.kind.title : ""
                let padding = String(repeating: " ", count: titleWidth - title.count)
                return [Span(title + padding, .muted), Span(part, line.isTrouble ? .warning : .text)]
            }
        }
    }

    fileprivate mutating func scrollExplanation(by lines: Int) {
        let last = explanationLines(width: explanationArea.width - 6).count - explanationArea.height
        explanation.top = max(0, min(explanation.top + lines, last))
    }

    fileprivate func drawExplanation(_ frame: inout Frame) {
        guard let address = view.address else { return }
        let head = body.split(top: 1).0
        let rest = explanationArea
        frame.rule(head, [Span("Why", .title), Span("  \(address)", .text)], note: [])
        let lines = explanationLines(width: rest.width - 6)
        let top = max(0, min(explanation.top, lines.count - rest.height))
        for (offset, line) in lines.dropFirst(top).prefix(max(0, rest.height)).enumerated() {
            frame.write(line, x: rest.x + 3, y: rest.y + offset, width: rest.width - 4)
        }
    }
}
