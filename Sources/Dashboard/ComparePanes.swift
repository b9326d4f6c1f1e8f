import Compare
import Model
import Terminal

/// A comparison on a wide screen: all of its parts at once, and beside them the patch of what is under the cursor.
extension ViewState {
    private static let widthBeside = 150
    /// With less room there is no chart.
    private static let chartHeight = 7
    /// At the most, with the title of the patch and a line of air.
    private static let linesAboutAFinding = 8

    var isCompareWide: Bool { size.width >= Self.widthBeside && size.height >= 24 }

    func wideCompareLayout(_ known: CompareState) -> CompareLayout {
        let nothing = Rect(x: 0, y: 0, width: 0, height: 0)
        var layout = CompareLayout(body, findings: 0, atMost: 0, isSafety: true)
        let (head, rest) = body.split(top: 1)
        let (left, right) = rest.split(left: rest.width * 9 / 20)
        let parts = ComparePart.allCases
        // A line for each title, one below it at the least, and the rest where it is wanted: first where the cursor is.
        func wanted(_ part: ComparePart) -> Int { max(1, known.count(part) ?? 1) }
        var heights = Dictionary(uniqueKeysWithValues: parts.map { ($0, 1) })
        var room = left.height - 2 * parts.count
        for part in [known.part] + parts where room > 0 {
            let more = min(room, max(0, wanted(part) - (heights[part] ?? 0)))
            heights[part, default: 1] += more
            room -= more
        }
        var panes: [ComparePart: Rect] = [:]
        var y = left.y
        for part in parts {
            let height = 1 + (heights[part] ?? 1)
            panes[part] = Rect(
                x: left.x, y: y, width: left.width, height: min(height, left.y + left.height - y))
            y += height
        }
        layout.head = head
        (layout.findings, layout.tabs, layout.detail) = (nothing, nothing, nothing)
        (layout.title, layout.list) = (panes[known.part] ?? nothing).split(top: 1)
        layout.panes = panes
        layout.patch = right
        let free = left.y + left.height - y
        if free >= Self.chartHeight {
            layout.charts = Rect(x: left.x, y: y, width: left.width, height: free)
        } else if let preview = known.preview, preview.isComplete {
            // What is beside a short patch is not to stay empty either.
            let taken = preview.lineCount + Self.linesAboutAFinding
            let free = right.height - taken
            guard free >= 2 * Self.chartHeight else { return layout }
            layout.patch.height = taken
            layout.charts = Rect(x: right.x + 1, y: right.y + taken, width: right.width - 1, height: free)
        }
        return layout
    }

    func drawPanes(_ frame: inout Frame, _ known: CompareState, _ layout: CompareLayout) {
        for part in ComparePart.allCases {
            guard let pane = layout.panes?[part], pane.height > 0 else { continue }
            let (head, rest) = pane.split(top: 1)
            let isHere = part == known.part
            let count = known.count(part).map(String.init) ?? (known.problem(part) != nil ? "✗" : "…")
            var note = isHere ? compareListing(known).note(self) : []
            if part == .artifact, note.isEmpty, let image = (try? known.comparison.artifact?.get())?.image {
                let shared = image.layers.count { $0.status == .shared }
                note = [Span("\(shared) of \(image.layers.count) layers shared", .muted)]
            }
            // A number beside fewer rows would be a riddle.
            let hidden = (known.count(part) ?? 0) - rest.height
            if !isHere, note.isEmpty, hidden > 0 {
                note = [Span("\(hidden) more: ", .muted), Span("\(part.rawValue)", .key)]
            }
            frame.rule(
                head,
                [
                    Span("\(part.rawValue) ", .key), Span("\(part.title)  ", isHere ? .title : .text),
                    Span(count, known.problem(part) != nil ? .warning : isHere ? .strong : .muted),
                ], note: note)
            if isHere { drawPart(&frame, known, rest) } else { drawQuietPane(&frame, known, part, rest) }
        }
        if let charts = layout.charts, past == nil {
            let address = known.subject.address
            drawSignals(&frame, address, charts, of: "\(address.environment)  ")
        }
        for y in layout.patch.y..<body.y + body.height {
            frame.put("│", x: layout.patch.x, y: y, Role.frame.number)
        }
        drawBeside(&frame, known)
    }

    /// A part in which the cursor is not: as much of it as there is room for.
    private func drawQuietPane(
        _ frame: inout Frame, _ known: CompareState, _ part: ComparePart, _ rect: Rect
    ) {
        var other = known
        other.part = part
        guard let count = known.count(part), count > 0 else {
            return writeLines(
                &frame, emptyPart(other).map { [$0] },
                Rect(x: rect.x + 3, y: rect.y, width: rect.width - 4, height: rect.height))
        }
        let rows = (0..<min(count, rect.height)).map { cells(other, $0) }
        let table = TableLayout(
            Self.tableColumns(part), rows: rows, width: rect.width - 4, hasHeader: false)
        for (offset, row) in rows.enumerated() {
            table.draw(&frame, row, x: rect.x + 3, y: rect.y + offset)
        }
    }

    /// What is under the cursor in full, and its patch.
    private func drawBeside(_ frame: inout Frame, _ known: CompareState) {
        let (detail, patch) = besideAreas(known)
        if let detail { drawFindingDetail(&frame, known, detail) }
        let (head, text) = patch.split(top: 1)
        guard let preview = known.preview else {
            frame.rule(head, [Span("Patch", .title)])
            return drawEmpty(&frame, text, [Span("nothing here has a patch; p shows all of it", .muted)])
        }
        let below = preview.lineCount - preview.top - text.height
        let more = below > 0 ? "\(below)\(preview.isComplete ? "" : "+") lines more  J" : ""
        frame.rule(head, [Span(preview.title, .title)], note: more.isEmpty ? [] : [Span(more, .muted)])
        if let problem = preview.problem {
            return drawEmpty(&frame, text, [Span("✗ \(problem.reason)", .warning)])
        }
        if preview.lineCount == 0 {
            return drawEmpty(
                &frame, text,
                [preview.isComplete ? Span("nothing differs here", .muted) : Span("reading …", .active)])
        }
        drawText(
            &frame, preview, Rect(x: text.x + 1, y: text.y, width: text.width - 1, height: text.height))
    }

    /// Where the finding under the cursor stands in full, `nil` where there is none, and the patch with its title.
    private func besideAreas(_ known: CompareState) -> (finding: Rect?, patch: Rect) {
        var area = compareLayout(known).patch
        (area.x, area.width) = (area.x + 1, area.width - 1)
        guard known.part == .safety, let index = known.picked, let finding = known.comparison.safety?[index] else {
            return (nil, area)
        }
        let lines = wrapped(finding.summary, width: area.width - 6).count + finding.evidence.count
        let (top, rest) = area.split(top: min(lines + 2, area.height / 2))
        return (top, rest)
    }

    // MARK: the patch beside the list

    /// Asks for the patch of what is under the cursor, where that has changed.
    mutating func lookAtPatch() -> [Effect] {
        guard isCompareWide, let known = compare, known.comparison.safety != nil else { return [] }
        // A finding that no file shows leaves the patch of what is largest.
        guard let wanted = known.opened else {
            compare?.preview = nil
            return []
        }
        if known.preview?.subject == wanted { return [] }
        let preview = PagerState(wanted, of: known.subject, title: title(wanted))
        compare?.preview = preview
        return [.previewPatch(known.subject, wanted)]
    }

    mutating func scrollPreview(_ key: Key) -> [Effect] {
        guard let known = compare, let preview = known.preview else { return [] }
        let height = besideAreas(known).patch.height - 1
        let step = key == .character("J") ? 3 : -3
        compare?.preview?.top = max(0, min(preview.top + step, preview.lineCount - height))
        return []
    }
}
