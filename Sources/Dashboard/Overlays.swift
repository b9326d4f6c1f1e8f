import Decisions
import Model
import Terminal

extension ViewState {
    func drawOverlay(_ frame: inout Frame) {
        switch overlay {
        case .help(let top): drawHelp(&frame, from: top)
        case .palette(let palette): drawPalette(&frame, palette)
        case .asking(let known): drawAsking(&frame, known)
        case .freezing(let form): drawFreezing(&frame, form)
        case .quitting: drawQuitting(&frame)
        case .filter, nil: break
        }
    }

    /// An empty box in the middle; returns what is inside.
    func box(_ frame: inout Frame, width: Int, height: Int, _ title: [Span]) -> Rect {
        let width = min(width, size.width)
        let height = min(height, size.height)
        let outer = Rect(x: (size.width - width) / 2, y: (size.height - height) / 2, width: width, height: height)
        frame.fill(outer, " ", Role.text.number)
        for y in outer.y..<outer.y + outer.height {
            frame.put("│", x: outer.x, y: y, Role.frame.number)
            frame.put("│", x: outer.x + width - 1, y: y, Role.frame.number)
        }
        frame.rule(Rect(x: outer.x, y: outer.y, width: width, height: 1), title)
        frame.rule(Rect(x: outer.x, y: outer.y + height - 1, width: width, height: 1), [])
        for (x, y, corner) in [
            (outer.x, outer.y, "┌"), (outer.x + width - 1, outer.y, "┐"), (outer.x, outer.y + height - 1, "└"),
            (outer.x + width - 1, outer.y + height - 1, "┘"),
        ] as [(Int, Int, Unicode.Scalar)] {
            frame.put(corner, x: x, y: y, Role.frame.number)
        }
        return Rect(x: outer.x + 2, y: outer.y + 1, width: width - 4, height: height - 2)
    }

    func writeLines(_ frame: inout Frame, _ lines: [[Span]], _ rect: Rect) {
        for (index, line) in lines.prefix(rect.height).enumerated() {
            frame.write(line, x: rect.x, y: rect.y + index, width: rect.width)
        }
    }

    // MARK: help

    /// What the keys do, under headings; made of the keys themselves.
    private var help: [(title: String, lines: [(sign: String, text: String)])] {
        func lines(_ bindings: [KeyBinding]) -> [(sign: String, text: String)] {
            bindings.filter { !$0.sign.isEmpty }.map { binding in
                // Who leaves the demo stops all that it started.
                let stops = binding.command == KeyBinding.quit.command && !leavesWork
                return (binding.sign, stops ? "quit; all here is stopped" : binding.help)
            }
        }
        let own = view.table.keys(self).filter { key in !KeyBinding.openers.contains { $0.sign == key.sign } }
        let taken = Set(own.flatMap(\.keys))
        let list = listing.map { KeyBinding.list($0).filter { !taken.isSuperset(of: $0.keys) } } ?? []
        let rest = (pastHelp + KeyBinding.everywhere).filter { !taken.isSuperset(of: $0.keys) }
        var sections = [(view.table.name.capitalizedFirst, lines(own)), ("List", lines(list))]
        if view.table.isClosed(self) {
            sections.append(("Help", lines([.help])))
        } else {
            let openers = KeyBinding.openers.map { $0.without(taken) }
            sections += [("Views", lines(openers)), ("Everywhere", lines(rest))]
        }
        return sections.filter { !$0.1.isEmpty } + [("Signs", Self.signs)]
    }

    private var pastHelp: [KeyBinding] { past == nil ? [] : [.now] }

    private static let signs = [
        ("✓ ★ ▲", "ok; last good; alarm"), ("↻ ◌", "rolling out; baking"), ("↺ ✗", "rolling back; failed"),
        ("‖ ?", "held, blocked; no data"),
    ]

    /// The help as it stands one below the other; a heading has no sign.
    private var helpText: [[Span]] {
        Array(
            help.map { section in
                [[Span(section.title, .title)]]
                    + section.lines.map { [Span(" \($0.sign.padding(to: 8)) ", .key), Span($0.text, .text)] }
            }.joined(separator: [[]]))
    }

    /// How many lines the help has.
    var helpLines: Int { helpText.count }

    private func drawHelp(_ frame: inout Frame, from top: Int) {
        let lines = helpText
        let columnWidth = 38
        let count = max(1, min(3, (size.width - 3) / columnWidth))
        let room = max(1, size.height - 2)
        let height = min(room, max(1, (lines.count + count - 1) / count + 2))
        let hides = lines.count > height * count
        let note = hides ? " · ↓ shows more · any other key closes" : " · any key closes"
        let inner = box(
            &frame, width: count * columnWidth + 3, height: height + 2,
            [Span("Keys", .title), Span(note, .muted)])
        let shown = count == 1 ? lines : withoutStrandedHeadings(lines, height: inner.height)
        let start = min(top, max(0, shown.count - inner.height * count))
        for (offset, line) in shown.dropFirst(start).prefix(inner.height * count).enumerated() {
            let x = inner.x + offset / max(1, inner.height) * columnWidth
            frame.write(
                line, x: x, y: inner.y + offset % max(1, inner.height), width: min(columnWidth - 1, inner.width))
        }
    }

    /// A heading goes to the next column with what it is of, and none begins with a blank line.
    private func withoutStrandedHeadings(_ lines: [[Span]], height: Int) -> [[Span]] {
        guard height > 0 else { return lines }
        var result: [[Span]] = []
        for line in lines {
            let isHeading = line.count == 1
            if isHeading, result.count % height == height - 1 { result.append([]) }
            if line.isEmpty, result.count % height == 0 { continue }
            result.append(line)
        }
        return result
    }

    // MARK: leaving

    private func drawQuitting(_ frame: inout Frame) {
        let count = max(1, work.deployments)
        let what = work.deployments == 0 ? "plan" : "deployment"
        let inner = box(&frame, width: 66, height: 6, [Span("Quit?", .title)])
        writeLines(
            &frame,
            [
                [
                    Span("\(count) \(what)\(count == 1 ? " is" : "s are") under way, and this process carries "),
                    Span(count == 1 ? "it out." : "them out."),
                ],
                [Span("A process in the background goes on with it.", .text)],
                [], [Span("⏎ or q quits", .key), Span("   any other key stays", .muted)],
            ], inner)
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

    /// This text with blanks behind it, so that it takes `count` columns.
    func padding(to count: Int) -> String { self + String(repeating: " ", count: max(0, count - columns(of: self))) }
}
