import Calendars
import Model
import Terminal

/// What is to be frozen, from when until when and why, as it is being typed.
struct FreezeForm: Equatable {
    enum Field: Int, CaseIterable {
        case environments, until, from, reason, name

        var title: String {
            switch self {
            case .environments: "Environments"
            case .until: "Until"
            case .from: "From"
            case .reason: "Reason"
            case .name: "Name"
            }
        }
    }

    private(set) var fields: [TextField]
    var active = Field.environments
    /// Whether somebody wanted to go on, and what is missing is told.
    private(set) var isChecked = false

    /// - Parameter name: how it is called where nobody says otherwise.
    init(environments: String, until: String, name: String) {
        fields = [
            TextField(proposed: environments), TextField(proposed: until), TextField(), TextField(),
            TextField(proposed: name),
        ]
        active = environments.isEmpty ? .environments : until.isEmpty ? .until : .reason
    }

    subscript(field: Field) -> TextField { fields[field.rawValue] }

    func text(_ field: Field) -> String {
        self[field].text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    mutating func take(_ key: Key) {
        fields[active.rawValue].take(key)
        isChecked = false
    }

    mutating func move(_ step: Int) {
        let count = Field.allCases.count
        active = Field(rawValue: (active.rawValue + step + count) % count) ?? .environments
    }

    /// To the first field in which something is wrong.
    mutating func show(_ field: Field) { (active, isChecked) = (field, true) }

    /// What was typed of a field cannot be used, and why.
    struct Fault: Error, Equatable {
        var field: Field
        var reason: String
    }

    /// What there is to freeze.
    /// - Parameters:
    ///   - zone: by whose clocks times are.
    ///   - taken: the names that other freezes have.
    func freeze(_ zone: Zone, taken: [String], now: Timestamp) throws(Fault) -> Freeze {
        let environments = text(.environments)
        if let fault = NameRule.fault(inGlob: environments) {
            throw Fault(field: .environments, reason: environments.isEmpty ? fault.mend : "it \(fault.reason)")
        }
        guard !text(.until).isEmpty else { throw Fault(field: .until, reason: "when does it end? \(Self.times)") }
        let until = try moment(.until, zone, now, isEnd: true)
        let from = text(.from).isEmpty ? now : try moment(.from, zone, now, isEnd: false)
        guard until > now, until > from else {
            throw Fault(field: .until, reason: "it would be over before it begins: it ends \(zone.written(until))")
        }
        guard !text(.reason).isEmpty else {
            throw Fault(field: .reason, reason: "a reason is missing: everybody who is held up reads it")
        }
        let name = text(.name)
        guard !name.isEmpty else { throw Fault(field: .name, reason: "it has no name: people see it at the gate") }
        guard !taken.contains(name) else { throw Fault(field: .name, reason: "another freeze is called “\(name)”") }
        guard Secrets.hiding(in: name) == name else {
            throw Fault(field: .name, reason: "that looks like a secret: give it another name")
        }
        return Freeze(
            name: name, environments: environments, from: from, until: until, zone: zone.name,
            untilInWords: zone.written(until), reason: text(.reason))
    }

    private static let times = "2h, 3d, 18:00, 2026-12-24 or 2026-12-24 18:00"

    private func moment(_ field: Field, _ zone: Zone, _ now: Timestamp, isEnd: Bool) throws(Fault) -> Timestamp {
        let text = text(field)
        guard let moment = TypedMoment.moment(text, zone: zone, now: now, isEnd: isEnd) else {
            throw Fault(field: field, reason: "“\(text)” is no time: \(Self.times)")
        }
        return moment
    }

    /// What a field is understood as, or what it takes.
    func hint(_ field: Field, _ zone: Zone, now: Timestamp) -> String {
        let text = text(field)
        switch field {
        case .until, .from:
            if text.isEmpty { return field == .from ? "at once; or 18:00, 2026-12-24, 2h" : Self.times }
            let moment = TypedMoment.moment(text, zone: zone, now: now, isEnd: field == .until)
            return moment.map { zone.written($0) } ?? "no time as yet"
        case .reason: return text.isEmpty ? "why? everybody who is held up reads it" : ""
        case .environments, .name: return ""
        }
    }
}

extension ViewState {
    /// - Parameter words: which environments, and until when, as the palette takes them.
    mutating func openFreezeForm(_ words: [String]) -> [Effect] {
        guard mayAct("freeze environments") else { return [] }
        let until = words.dropFirst().joined(separator: " ")
        if words.isEmpty, let freezeDraft {
            overlay = .freezing(freezeDraft)
            return []
        }
        // One is named; several have no common glob that holds no others.
        let one = targets.count == 1 ? targets.first?.description : nil
        overlay = .freezing(FreezeForm(environments: words.first ?? one ?? "", until: until, name: freeName))
        return []
    }

    /// A name after the person that no other freeze has.
    private var freeName: String {
        let taken = Set(freezeNames)
        return ([user] + (2...99).map { "\(user)-\($0)" }).first { !taken.contains($0) } ?? ""
    }

    /// What other freezes are called.
    private var freezeNames: [String] {
        configuredFreezes.names + (fleet?.freezes.ahead(of: now).map(\.freeze.name) ?? [])
    }

    mutating func takeKey(_ key: Key, freezing before: FreezeForm) -> [Effect] {
        var form = before
        switch key {
        case .escape:
            (overlay, freezeDraft) = (nil, nil)
            return []
        case .up, .backTab: form.move(-1)
        case .down, .tab: form.move(1)
        case .enter where form.active != .name && !isComplete(form): form.move(1)
        case .enter:
            do throws(FreezeForm.Fault) {
                let freeze = try form.freeze(userZone, taken: freezeNames, now: now)
                freezeDraft = form
                ask(.freeze(freeze), reason: freeze.reason, startsAt: .yes, needsReason: true)
                return []
            } catch { form.show(error.field) }
        case .click(_, let y):
            let first = freezeBox.y + 1
            if let field = FreezeForm.Field(rawValue: y - first) { form.active = field }
        default: form.take(key)
        }
        overlay = .freezing(form)
        return []
    }

    private func isComplete(_ form: FreezeForm) -> Bool {
        (try? form.freeze(userZone, taken: freezeNames, now: now)) != nil
    }

    // MARK: what would be done

    func freezing(_ freeze: Freeze) -> Confirmation.Possibility {
        if freezeNames.contains(freeze.name) {
            return .impossible(reason: "another freeze is called “\(freeze.name)” now")
        }
        guard freeze.until > now else { return .impossible(reason: "it would be over already") }
        let names = matching(freeze.environments).map(\.description)
        let known =
            names.isEmpty
            ? "▲ no environment is called so now: it counts for those to come"
            : "\(counted(names.count, "environment")): \(names.prefix(6).joined(separator: ", "))"
                + (names.count > 6 ? " and \(names.count - 6) more" : "")
        return .possible(.freeze(freeze), word: nil, grounds: [known])
    }

    func unfreezing(_ name: String) -> Confirmation.Possibility {
        guard let placed = fleet?.freezes.ahead(of: now).first(where: { $0.freeze.name == name }) else {
            return .impossible(reason: "the freeze “\(name)” is over or taken away")
        }
        let freeze = placed.freeze
        return .possible(
            .unfreeze(name, reason: ""), word: nil,
            grounds: [
                "\(freeze.environments) until \(freeze.untilInWords)", "set by \(placed.actor): \(freeze.reason)",
            ])
    }

    func freezeLines(_ freeze: Freeze, _ grounds: [String]) -> [[Span]] {
        let width = min(size.width - 2, 80) - 4
        let from = freeze.from <= now ? "at once" : "from \(userZone.written(freeze.from))"
        let known = grounds.flatMap { ground in
            wrapped(ground, width: width).map { [Span($0, ground.hasPrefix("▲") ? .warning : .text)] }
        }
        return [[Span("‖ \(freeze.name)  ", .strong), Span("\(from) until \(freeze.untilInWords)")]] + known
            + [[Span("Nothing new begins there; what waits begins by itself. Rollbacks pass.", .muted)]]
    }

    func unfreezeLines(_ grounds: [String]) -> [[Span]] {
        let width = min(size.width - 2, 80) - 4
        return grounds.flatMap { wrapped($0, width: width).map { [Span($0)] } }
            + [[Span("What waited for it begins by itself.", .muted)]]
    }

    // MARK: drawing

    /// Where the form is.
    private var freezeBox: Rect {
        let (width, height) = (min(size.width, 80), min(size.height, FreezeForm.Field.allCases.count + 6))
        return Rect(x: (size.width - width) / 2, y: (size.height - height) / 2, width: width, height: height)
    }

    func drawFreezing(_ frame: inout Frame, _ form: FreezeForm) {
        let outer = freezeBox
        let inner = box(&frame, width: outer.width, height: outer.height, [Span("Freeze environments", .title)])
        var lines: [[Span]] = []
        for (index, field) in FreezeForm.Field.allCases.enumerated() {
            let isActive = field == form.active
            let typed = form[field]
            let start = [
                Span("\(field.title):".padding(to: 14), isActive ? .key : .muted),
                Span(typed.text, isActive && !typed.isProposal ? .input : .text),
            ]
            let y = inner.y + index
            let end = frame.write(start, x: inner.x, y: y, width: inner.width)
            let hint = field == .environments ? matches(form) : [Span(form.hint(field, userZone, now: now), .muted)]
            frame.write([Span("  ")] + hint, x: end, y: y, width: inner.x + inner.width - end)
            if isActive { frame.cursor = (end, y) }
        }
        lines.append([])
        lines.append(contentsOf: faultLines(form, width: inner.width))
        lines.append([
            Span("⏎", .key), Span(" goes on   ", .text), Span("↑↓", .key), Span(" another line   ", .text),
            Span("Esc leaves everything as it is", .muted),
        ])
        let (_, rest) = inner.split(top: FreezeForm.Field.allCases.count)
        writeLines(&frame, lines, rest)
    }

    /// How many environments are called so, as it is typed.
    private func matches(_ form: FreezeForm) -> [Span] {
        let glob = form.text(.environments)
        if glob.isEmpty { return [Span("by glob: checkout/*, */prod-*", .muted)] }
        if NameRule.fault(inGlob: glob) != nil { return [Span("matches nothing", .warning)] }
        let found = matching(glob)
        if found.isEmpty { return [Span("▲ none is called so now", .warning)] }
        let names = found.prefix(3).map(\.description).joined(separator: ", ")
        return [
            Span(counted(found.count, "environment"), .good),
            Span(": \(names)\(found.count > 3 ? ", …" : "")", .muted),
        ]
    }

    private func faultLines(_ form: FreezeForm, width: Int) -> [[Span]] {
        guard form.isChecked else { return [[]] }
        do throws(FreezeForm.Fault) {
            _ = try form.freeze(userZone, taken: freezeNames, now: now)
            return [[]]
        } catch {
            let text = "\(error.field.title): \(error.reason)"
            return wrapped("✗ \(text)", width: width).prefix(2).map { [Span($0, .danger)] }
        }
    }
}
