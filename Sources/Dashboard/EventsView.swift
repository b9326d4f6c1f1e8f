import Decisions
import Model
import Terminal

extension View {
    static let events: View = View(.events)
}

extension ViewTable {
    static let events: ViewTable = ViewTable(
        name: "events", question: "who did what, when?",
        opening: Opening(keys: Key.letters("5e"), sign: "5 e") { $0.open(.events) },
        enter: { state, _ in [.loadEvents(before: nil, upTo: state.lastEvent)] },
        take: { state, message in
            guard case .eventPage(let page, let isFirst, let isComplete) = message else { return }
            let known = page.filter(state.hasHappened)
            state.eventRows = isFirst ? known : state.eventRows + known
            state.areEventsComplete = isComplete
        },
        subject: { state in state.picked(state.eventListing).flatMap { state.eventRows[$0].address } },
        draw: { $0.drawEvents(&$1) },
        keys: { _ in [.openSubject, .rollBack] },
        listing: { $0.eventListing })
}

extension ViewState {
    fileprivate var eventListing: Listing {
        Listing(
            state: \.eventList, area: { $0.wholeList }, count: eventRows.count, isPartial: !areEventsComplete,
            columns: [
                Column(title: "TIME", worth: 90), Column(title: "ENVIRONMENT", worth: 80, maximum: 36),
                Column(title: "WHAT", worth: 100, maximum: 200, isFlexible: true, minimum: 44),
                Column(title: "BY", worth: 40, maximum: 16), Column(title: "#", worth: 20, alignment: .right),
            ],
            cells: { state, place in
                let event = state.eventRows[place]
                return [
                    Span(
                        when(event.time, now: state.now, zone: state.zone, isAbsolute: true), .muted,
                        order: Double(event.time.milliseconds)),
                    Span(event.address?.description ?? event.application ?? "", .text),
                    Span(event.summary, state.storyRole(event)), Span(event.actor, .muted),
                    Span(String(event.sequence), .muted),
                ]
            },
            name: { state, place in String(state.eventRows[place].sequence) },
            // What is being read is not pushed away; at the top, one sees what is new.
            keepsTop: true,
            moved: { $0.loadMoreEvents() })
    }

    private mutating func loadMoreEvents() -> [Effect] {
        guard !areEventsComplete, eventList.cursor >= eventList.count(of: eventRows.count) - 50,
            let last = eventRows.last
        else { return [] }
        areEventsComplete = true  // until the page has come
        return [.loadEvents(before: last.sequence, upTo: lastEvent)]
    }

    fileprivate func drawEvents(_ frame: inout Frame) {
        drawList(
            &frame, eventListing, title: [Span("Events", .title), Span(" · newest first", .text)],
            note: eventList.cursor > 0
                ? [Span("g goes to the newest", .muted)]
                : [Span(past == nil ? "new ones appear here" : "up to then", .muted)],
            empty: [
                Span("nothing has happened yet", .muted),
                Span("deployments, alarms and what people decide are told here", .muted),
            ])
    }
}
