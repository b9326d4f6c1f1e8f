import Model
import Terminal

extension View {
    static let timeline: View = View(.timeline)
}

extension ViewTable {
    static let timeline: ViewTable = ViewTable(
        name: "timeline", question: "what ran where, when?",
        opening: Opening(keys: [.character("t")], sign: "t") { $0.open(.timeline) },
        enter: { state, _ in
            if let selected = state.selected, let index = state.timelineRows.firstIndex(of: selected) {
                state.timeline.list.put(index)
            }
            return state.loadSeries()
        },
        refresh: { $0.loadTimeline() + $0.loadLaneSeries() },
        take: { state, message in
            if case .timeline(let lanes) = message { state.timeline.take(lanes) }
        },
        subject: { state in state.picked(state.laneListing).map { state.timelineRows[$0] } },
        draw: { $0.drawTimeline(&$1) },
        keys: { _ in
            [
                KeyBinding([.left, .right] + Key.letters("hl"), "← →", "move in time", bar: "move in time") {
                    $0.moveInTime($1)
                },
                KeyBinding(Key.letters("+=]-["), "+ −", "closer, farther", bar: "zoom") { $0.moveInTime($1) },
                KeyBinding(Key.letters("nN"), "n N", "next, previous alarm or rollback", bar: "alarm, rollback") {
                    $0.moveInTime($1)
                },
                KeyBinding([.enter], "⏎", "all views as they were then", bar: "go there") { state, _ in
                    state.windBack()
                },
            ] + KeyBinding.to(.deployment).map { $0.with(bar: "its deployment") } + [
                KeyBinding(Key.letters(".0"), ".", "to now", bar: "now") { $0.moveInTime($1) },
                KeyBinding(Key.letters("HLbw"), "H L", "a quarter back, on") { $0.moveInTime($1) },
                .troubleFirst,
            ]
        },
        listing: { $0.laneListing })
}

extension ViewState {
    static let labelWidth = 22
    private static let shortest: Duration = .seconds(60)
    private static let longest: Duration = .seconds(400 * 86_400)

    /// Where nobody has moved it, the column that time is in now: the picture stays as it is until the next one begins.
    var timelineEnd: Timestamp {
        if let end = timeline.end { return end }
        let column = max(1, timelineSpan.milliseconds / Int64(plotWidth))
        return Timestamp(milliseconds: presentTime.milliseconds / column * column) + .milliseconds(column)
    }
    var timelineStart: Timestamp { timelineEnd - timelineSpan }
    /// How much time is on the screen: until somebody chooses, no more than anything is known for.
    var timelineSpan: Duration {
        if let chosen = timeline.chosenSpan { return chosen }
        return fittedWindow(TimelineState.usualSpan, knownFor: timeline.knownSince.map { presentTime - $0 })
    }
    var plotWidth: Int { max(1, size.width - Self.labelWidth - 1) }

    /// The environments of the lanes: those of the overview, in its order.
    var timelineRows: [EnvironmentAddress] { rows }

    /// Asks for the lanes that are on the screen, and not known as they are now.
    mutating func loadTimeline() -> [Effect] {
        loadLanes(timelineRows.dropFirst(timeline.list.top).prefix(size.height))
    }

    /// Asks what ran when, where it is not known as it is now.
    mutating func loadLanes(_ addresses: some Sequence<EnvironmentAddress>) -> [Effect] {
        let old = timeline.claim(addresses)
        return old.isEmpty ? [] : [.loadTimeline(old)]
    }

    // MARK: keys

    fileprivate mutating func moveInTime(_ key: Key) -> [Effect] {
        let step = Duration.milliseconds(max(1, timelineSpan.milliseconds / Int64(plotWidth)))
        switch key {
        case .left, .character("h"): moveTimeCursor(by: .zero - step)
        case .right, .character("l"): moveTimeCursor(by: step)
        case .character("H"), .character("b"): moveTimeCursor(by: .zero - timelineSpan / 4)
        case .character("L"), .character("w"): moveTimeCursor(by: timelineSpan / 4)
        case .character("+"), .character("="), .character("]"): zoomTimeline(by: 0.5)
        case .character("-"), .character("["): zoomTimeline(by: 2)
        case .character("n"): jumpToTick(1)
        case .character("N"): jumpToTick(-1)
        default:
            timeline.cursor = nil
            timeline.end = nil
        }
        return []
    }

    fileprivate mutating func windBack() -> [Effect] {
        guard let moment = timeline.cursor else {
            say("the cursor is at now: move it with ← first")
            return []
        }
        // What is told to the second holds all of that second: no alarm without what was decided for it.
        let end = Timestamp(milliseconds: (moment.milliseconds / 1000 + 1) * 1000 - 1)
        say("reading the ledger up to \(when(moment, now: presentTime, zone: zone, isAbsolute: true)) …")
        return [.windBack(min(end, max(moment, presentTime)))]
    }

    /// The lanes are the environments of the overview, in its order and as it filters them.
    fileprivate var laneListing: Listing {
        var listing = overviewListing
        listing.state = \.timeline.list
        listing.area = { $0.laneArea }
        listing.columns = []
        listing.cells = { state, place in [Span(state.timelineRows[place].description)] }
        listing.height = { state, _ in state.laneHeight }
        listing.hasHeader = false
        return listing
    }

    private mutating func moveTimeCursor(by step: Duration) {
        let next = (timeline.cursor ?? presentTime) + step
        timeline.cursor = next >= presentTime ? nil : next
        guard let cursor = timeline.cursor else {
            timeline.end = nil
            return
        }
        // What is under the cursor is on the screen.
        if cursor < timelineStart { timeline.end = cursor + timelineSpan }
        if cursor > timelineEnd { timeline.end = cursor }
    }

    private mutating func zoomTimeline(by factor: Double) {
        let wanted = Int64(Double(timelineSpan.milliseconds) * factor)
        let span = max(Self.shortest.milliseconds, min(Self.longest.milliseconds, wanted))
        // The cursor stays where it is on the screen.
        if let cursor = timeline.cursor {
            let share = Double((cursor - timelineStart).milliseconds) / Double(max(1, timelineSpan.milliseconds))
            let end = cursor + .milliseconds(Int64(Double(span) * (1 - share)))
            timeline.end = end >= presentTime ? nil : end
        }
        timeline.chosenSpan = .milliseconds(span)
        say("\(timelineSpan.inWords) on the screen")
    }

    /// To the next alarm or rollback of the environment under the cursor.
    private mutating func jumpToTick(_ direction: Int) {
        guard timelineRows.indices.contains(timeline.list.cursor),
            let lane = timeline.lanes?[timelineRows[timeline.list.cursor]]?.lane
        else { return }
        let here = timeline.cursor ?? presentTime
        let ticks = (lane.alarms + lane.rollbacks).sorted()
        guard let next = direction > 0 ? ticks.first(where: { $0 > here }) : ticks.last(where: { $0 < here }) else {
            return say("nothing happened here in that direction")
        }
        timeline.cursor = next
        if next < timelineStart || next > timelineEnd {
            let end = next + timelineSpan / 2
            timeline.end = end >= presentTime ? nil : end
        }
    }

    // MARK: the past

    /// The time on the clock, also while the screen shows the past.
    var presentTime: Timestamp { past?.present ?? now }

    /// The moment of the past that is shown; `nil` where that is now.
    var moment: Timestamp? { past == nil ? nil : now }

    /// The last event that had happened then; `nil` where that is now.
    var lastEvent: Int64? { past == nil ? nil : fleet?.sequence }

    /// Nothing that was read of one time is shown as if it were of another.
    private mutating func forgetWhatWasRead() {
        (story, storyOf, history, eventRows, areEventsComplete) = ([], nil, nil, [], false)
        (events.hasNewer, events.isLoading) = (false, false)
        lately = []
        seriesOf = nil
        (series, suspects, compare, followed) = ([:], nil, nil, nil)
    }

    mutating func enterPast(_ time: Timestamp, _ fleet: FleetState) -> [Effect] {
        // It took a while to read: whoever has gone on to something else is not pulled away from it.
        guard view == .timeline, overlay == nil else { return [] }
        past = Past(present: presentTime, live: past?.live ?? self.fleet)
        planEditor = nil
        self.fleet = fleet
        groupEnvironments()
        now = time
        notice = nil
        forgetWhatWasRead()
        arrange()
        return open(.overview) + [.loadEvents(.newest, upTo: lastEvent)]
    }

    mutating func leavePast() -> [Effect] {
        guard let known = past else { return [] }
        past = nil
        fleet = known.live
        groupEnvironments()
        now = known.present
        timeline.cursor = nil
        timeline.end = nil
        notice = nil
        forgetWhatWasRead()
        arrange()
        return open(.overview) + loadSeries()
    }
}
