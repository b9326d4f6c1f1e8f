import Compare
import Model
import Terminal

extension ViewState {
    /// Where the parts of the comparison are drawn.
    struct CompareLayout {
        var head: Rect
        var findings: Rect
        var tabs: Rect
        var title: Rect
        var list: Rect
        /// Below the list of findings: what is under the cursor, in full.
        var detail: Rect
        /// On a wide screen all parts stand one below the other, each with the line of its title, and beside them is
        /// the patch of what is under the cursor; `nil` on a narrow one.
        var panes: [ComparePart: Rect]?
        /// What the parts leave free below them.
        var charts: Rect?
        var patch = Rect(x: 0, y: 0, width: 0, height: 0)

        /// - Parameters:
        ///   - count: how many lines the findings want.
        ///   - free: how many there are for them beside the part.
        init(_ body: Rect, findings count: Int, atMost free: Int, isSafety: Bool) {
            var rest = body
            (head, rest) = rest.split(top: 1)
            // The list of findings itself shows them all.
            let most = max(1, min(6, body.height / 4), free)
            (findings, rest) = rest.split(top: isSafety ? 0 : min(count, most))
            (tabs, rest) = rest.split(top: rest.height > 4 ? 1 : 0)
            (title, rest) = rest.split(top: 1)
            (list, detail) = rest.split(top: isSafety ? max(min(count, rest.height), rest.height / 2) : rest.height)
        }
    }

    func compareLayout(_ known: CompareState) -> CompareLayout {
        if isCompareWide { return wideCompareLayout(known) }
        // What the part below does not need, findings are told in full in.
        let free = body.height - 5 - max(3, known.count(known.part) ?? 3)
        return CompareLayout(
            body, findings: known.comparison.safety.map { findingLines($0).count } ?? 1, atMost: free,
            isSafety: known.part == .safety)
    }

    func drawCompare(_ frame: inout Frame) {
        guard let known = compare else { return }
        let layout = compareLayout(known)
        frame.rule(layout.head, compareTitle(known), note: compareNote(known))
        if let problem = known.problem {
            let mend = problem.mend.map { [Span($0, .muted)] } ?? []
            return drawEmpty(&frame, layout.list, [Span("✗ \(problem.reason)", .danger)] + mend)
        }
        if layout.panes != nil { return drawPanes(&frame, known, layout) }
        drawFindings(&frame, known, layout.findings)
        drawTabs(&frame, known, layout.tabs)
        var note = compareListing(known).note(self)
        if known.part == .artifact, note.isEmpty, let image = (try? known.comparison.artifact?.get())?.image {
            let shared = image.layers.count { $0.status == .shared }
            note = [Span("\(shared) of \(image.layers.count) layers shared", .muted)]
        }
        frame.rule(layout.title, [Span(known.part.title, .title)], note: note)
        drawPart(&frame, known, layout.list)
        drawFindingDetail(&frame, known, layout.detail)
    }

    /// The finding under the cursor in full, and what shows it.
    func drawFindingDetail(_ frame: inout Frame, _ known: CompareState, _ rect: Rect) {
        guard rect.height > 1, known.part == .safety, let index = known.picked,
            let finding = known.comparison.safety?[index]
        else { return }
        let (head, rest) = rect.split(top: 1)
        frame.rule(head, [Self.sign(finding.level)])
        var lines = wrapped(finding.summary, width: rest.width - 6).map { [Span($0)] }
        lines += finding.evidence.enumerated().map { number, path in
            [Span(number == 0 ? "⏎ " : "  ", .key), Span(path, .muted)]
        }
        for (offset, line) in lines.prefix(rest.height).enumerated() {
            frame.write(line, x: rest.x + 3, y: rest.y + offset, width: rest.width - 6)
        }
    }

    private func compareTitle(_ known: CompareState) -> [Span] {
        let state = environment(known.subject.address)
        var spans = [Span("\(known.subject.address)  ", .title)]
        guard let names = known.names else { return spans }
        let isLive = names.from == state?.liveRelease
        let isLastGood = names.to == state?.lastGood(application(known.subject.address))?.version
        let isTakenBack = names.from == state?.releaseTakenBack
        spans += [
            Span("\(names.from)\(isLive ? " (live)" : isTakenBack ? " (taken back)" : "") → ", .text),
            Span(names.to, .strong),
        ]
        if isTakenBack, names.to == state?.liveRelease {
            spans.append(Span(" (live)", .good))
        } else if isLastGood {
            spans.append(Span(" (last good)", .good))
        } else if names.to == state?.backTo(application(known.subject.address))?.version {
            spans.append(Span(" (back to)", .warning))
        }
        return spans
    }

    private func compareNote(_ known: CompareState) -> [Span] {
        if let progress = known.comparison.progress { return [Span(progress, .active)] }
        guard case .success(let source)? = known.comparison.source else {
            return known.comparison.source == nil && known.problem == nil ? [Span("comparing …", .active)] : []
        }
        if source.isPartial { return [Span("counting commits …", .active)] }
        let people = Set(source.commits.map(\.author)).count
        var text = "takes back \(counted(source.takenBack, "commit"))"
        if source.broughtIn > 0 { text += ", brings in \(source.broughtIn)" }
        if people > 0, size.width >= 100 || source.broughtIn == 0 {
            text += " by \(counted(people, "person", plural: "people"))"
        }
        return [Span(text, .text)]
    }

    // MARK: findings

    static func sign(_ level: Finding.Level) -> Span {
        Span(level.padded, level.stateWord.role)
    }

    private func findingLine(_ finding: Finding, _ text: String) -> [Span] {
        [Span(" "), Self.sign(finding.level), Span("  \(text)", finding.level == .note ? .muted : .text)]
    }

    /// All of them, each in as many lines as it takes.
    private func findingLines(_ findings: [Finding]) -> [[Span]] {
        findings.flatMap { finding -> [[Span]] in
            let indent = findingLine(finding, "").width
            let role: Role = finding.level == .note ? .muted : .text
            return wrapped(finding.summary, width: max(20, size.width - 1 - indent)).enumerated().map { index, text in
                index == 0
                    ? findingLine(finding, text)
                    : [Span(String(repeating: " ", count: indent)), Span(text, role)]
            }
        }
    }

    private func drawFindings(_ frame: inout Frame, _ known: CompareState, _ rect: Rect) {
        guard rect.height > 0 else { return }
        guard let findings = known.comparison.safety else {
            frame.write(
                "◌ looking for what makes going back unsafe …", x: 1, y: rect.y, width: rect.width, Role.active.number)
            return
        }
        let whole = findingLines(findings)
        // Where there is no room for all in full, as many as can be are told in a line each.
        let lines = whole.count <= rect.height ? whole : findings.map { findingLine($0, $0.summary) }
        let room = lines.count > rect.height ? rect.height - 1 : rect.height
        for (offset, line) in lines.prefix(room).enumerated() {
            frame.write(line, x: rect.x, y: rect.y + offset, width: rect.width - 1)
        }
        if lines.count > room {
            frame.write(
                [Span("  … \(lines.count - room) more:  ", .muted), Span("0", .key)], x: rect.x, y: rect.y + room,
                width: rect.width)
        }
    }

    private func drawTabs(_ frame: inout Frame, _ known: CompareState, _ rect: Rect) {
        guard rect.height > 0 else { return }
        var x = 1
        for part in ComparePart.allCases {
            let isHere = part == known.part
            let count = known.count(part).map(String.init) ?? (known.problem(part) != nil ? "✗" : "…")
            let spans = [
                Span("\(part.rawValue)", .key),
                Span(" \(size.width < 100 ? part.shortTitle : part.title) ", isHere ? .title : .text),
                Span(count, known.problem(part) != nil ? .warning : isHere ? .strong : .muted),
            ]
            let length = spans.width
            guard x + length < size.width else { break }
            frame.write(spans, x: x, y: rect.y, width: length)
            x += length + 2
        }
    }

    // MARK: the list of a part

    func drawPart(_ frame: inout Frame, _ known: CompareState, _ rect: Rect) {
        let listing = compareListing(known)
        if known.list.count(of: listing.count) == 0 { return drawEmpty(&frame, rect, emptyPart(known)) }
        drawRows(&frame, listing)
    }

    func compareListing(_ known: CompareState) -> Listing {
        let part = known.part
        return Listing(
            state: \.compareList,
            area: { state in state.compare.map { state.compareLayout($0).list } ?? state.body },
            count: known.count(part) ?? 0, columns: Self.tableColumns(part),
            cells: { state, place in state.compare.map { state.cells($0, place) } ?? [] },
            // What is compared does not change under the eye; it is only told bit by bit, and in one order.
            name: { _, place in "\(part) \(place)" },
            hasHeader: false)
    }

    func emptyPart(_ known: CompareState) -> [Span] {
        if let problem = known.problem(known.part) {
            return [Span("✗ \(problem.reason)", .warning)] + (problem.mend.map { [Span($0, .muted)] } ?? [])
        }
        guard let count = known.count(known.part) else { return [Span("◌ comparing …", .active)] }
        if count > 0 { return [Span("nothing matches “\(known.list.filter)”; Esc shows all", .muted)] }
        if known.part == .dependencies, known.comparison.dependencies?.files.isEmpty ?? true {
            return [
                Span("no lockfile or SBOM was found that differs", .muted),
                Span("`dependencies` in the configuration names them", .muted),
            ]
        }
        return [Span("the same in both", .good)]
    }
}
