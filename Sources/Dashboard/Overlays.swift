import Decisions
import Model
import Terminal

extension ViewState {
    func drawOverlay(_ frame: inout Frame) {
        switch overlay {
        case .help: drawHelp(&frame)
        case .palette(let field): drawPalette(&frame, field)
        case .asking(let known): drawAsking(&frame, known)
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

    private var help: [(String, [(String, String)])] {
        [
            (
                "Going around",
                [
                    ("↑↓ j k", "move"), ("g G", "first, last"), ("⏎ l →", "into"), ("Esc ←", "back"),
                    ("n N", "next, previous trouble"), ("/", "filter, search"), (":", "command palette"),
                ]
            ),
            (
                "Views",
                [
                    ("1 o", "overview"), ("2", "environment"), ("3 h", "history"), ("4 a", "alarms"), ("5 e", "events"),
                    ("c", "compare live and last good"), ("S", "suspects"), ("P", "plan"),
                    ("t", "timeline, and the past"),
                ]
            ),
            (
                "Acting",
                [
                    ("␣ *", "mark one; all, or none"), ("r", "roll back: one, or what is"), ("", "marked, by a plan"),
                    ("m", "mark a release good or bad"),
                ]
            ),
            (
                "Looking",
                [
                    ("s", "trouble first, or not"), ("[ ]", "longer, shorter charts"), ("T", "exact times"),
                    ("Ctrl-Z", "to the shell; fg returns"),
                    // Who leaves the demo stops all that it started.
                    ("q", leavesWork ? "quit; instances go on" : "quit; all that runs here is stopped"),
                ]
            ),
            (
                "Signs",
                [
                    ("✓ ▲", "ok; alarm, suspect"), ("↻ ◌", "rolling out; baking"), ("⟲ ✗", "rolling back; failed"),
                    ("‖ ?", "held, blocked; no data"), ("★", "last good"),
                ]
            ),
        ]
    }

    private func drawHelp(_ frame: inout Frame) {
        let inner = box(
            &frame, width: 76, height: 24, [Span("Keys", .title), Span(" · any key closes", .muted)])
        let isWide = inner.width >= 68
        var (x, y) = (inner.x, inner.y)
        for (index, (title, keys)) in help.enumerated() {
            if isWide, index == 2 { (x, y) = (inner.x + 37, inner.y) }
            if y < inner.y + inner.height { frame.write(title, x: x, y: y, width: 34, Role.title.number) }
            y += 1
            for (key, meaning) in keys {
                guard y < inner.y + inner.height else { break }
                frame.write(key, x: x + 1, y: y, width: 8, Role.key.number)
                frame.write(meaning, x: x + 9, y: y, width: min(27, inner.x + inner.width - x - 9), Role.text.number)
                y += 1
            }
            y += 1
        }
    }

    // MARK: palette

    private func drawPalette(_ frame: inout Frame, _ field: TextField) {
        let found = suggestions(field.text)
        let inner = box(&frame, width: 66, height: max(5, found.count + 4), [Span("Command", .title)])
        let end = frame.write(
            [Span(":", .key), Span(field.text, .input)], x: inner.x, y: inner.y, width: inner.width - 1)
        frame.cursor = (end, inner.y)
        for (index, command) in found.enumerated() where index + 2 < inner.height {
            frame.write(
                [Span(command.word.padding(to: 13), .key), Span(command.meaning, .muted)], x: inner.x,
                y: inner.y + 2 + index, width: inner.width)
        }
        if found.isEmpty {
            frame.write("no such command", x: inner.x, y: inner.y + 2, width: inner.width, Role.warning.number)
        }
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
    /// This text with blanks behind it, so that it takes `count` columns.
    func padding(to count: Int) -> String { self + String(repeating: " ", count: max(0, count - columns(of: self))) }
}
