import Terminal

/// A key, or several that do the same: what they are called, what they do, and whether that acts on services.
struct KeyBinding: Sendable {
    /// The keys; empty where only the palette knows it.
    var keys: [Key]
    /// How the keys are written: `⏎`, `␣ b`.
    var sign: String
    /// How the key bar writes them; as everywhere where it is `nil`.
    var shortSign: String?
    var barSign: String { shortSign ?? sign }
    /// What they do, for the help.
    var help: String
    /// What they do in a word or two, for the key bar; `nil` where it does not stand there.
    var bar: String?
    /// The palette's word for it.
    var command: String?
    /// Whether something is done to services or releases: not in the past, nor where one only reads.
    var acts: Bool
    var act: @Sendable (inout ViewState, Key) -> [Effect]
    /// What the palette does with the words that follow the command; `nil` where that is what the key does.
    var run: (@Sendable (inout ViewState, [String]) -> [Effect])?
    /// What may follow the command.
    var choices: @Sendable (ViewState) -> [String] = { _ in [] }

    init(
        _ keys: [Key], _ sign: String, _ help: String, bar: String? = nil, command: String? = nil, acts: Bool = false,
        choices: @escaping @Sendable (ViewState) -> [String] = { _ in [] },
        run: (@Sendable (inout ViewState, [String]) -> [Effect])? = nil,
        act: @escaping @Sendable (inout ViewState, Key) -> [Effect]
    ) {
        (self.keys, self.sign, self.help, self.bar) = (keys, sign, help, bar)
        (self.command, self.acts, self.run, self.act) = (command, acts, run, act)
        self.choices = choices
    }

    /// The same, written in another way in the key bar.
    func with(bar: String?, sign: String? = nil) -> KeyBinding {
        var changed = self
        changed.bar = bar
        changed.shortSign = sign ?? shortSign
        return changed
    }
}

extension Key {
    /// The keys of these letters.
    static func letters(_ text: String) -> [Key] { text.map { .character($0) } }
}

// MARK: keys that work everywhere

extension KeyBinding {
    static let back: KeyBinding = KeyBinding([.escape, .left, .backspace], "Esc", "back", bar: "back") { state, _ in
        state.back()
    }
    static let help: KeyBinding = KeyBinding([.character("?")], "?", "all keys", bar: "help", command: "help") {
        state, _ in
        state.overlay = .help(top: 0)
        return []
    }
    static let palette: KeyBinding = KeyBinding([.character(":")], ":", "command palette") { state, _ in
        state.overlay = .palette(Palette())
        return []
    }
    static let quit: KeyBinding = KeyBinding(
        [.character("q"), .control("c")], "q", "quit; what runs goes on", bar: "quit", command: "quit"
    ) { state, _ in state.quit() }
    static let times: KeyBinding = KeyBinding([.character("T")], "T", "exact times", bar: "times") { state, _ in
        state.showsAbsoluteTimes.toggle()
        return []
    }
    static let zoom: KeyBinding = KeyBinding(Key.letters("[]"), "[ ]", "longer, shorter charts", bar: "zoom") {
        state, key in
        state.zoom(by: key == .character("[") ? 2 : 0.5)
    }
    static let now: KeyBinding = KeyBinding([.character(".")], ".", "back to now", bar: "back to now") { state, _ in
        state.leavePast()
    }
    static let rollBack: KeyBinding = KeyBinding(
        [.character("r")], "r", "roll back: this or marked", bar: "roll back", command: "rollback", acts: true,
        choices: { $0.rows.map(\.description) }, run: { state, words in state.rollBack(named: words) },
        act: { state, _ in state.rollBack() })
    static let mark: KeyBinding = KeyBinding(
        [.character("m")], "m", "mark what is in question", bar: "mark", command: "mark", acts: true
    ) { state, _ in
        state.openMark()
        return []
    }
    static let takeBack: KeyBinding = KeyBinding(
        [.character("u")], "u", "undo what was done here", command: "undo", acts: true
    ) { state, _ in state.takeBackLast() }
    static let liftHold: KeyBinding = KeyBinding(
        [], "", "lift the hold", command: "lift", acts: true
    ) { state, _ in state.liftHold() }
    static let hold: KeyBinding = KeyBinding(
        [.character("H")], "H", "hold, or lift the hold", command: "hold", acts: true,
        run: { state, words in state.hold(words) }, act: { state, _ in state.holdOrLift() })
    static let freeze: KeyBinding = freezing([], "")
    /// Opens the form for a freeze; the palette takes which environments, and until when.
    static func freezing(_ keys: [Key], _ sign: String, bar: String? = nil) -> KeyBinding {
        KeyBinding(
            keys, sign, "freeze environments: a form", bar: bar, command: "freeze", acts: true,
            choices: { $0.rows.map(\.description) }, run: { state, words in state.openFreezeForm(words) },
            act: { state, _ in state.openFreezeForm([]) })
    }
    private static let theme: KeyBinding = KeyBinding(
        [], "", "another look; ↑↓ shows each", command: "theme", choices: { $0.isColorless ? [] : $0.themes },
        run: { state, words in
            if state.isColorless {
                state.say(ViewState.noColors)
                return []
            }
            if let word = words.first {
                // The beginning of a name is enough where it is that of one only.
                let names = state.themes.filter { $0.hasPrefix(word) }
                return [.useTheme(names.count == 1 ? names[0] : word)]
            }
            state.overlay = .palette(Palette(field: TextField(text: "theme ")))
            return []
        }, act: { _, _ in [] })
    private static let suspend: KeyBinding = KeyBinding([.control("z")], "Ctrl-Z", "to the shell; fg returns") { _, _ in
        [.suspend]
    }
    /// The key that pauses a plan does so only where the plan can be seen.
    private static let whereToPause: KeyBinding = KeyBinding([.character("p")], "", "") { state, _ in
        state.sayWherePlansArePaused()
        return []
    }

    /// As it is written where some of its keys mean something else.
    func without(_ taken: Set<Key>) -> KeyBinding {
        var result = self
        let left = sign.split(separator: " ").map(String.init).filter { word in
            guard word.count == 1, let letter = word.first else { return true }
            return !taken.contains(Key.character(letter))
        }
        result.sign = left.joined(separator: " ")
        return result
    }

    /// Those that lead to these views.
    static func to(_ tables: ViewTable...) -> [KeyBinding] { tables.compactMap { $0.opener } }

    /// Those that lead to views.
    static let openers: [KeyBinding] = ViewTable.all.compactMap { $0.opener }
    /// The rest of what works in every view that does not say otherwise.
    static let everywhere: [KeyBinding] = [
        rollBack, mark, takeBack, hold, liftHold, freeze, back, help, palette, zoom, times, quit, suspend, theme,
        whereToPause,
    ]
}

extension ViewState {
    /// What keys do now; where one stands twice, the first counts.
    var bindings: [KeyBinding] {
        let listing = view.table.listing(self)
        let own = pastKeys + view.table.keys(self) + (listing.map { KeyBinding.list($0) } ?? [])
        return own + (view.table.isClosed(self) ? [.help] : KeyBinding.openers + KeyBinding.everywhere)
    }

    private var pastKeys: [KeyBinding] {
        guard past != nil else { return [] }
        guard view == .overview else { return [.now] }
        return [
            .now,
            // There is nothing to go back to but now.
            KeyBinding([.escape], "", "") { state, _ in
                state.isAtRest ? state.leavePast() : state.back()
            },
        ]
    }

    /// The key bar: the most useful first. Nobody acts on the past.
    var bar: [KeyBinding] {
        var own = view.table.keys(self).filter { $0.bar != nil }
        if past != nil { own = [.now] + own.filter { !$0.acts && $0.sign != "." } }
        if view.table.isClosed(self) { return own }
        if view != .overview, !own.contains(where: { $0.keys.contains(.escape) }) { own.append(.back) }
        if let listing, listing.hasFilter {
            let text = filterText
            own.append(KeyBinding.filter.with(bar: text.isEmpty ? "filter" : "filter: \(text)"))
        }
        if !own.contains(where: { $0.sign == "?" }) { own.append(.help) }
        if view == .overview { own.append(.quit) }
        return own
    }

    /// Does what a key means.
    mutating func press(_ key: Key) -> [Effect] {
        if let binding = bindings.first(where: { $0.keys.contains(key) }) { return perform(binding, key) }
        if case .character(let letter) = key { say("\(letter) does nothing here: ? lists the keys") }
        return []
    }

    mutating func perform(_ binding: KeyBinding, _ key: Key) -> [Effect] {
        if binding.acts, !mayAct(binding.bar ?? binding.help) { return [] }
        return binding.act(&self, key)
    }
}
