import Decisions
import Incidents
import Model
import Terminal

/// What is known of the deployment on the screen.
struct DeploymentState: Equatable {
    var address: EnvironmentAddress
    var id: Int64
    /// `nil` while it is read.
    var story: DeploymentStory?
    /// What its release brought; `nil` while that is worked out, and where there is nothing to compare.
    var change: ReleaseChange?
    /// Whether nothing more of it is to come for now.
    var isWhole = false
    var problem: String?
    var top = 0
}

/// What became known of a deployment.
public struct DeploymentNews: Sendable {
    public var address: EnvironmentAddress
    public var id: Int64
    public var story: DeploymentStory?
    public var change: ReleaseChange?
    public var isWhole: Bool
    public var problem: String?

    public init(
        address: EnvironmentAddress, id: Int64, story: DeploymentStory? = nil, change: ReleaseChange? = nil,
        isWhole: Bool = false, problem: String? = nil
    ) {
        (self.address, self.id, self.story, self.change) = (address, id, story, change)
        (self.isWhole, self.problem) = (isWhole, problem)
    }
}

extension View {
    static func deployment(_ address: EnvironmentAddress, _ id: Int64) -> View {
        View(.deployment, .deployment(address, id))
    }
}

extension ViewTable {
    static let deployment: ViewTable = ViewTable(
        name: "deployment", question: "what was that deployment, and why?",
        opening: Opening(keys: [.character("D")], sign: "D") { $0.openDeployment() },
        enter: { state, view in
            guard case .deployment(let address, let id) = view.matter else { return [] }
            return state.enterDeployment(address, id)
        },
        refresh: { state in
            guard let known = state.deployment, let story = known.story, known.isWhole, state.past == nil,
                story.record.phase.isActive || story.alarms.contains(where: \.isOn)
            else { return [] }
            return [.loadDeployment(known.address, known.id, at: nil, compares: false)]
        },
        take: { state, message in
            guard case .deployment(let news) = message, let known = state.deployment, known.address == news.address,
                known.id == news.id
            else { return }
            state.deployment?.story = news.story ?? known.story
            state.deployment?.change = news.change ?? known.change
            state.deployment?.isWhole = news.isWhole || known.isWhole
            state.deployment?.problem = news.problem
        },
        subject: { $0.view.address },
        draw: { $0.drawDeployment(&$1) },
        keys: { state in
            let back = counterpart.with(bar: state.counterpart == nil ? nil : "its counterpart")
            return [again, changed, back] + KeyBinding.to(.report, .history) + [scroll, .times]
        })

    private static let again: KeyBinding = KeyBinding(
        [.character("r")], "r", "go there again: roll back to its release", bar: "go there again",
        command: "rollback", acts: true
    ) { state, _ in state.goThereAgain() }
    private static let changed: KeyBinding = KeyBinding(
        [.character("c")], "c", "what changed, in full", bar: "what changed"
    ) { state, _ in state.compareDeployment() }
    private static let counterpart: KeyBinding = KeyBinding(
        [.enter], "⏎", "the deployment that takes it back, or that it takes back"
    ) { state, _ in state.openCounterpart() }
    private static let scroll: KeyBinding = KeyBinding.scrolling { $0.scrollDeployment(by: $1) }
}

extension KeyBinding {
    /// The keys that move a text; all of them reach its ends, however long it is.
    static func scrolling(_ move: @escaping @Sendable (inout ViewState, Int) -> Void) -> KeyBinding {
        KeyBinding(
            [.down, .up, .wheelDown, .wheelUp, .pageDown, .pageUp, .home, .end, .character(" ")]
                + Key.letters("jkgG"), "↑↓", "scroll"
        ) { state, key in
            let page = max(1, state.body.height - 3)
            let step: Int =
                switch key {
                case .down, .character("j"): 1
                case .up, .character("k"): -1
                case .wheelDown: 3
                case .wheelUp: -3
                case .pageDown, .character(" "): page
                case .pageUp: -page
                case .home, .character("g"): -1_000_000
                default: 1_000_000
                }
            move(&state, step)
            return []
        }
    }
}

extension ViewState {
    /// The deployment under the cursor, else the newest of the environment that keys act on.
    fileprivate mutating func openDeployment() -> [Effect] {
        guard let address = subject else {
            say("no environment is selected")
            return []
        }
        guard let id = pickedDeployment ?? environment(address)?.deployment?.id else {
            say("nothing was ever deployed to \(address)")
            return []
        }
        return open(.deployment(address, id))
    }

    /// The deployment that is looked at or under the cursor; `nil` where none is.
    var pickedDeployment: Int64? {
        if case .deployment(_, let id) = view.matter { return id }
        return pickedRecord?.id ?? pickedEvent?.deployment ?? pickedBlock?.deployment
    }

    fileprivate mutating func enterDeployment(_ address: EnvironmentAddress, _ id: Int64) -> [Effect] {
        select(address)
        if deployment?.address != address || deployment?.id != id {
            deployment = DeploymentState(address: address, id: id)
        }
        return [.loadDeployment(address, id, at: moment, compares: true)]
    }

    fileprivate mutating func goThereAgain() -> [Effect] {
        guard let known = deployment, let record = known.story?.record else { return [] }
        guard environment(known.address)?.liveRelease != record.release else {
            say("\(record.release) is live in \(known.address)")
            return []
        }
        return rollBack(known.address, to: record.release, order: record.releaseOrder)
    }

    fileprivate mutating func compareDeployment() -> [Effect] {
        guard let known = deployment, let story = known.story else { return [] }
        guard let change = story.change else {
            say("\(story.record.release) was the first release there: there is nothing to compare it with")
            return []
        }
        return open(
            .compare(CompareSubject(address: known.address, from: change.release, to: change.to, at: moment)))
    }

    /// The deployment that takes this one back, or that it takes back.
    fileprivate var counterpart: Int64? { deployment?.story.flatMap { $0.takenBackBy ?? $0.takesBack } }

    fileprivate mutating func openCounterpart() -> [Effect] {
        guard let known = deployment, let id = counterpart else { return [] }
        return open(.deployment(known.address, id))
    }

    fileprivate mutating func scrollDeployment(by lines: Int) {
        guard let known = deployment else { return }
        let (left, right) = deploymentColumns(known, body.split(top: 1).1)
        let longest = max(left.lines.count, right?.lines.count ?? 0)
        let room = body.height - 1
        deployment?.top = max(0, min(known.top + lines, longest - room))
    }

    // MARK: drawing

    /// How it ended, in the words of the history: what is thought of its release now is part of it.
    private func endingNote(_ record: DeploymentRecord, _ address: EnvironmentAddress) -> Span {
        let state = environment(address)
        let ending = Ending(
            record.phase, isRollback: record.kind == .rollback,
            state?.mark(of: record.release, application(address)), isLive: record.id == state?.liveDeployment)
        return Span(ending.text, ending.state.role)
    }

    private struct TextColumn {
        var rect: Rect
        var lines: [[Span]]
    }

    fileprivate func drawDeployment(_ frame: inout Frame) {
        guard let known = deployment else { return }
        let (head, rest) = body.split(top: 1)
        var title = [Span("\(known.address)", .title)]
        if let story = known.story { title += [Span("  "), Span(story.title, .strong)] }
        frame.rule(head, title, note: known.story.map { [endingNote($0.record, known.address)] } ?? [])
        guard known.story != nil else {
            let text = known.problem.map { Span("✗ \($0)", .danger) } ?? Span("◌ reading its events …", .active)
            return drawEmpty(&frame, rest, [text])
        }
        let (left, right) = deploymentColumns(known, rest)
        for column in [left, right].compactMap({ $0 }) {
            let top = max(0, min(known.top, column.lines.count - column.rect.height))
            for (offset, line) in column.lines.dropFirst(top).prefix(column.rect.height).enumerated() {
                frame.write(line, x: column.rect.x, y: column.rect.y + offset, width: column.rect.width)
            }
        }
        let hidden = max(left.lines.count, right?.lines.count ?? 0) - rest.height - known.top
        if hidden > 0 {
            let text = " ↓ \(counted(hidden, "line")) more "
            frame.write(
                text, x: rest.x + rest.width - columns(of: text) - 1, y: rest.y + rest.height - 1, width: text.count,
                Role.muted.number)
        }
    }

    /// Beside each other where there is room: the deployment, and what its release brought.
    private func deploymentColumns(_ known: DeploymentState, _ rest: Rect) -> (TextColumn, TextColumn?) {
        guard let story = known.story else { return (TextColumn(rect: rest, lines: []), nil) }
        let isWide = rest.width >= 140
        let (first, second) = isWide ? rest.split(left: rest.width * 11 / 20) : (rest, rest)
        func inner(_ rect: Rect) -> Rect {
            Rect(x: rect.x + 3, y: rect.y, width: max(0, rect.width - 5), height: rect.height)
        }
        let left = factLines(story, width: inner(first).width)
        let steps = stepLines(story)
        let brought = changeLines(known, width: inner(isWide ? second : first).width)
        if isWide {
            return (
                TextColumn(rect: inner(first), lines: left + steps), TextColumn(rect: inner(second), lines: brought)
            )
        }
        return (TextColumn(rect: inner(first), lines: left + brought + [[]] + steps), nil)
    }

    private func factLines(_ story: DeploymentStory, width: Int) -> [[Span]] {
        let end = max(story.record.requestedAt, now)
        let zone = zone
        let facts = story.facts(ReportClock(story.record.requestedAt...end) { _ in zone }, now: now)
        let names = facts.map { columns(of: $0.name) }.max() ?? 0
        var lines: [[Span]] = []
        for fact in facts {
            let parts = wrapped(fact.text, width: max(20, width - names - 2))
            for (index, part) in parts.enumerated() {
                let name = index == 0 ? fact.name : ""
                let blanks = String(repeating: " ", count: names - columns(of: name) + 2)
                lines.append([Span(name + blanks, .muted), Span(part, fact.isTrouble ? .danger : .text)])
            }
        }
        return lines + [[]]
    }

    private func stepLines(_ story: DeploymentStory) -> [[Span]] {
        [[Span("Steps", .title), Span("  \(story.steps.count)", .muted)]]
            + story.steps.map { event in
                [
                    Span("\(when(event.time, now: now, zone: zone, isAbsolute: true))  ", .muted),
                    Span(event.summary, storyRole(event)),
                ]
            }
    }

    private func changeLines(_ known: DeploymentState, width: Int) -> [[Span]] {
        guard let change = known.change else {
            let text =
                known.story?.change == nil
                ? Span("There was nothing before it to compare it with.", .muted)
                : known.isWhole ? Span("What changed is not known.", .muted) : Span("◌ comparing …", .active)
            return [[text]]
        }
        var lines = [[Span("What \(change.release) brought", .title), Span("  against \(change.to)", .muted)]]
        for line in change.lines {
            let role: Role = line.hasPrefix("✗") ? .danger : line.hasPrefix("▲") ? .warning : .text
            lines += wrapped(line, width: max(20, width)).map { [Span($0, role)] }
        }
        return lines
    }
}
