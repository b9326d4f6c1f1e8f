import Model
import Terminal

/// A word that the palette understands.
struct Command {
    var word: String
    var meaning: String
    /// The key that does it, too; empty where there is none.
    var sign = ""
    /// What may follow the word; nothing where it stands alone.
    var choices: (ViewState) -> [String] = { _ in [] }
    var run: (inout ViewState, [String]) -> [Effect]
}

/// The line in which a command is typed, with what would complete it.
struct Palette: Equatable {
    var field = TextField()
    /// Which of the proposals is picked; `nil` as long as nobody moved among them.
    var picked: Int?
    /// The theme that was in use before others were looked at.
    var themeBefore: String?
}

/// What would complete a command.
private struct Proposal {
    /// The whole command.
    var text: String
    var meaning: String
    /// The key that does it, too.
    var sign = ""
}

extension ViewState {
    /// What the palette understands here: the views, and the keys that have a word.
    var commands: [Command] {
        let views = ViewTable.all.compactMap { table in
            table.opening.map { opening in
                Command(
                    word: table.name, meaning: table.question, sign: opening.sign,
                    choices: { $0.rows.map(\.description) }
                ) {
                    state, _ in opening.open(&state)
                }
            }
        }
        var seen: Set<String> = []
        let keys = bindings.compactMap { binding -> Command? in
            guard let word = binding.command, seen.insert(word).inserted else { return nil }
            return Command(word: word, meaning: binding.help, sign: binding.sign, choices: binding.choices) {
                state, words in
                if binding.acts, !state.mayAct(binding.bar ?? binding.help) { return [] }
                if let run = binding.run { return run(&state, words) }
                return binding.act(&state, binding.keys.first ?? .enter)
            }
        }
        return views + keys
    }

    private func command(named word: String) -> Command? {
        let word = word.lowercased()
        return commands.first { $0.word == word } ?? commands.first { $0.word.hasPrefix(word) }
    }

    private func proposals(_ text: String) -> [Proposal] {
        guard let space = text.firstIndex(of: " ") else {
            return commands.filter { $0.word.hasPrefix(text.lowercased()) }
                .map { Proposal(text: $0.word, meaning: $0.meaning, sign: $0.sign) }
        }
        guard let command = command(named: String(text[..<space])) else { return [] }
        let rest = text[space...].drop { $0 == " " }.lowercased()
        let choices = command.choices(self).filter { rest.isEmpty || $0.lowercased().contains(rest) }
        // Those that begin with what was typed come before those that hold it.
        let first = choices.filter { $0.lowercased().hasPrefix(rest) }
        return (first + choices.filter { !$0.lowercased().hasPrefix(rest) })
            .map { Proposal(text: "\(command.word) \($0)", meaning: "") }
    }

    // MARK: keys

    private static let palettePage = 10

    mutating func takeKey(_ key: Key, palette before: Palette) -> [Effect] {
        var palette = before
        switch key {
        case .escape:
            overlay = nil
            return leavePreview(of: palette)
        case .up, .backTab, .down, .tab, .pageUp, .pageDown:
            let found = proposals(palette.field.text)
            guard !found.isEmpty else { return [] }
            if key == .tab, palette.picked == nil, !palette.field.text.contains(" ") {
                palette.field.text = found[0].text + " "
                overlay = .palette(palette)
                return []
            }
            if key == .pageUp || key == .pageDown {
                let step = key == .pageUp ? -Self.palettePage : Self.palettePage
                palette.picked = max(0, min(found.count - 1, (palette.picked ?? 0) + step))
                return preview(&palette, found)
            }
            let isUp = key == .up || key == .backTab
            palette.picked =
                palette.picked.map { (($0 + (isUp ? -1 : 1)) + found.count) % found.count }
                ?? (isUp ? found.count - 1 : 0)
            return preview(&palette, found)
        case .enter:
            overlay = nil
            let found = proposals(palette.field.text)
            let text = palette.picked.flatMap { found.indices.contains($0) ? found[$0].text : nil }
            return run(text ?? palette.field.text, palette)
        default:
            palette.field.take(key)
            palette.picked = nil
            overlay = .palette(palette)
            return []
        }
    }

    /// Shows a theme as soon as one stands on its name.
    private mutating func preview(_ palette: inout Palette, _ found: [Proposal]) -> [Effect] {
        defer { overlay = .palette(palette) }
        guard let picked = palette.picked, let name = Self.themeName(found[picked].text) else { return [] }
        if palette.themeBefore == nil { palette.themeBefore = theme }
        return [.useTheme(name)]
    }

    private func leavePreview(of palette: Palette) -> [Effect] {
        palette.themeBefore.map { [.useTheme($0)] } ?? []
    }

    private static func themeName(_ text: String) -> String? {
        let words = text.split(separator: " ")
        return words.count == 2 && words[0] == "theme" ? String(words[1]) : nil
    }

    private mutating func run(_ text: String, _ palette: Palette) -> [Effect] {
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first, let command = command(named: first) else {
            say("unknown command “\(text)”; ? shows what there is")
            return leavePreview(of: palette)
        }
        let rest = Array(words.dropFirst())
        if let named = rest.first.flatMap({ environment(named: $0) }) { select(named) }
        // One that was only looked at is left, unless another is taken now.
        return (command.word == "theme" && !rest.isEmpty ? [] : leavePreview(of: palette)) + command.run(&self, rest)
    }

    func environment(named word: String) -> EnvironmentAddress? {
        rows.first { $0.description == word } ?? rows.first { $0.description.contains(word) }
    }

    static let noColors = "NO_COLOR is set: no theme has colors, all look alike"

    // MARK: drawing

    func drawPalette(_ frame: inout Frame, _ palette: Palette) {
        let found = proposals(palette.field.text)
        let inner = box(
            &frame, width: 78, height: max(5, min(found.count, 16) + 4),
            [Span("Command", .title), Span(found.count > 1 ? " · \(found.count) match, ↑↓ shows all" : "", .muted)])
        let end = frame.write(
            [Span(":", .key), Span(palette.field.text, .input)], x: inner.x, y: inner.y, width: inner.width - 1)
        frame.cursor = (end, inner.y)
        let room = max(0, inner.height - 2)
        let top = max(0, min((palette.picked ?? 0) - room / 2, found.count - room))
        for (line, index) in found.indices.dropFirst(top).prefix(room).enumerated() {
            let y = inner.y + 2 + line
            let sign = found[index].sign.isEmpty ? "" : "  \(found[index].sign)"
            frame.write(
                [Span(found[index].text.padding(to: 13), .key), Span(found[index].meaning, .muted), Span(sign, .key)],
                x: inner.x, y: y,
                width: inner.width)
            if index == palette.picked { frame.select(Rect(x: inner.x, y: y, width: inner.width, height: 1)) }
        }
        if found.isEmpty {
            let isTheme = isColorless && palette.field.text.hasPrefix("theme ")
            frame.write(
                isTheme ? Self.noColors : "no such command", x: inner.x, y: inner.y + 2, width: inner.width,
                Role.warning.number)
        }
    }
}
