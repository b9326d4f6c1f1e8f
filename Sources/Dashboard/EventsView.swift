import Decisions
import Incidents
import Model
import Terminal

extension View {
    static let events: View = View(.events)
}

/// How the events are shown.
struct EventsState: Equatable {
    var rows: [EventRow] = []
    var level = EventLevel.steps
    /// Deployments whose steps are shown one by one.
    var opened: Set<Int64> = []
    /// Whether there are newer ones than those that are loaded, as one has gone to the oldest.
    var hasNewer = false
    /// Whether a page of them is on its way.
    var isLoading = false
}

extension ViewTable {
    static let events: ViewTable = ViewTable(
        name: "events", question: "who did what, when?",
        opening: Opening(keys: Key.letters("5e"), sign: "5 e") { $0.open(.events) },
        enter: { state, _ in
            state.foldEvents()
            return [.loadEvents(.newest, upTo: state.lastEvent)]
        },
        look: { $0.searchFurther() },
        take: { state, message in
            guard case .eventPage(let page, let place, let isComplete) = message else { return }
            state.take(page.filter(state.hasHappened), place, isComplete: isComplete)
        },
        subject: { state in
            switch state.pickedRow {
            case .event(let event, _)?: event.address
            case .steps(let steps)?: steps.address
            case nil: nil
            }
        },
        draw: { $0.drawEvents(&$1) },
        keys: { state in
            [
                KeyBinding(
                    [.enter, .right, .character("l")], "⏎ l", "open the deployment, or the steps in a line",
                    bar: "open"
                ) { state, _ in state.openEvent() }.with(bar: "open", sign: "⏎"),
                KeyBinding([.character("L")], "L", "all events, or only those that weigh more", bar: "less") {
                    state, _ in
                    state.chooseLevel()
                    return []
                }.with(bar: state.events.level == .people ? "each step" : "fewer"),
                .rollBack,
                KeyBinding([.end, .character("G")], "", "") { state, _ in state.goToOldest() },
                KeyBinding([.home, .character("g")], "", "") { state, _ in state.goToNewest() },
            ]
        },
        listing: { $0.eventListing })
}

extension ViewState {
    /// Works out the rows anew from the events.
    mutating func foldEvents() {
        events.rows = EventRow.folded(
            eventRows, level: events.level, opened: events.opened, isFromFirst: areEventsComplete,
            isToLast: !events.hasNewer)
    }

    // MARK: pages

    /// Takes in a page, the newest first; what lies between two pages is never left out.
    fileprivate mutating func take(_ page: [Event], _ place: EventPlace, isComplete: Bool) {
        events.isLoading = false
        switch place {
        case .newest: (eventRows, areEventsComplete, events.hasNewer) = (page, isComplete, false)
        case .oldest:
            (eventRows, areEventsComplete, events.hasNewer) = (page, true, !isComplete)
            eventList.put(.max)
        case .before(let sequence):
            // Somebody may have gone elsewhere while it was read.
            guard eventRows.last?.sequence == sequence else { return }
            eventRows += page
            areEventsComplete = isComplete
        case .after(let sequence):
            guard eventRows.first?.sequence == sequence else { return }
            eventRows = page + eventRows
            events.hasNewer = !isComplete
        }
        foldEvents()
    }

    /// To the very first event, which may have to be read.
    fileprivate mutating func goToOldest() -> [Effect] {
        guard !areEventsComplete, !isSearching else { return move(1_000_000_000) }
        events.isLoading = true
        return [.loadEvents(.oldest, upTo: lastEvent)]
    }

    fileprivate mutating func goToNewest() -> [Effect] {
        guard events.hasNewer, !isSearching else { return move(-1_000_000_000) }
        events.isLoading = true
        eventList.put(0)
        return [.loadEvents(.newest, upTo: lastEvent)]
    }

    fileprivate var pickedRow: EventRow? {
        guard view.table.name == ViewTable.events.name else { return nil }
        return picked(eventListing).map { events.rows[$0] }
    }

    /// The event under the cursor; `nil` where steps in a line are.
    var pickedEvent: Event? {
        if case .event(let event, _)? = pickedRow { return event }
        return nil
    }

    fileprivate mutating func openEvent() -> [Effect] {
        switch pickedRow {
        case .steps(let steps)?:
            if events.opened.remove(steps.deployment) == nil { events.opened.insert(steps.deployment) }
            foldEvents()
            return []
        case .event(let event, _)?:
            guard let address = event.address else { return [] }
            return open(event.deployment.map { .deployment(address, $0) } ?? .environment(address))
        case nil: return []
        }
    }

    fileprivate mutating func chooseLevel() {
        let all = EventLevel.allCases
        // From each step to what people did, and from there to all again.
        events.level = all[(events.level.rawValue + all.count - 1) % all.count]
        foldEvents()
        say("shown: \(events.level.inWords)")
    }

    fileprivate var eventListing: Listing {
        Listing(
            state: \.eventList, area: { $0.wholeList }, count: events.rows.count,
            isPartial: !areEventsComplete || events.hasNewer,
            columns: [
                Column(title: "TIME", worth: 90), Column(title: "ENVIRONMENT", worth: 80, maximum: 36),
                Column(title: "WHAT", worth: 100, maximum: 200, isFlexible: true, minimum: 44),
                Column(title: "BY", worth: 40, maximum: 16), Column(title: "#", worth: 20, alignment: .right),
            ],
            cells: { state, place in state.eventCells(state.events.rows[place]) },
            name: { state, place in
                switch state.events.rows[place] {
                case .event(let event, _): String(event.sequence)
                case .steps(let steps): "steps of \(steps.deployment)"
                }
            },
            // What is being read is not pushed away; at the top, one sees what is new.
            keepsTop: true,
            moved: { $0.loadMoreEvents() })
    }

    private func eventCells(_ row: EventRow) -> [Span] {
        func time(_ event: Event) -> Span {
            Span(
                when(event.time, now: now, zone: zone, isAbsolute: true), .muted,
                order: Double(event.time.milliseconds))
        }
        switch row {
        case .event(let event, let isInside):
            return [
                time(event), Span(event.address?.description ?? event.application ?? "", .text),
                Span((isInside ? "    " : "") + event.summary, storyRole(event)), Span(event.actor, .muted),
                Span(String(event.sequence), .muted),
            ]
        case .steps(let steps):
            let newest = steps.events[0]
            return [
                time(newest), Span(steps.address.description, .text),
                Span(
                    "\(steps.isOpen ? "▾" : "▸") \(steps.summary)",
                    steps.isTroubled ? .warning : .muted),
                Span(newest.actor, .muted), Span(String(newest.sequence), .muted),
            ]
        }
    }

    private mutating func loadMoreEvents() -> [Effect] {
        guard !events.isLoading, let first = eventRows.first, let last = eventRows.last else { return [] }
        if !areEventsComplete, eventList.cursor >= eventList.count(of: events.rows.count) - Self.eventsAhead {
            events.isLoading = true
            return [.loadEvents(.before(last.sequence), upTo: lastEvent)]
        }
        guard events.hasNewer, eventList.cursor < Self.eventsAhead else { return [] }
        events.isLoading = true
        return [.loadEvents(.after(first.sequence), upTo: lastEvent)]
    }

    /// Whether something is looked for among all events, or they are put into another order.
    private var isSearching: Bool { !eventList.filter.isEmpty || eventList.sort != nil }

    /// Of more events than these, one looks for something with `lastgood events`.
    private static let mostSearched = 5000

    /// Whoever looks for something does so among what is not loaded yet, too.
    fileprivate mutating func searchFurther() -> [Effect] {
        guard isSearching, !events.isLoading, eventRows.count < Self.mostSearched, let first = eventRows.first,
            let last = eventRows.last
        else { return [] }
        guard !areEventsComplete || events.hasNewer else { return [] }
        events.isLoading = true
        return [.loadEvents(areEventsComplete ? .after(first.sequence) : .before(last.sequence), upTo: lastEvent)]
    }

    /// So many rows before the end of what is loaded, more is asked for.
    private static let eventsAhead = 50

    fileprivate func drawEvents(_ frame: inout Frame) {
        let order = eventList.sort == nil ? "newest first" : "all"
        let what = events.level == .steps ? order : events.level.inWords
        drawList(
            &frame, eventListing, title: [Span("Events", .title), Span(" · \(what)", .text)],
            note: isSearching && eventRows.count >= Self.mostSearched && !areEventsComplete
                ? [Span("among the newest \(eventRows.count)", .warning)]
                : events.isLoading
                    ? [Span("◌ reading more", .active)]
                    : eventList.cursor > 0 || events.hasNewer
                        ? [Span("g goes to the newest", .muted)]
                        : [Span(past == nil ? "new ones appear here" : "up to then", .muted)],
            empty: [
                Span(eventRows.isEmpty ? "nothing has happened yet" : "nothing of that weight is loaded", .muted),
                Span("deployments, alarms and what people decide are told here", .muted),
            ])
    }
}
