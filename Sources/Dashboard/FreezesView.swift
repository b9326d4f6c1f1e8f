import Calendars
import Decisions
import Model
import Terminal

extension View {
    static let freezes: View = View(.freezes)
}

extension ViewTable {
    static let freezes: ViewTable = ViewTable(
        name: "freezes", question: "when does nothing new begin, where, and why?",
        opening: Opening(keys: Key.letters("F"), sign: "F") { $0.open(.freezes) },
        subject: { $0.selected },
        draw: { $0.drawFreezes(&$1) },
        keys: { _ in
            [
                .freezing([.character("+")], "+", bar: "freeze"),
                KeyBinding(
                    [.character("x"), .delete], "x", "take away what was set by hand", bar: "take away",
                    command: "unfreeze", acts: true
                ) { state, _ in state.takeFreezeAway() },
            ]
        },
        listing: { $0.freezeListing })
}

/// The freezes that a configuration and its calendars have, as the screen is told of them.
public struct ConfiguredFreezes: Equatable, Sendable {
    /// A time in which environments are frozen.
    public struct Time: Hashable, Sendable {
        /// The freeze's name, and that of the event where it is one of a calendar's.
        public var title: String
        public var environments: String
        public var from: Timestamp
        public var until: Timestamp
        /// The same by the clocks of its own zone.
        public var fromInWords: String
        public var untilInWords: String
        public var isCalendar: Bool

        public init(
            title: String, environments: String, from: Timestamp, until: Timestamp, fromInWords: String,
            untilInWords: String, isCalendar: Bool
        ) {
            (self.title, self.environments, self.from, self.until) = (title, environments, from, until)
            (self.fromInWords, self.untilInWords, self.isCalendar) = (fromInWords, untilInWords, isCalendar)
        }
    }

    /// What the configuration calls them, those included that do not come soon.
    public var names: [String]
    public var times: [Time]
    /// What keeps calendars from being known.
    public var problems: [String]

    public init(names: [String] = [], times: [Time] = [], problems: [String] = []) {
        (self.names, self.times, self.problems) = (names, times, problems)
    }
}

/// A freeze on the screen, whoever says that it is one.
struct FreezeRow: Hashable, Sendable {
    var title: String
    var environments: String
    var from: Timestamp
    var until: Timestamp
    var fromInWords: String
    var untilInWords: String
    var isCalendar = false
    /// Who set it by hand, and why; `nil` where nobody did.
    var placed: PlacedFreeze?
}

extension ViewState {
    /// All freezes that are in force or come, the first to end coming first of those in force, then the next. What a
    /// configuration froze in the past is not known.
    var freezeRows: [FreezeRow] {
        let configured = (past == nil ? configuredFreezes.times : []).filter { $0.until > now }.map { time in
            FreezeRow(
                title: time.title, environments: time.environments, from: time.from, until: time.until,
                fromInWords: time.fromInWords, untilInWords: time.untilInWords, isCalendar: time.isCalendar)
        }
        let placed = (fleet?.freezes.ahead(of: now) ?? []).map { placed in
            FreezeRow(
                title: placed.freeze.name, environments: placed.freeze.environments, from: placed.freeze.from,
                until: placed.freeze.until, fromInWords: userZone.written(placed.freeze.from),
                untilInWords: placed.freeze.untilInWords, placed: placed)
        }
        return (configured + placed).sorted { ($0.from, $0.until, $0.title) < ($1.from, $1.until, $1.title) }
    }

    fileprivate var freezeListing: Listing {
        let rows = freezeRows
        return Listing(
            state: \.freezeList, area: { $0.listAreas($0.freezeList, rows.count).list }, count: rows.count,
            columns: [
                Column(title: "STATE", worth: 100), Column(title: "FREEZE", worth: 98, maximum: 24),
                Column(title: "ENVIRONMENTS", worth: 95, maximum: 28),
                Column(title: "MATCHES", worth: 40, alignment: .right), Column(title: "FROM", worth: 60),
                Column(title: "UNTIL", worth: 90), Column(title: "BY", worth: 80, maximum: 16),
                Column(title: "WHY", worth: 85, maximum: 120, isFlexible: true),
            ],
            cells: { state, place in state.freezeCells(rows[place]) },
            name: { _, place in "\(rows[place].title) \(rows[place].from.milliseconds) \(rows[place].placed?.id ?? 0)" }
        )
    }

    private func freezeCells(_ row: FreezeRow) -> [Span] {
        let isOn = row.from <= now
        let count = matching(row.environments).count
        func time(_ moment: Timestamp, _ words: String) -> Span {
            // Day and time are enough where the zone has no room.
            let short = words.split(separator: " ").dropFirst().prefix(2).joined(separator: " ")
            let isRoomy = showsAbsoluteTimes || size.width >= 140
            return Span(isRoomy ? words : short, .text, order: Double(moment.milliseconds))
        }
        let (by, why) =
            row.placed.map { ($0.actor, $0.freeze.reason) } ?? (row.isCalendar ? "calendar" : "configuration", "")
        let ahead = row.from - now
        let state =
            isOn
            ? Span("‖ in force", .warning, order: 0)
            : Span("◌ in \(shortAge(ahead))", .muted, order: Double(ahead.milliseconds))
        return [
            state, Span(row.title, isOn ? .strong : .text), Span(row.environments),
            Span("\(count)", count == 0 ? .warning : .muted, order: Double(count)),
            time(row.from, row.fromInWords), time(row.until, row.untilInWords),
            Span(by, row.placed == nil ? .muted : .text), Span(why, .text),
        ]
    }

    /// The environments that are called so now.
    func matching(_ glob: String) -> [EnvironmentAddress] {
        (fleet?.environments.keys.filter { globMatches(glob, $0.description) } ?? []).sorted()
    }

    private var pickedFreeze: FreezeRow? {
        let rows = freezeRows
        return picked(freezeListing).flatMap { rows.indices.contains($0) ? rows[$0] : nil }
    }

    /// Asks whether to take away what somebody set by hand; says where else it stands otherwise.
    fileprivate mutating func takeFreezeAway() -> [Effect] {
        guard let row = pickedFreeze else {
            say("no freeze is selected")
            return []
        }
        guard let placed = row.placed else {
            let place = row.isCalendar ? "a calendar of the configuration" : "the configuration"
            say("“\(row.title)” stands in \(place): take it out there")
            return []
        }
        openQuestion(.unfreeze(placed.freeze.name))
        return []
    }

    // MARK: drawing

    fileprivate func drawFreezes(_ frame: inout Frame) {
        let rows = freezeRows
        let on = rows.count { $0.from <= now }
        var note: Span?
        if let problem = configuredFreezes.problems.first {
            note = Span("▲ \(problem)", .warning)
        } else if on > 0 {
            note = Span("‖ \(on) in force", .warning)
        } else if let next = rows.first {
            note = Span("next in \(shortAge(next.from - now))", .muted)
        }
        drawList(
            &frame, freezeListing, title: [Span("Freezes", .title), Span(" · \(rows.count), rollbacks pass", .text)],
            note: [note].compactMap(\.self),
            empty: [
                Span("nothing is frozen, and nothing is known to be within 31 days", .muted),
                Span(
                    "+ freezes environments; “freezes:” in the configuration: by week or calendar", .muted),
            ])
        guard let below = listAreas(freezeList, rows.count).below, let row = pickedFreeze else { return }
        drawFreezeBelow(&frame, below, row)
    }

    /// What is frozen, when, and who says so.
    private func drawFreezeBelow(_ frame: inout Frame, _ rect: Rect, _ row: FreezeRow) {
        let (head, rest) = rect.split(top: 1)
        frame.rule(head, [Span(row.title, .title)])
        let names = matching(row.environments)
        let width = max(1, rest.width - 4)
        let who =
            row.placed.map { "set by \($0.actor) \(shortAge(now - $0.since)) ago: \($0.freeze.reason)" }
            ?? (row.isCalendar ? "an event of a calendar" : "it stands in the configuration")
        var lines: [[Span]] = [
            [Span("from  ", .muted), Span(row.fromInWords)], [Span("until ", .muted), Span(row.untilInWords)],
        ]
        lines += wrapped(who, width: width).map { [Span($0)] }
        lines.append([])
        lines.append([Span("\(row.environments) is \(counted(names.count, "environment"))", .strong)])
        lines += names.map { address in
            [Span("‖ \(address)  ", .text), Span(environment(address)?.liveRelease ?? "–", .muted)]
        }
        writeLines(&frame, lines, Rect(x: rest.x + 3, y: rest.y, width: width, height: rest.height))
    }
}
