import Model
import Terminal

/// The lanes of the timeline, as high as there is room for.
extension ViewState {
    /// A lane is a bar; from this height on, the fault rate stands below it.
    private static let chartHeight = 4
    private static let highest = 10

    /// Where the lanes are: below the axis, above what is so at the cursor and the legend.
    var laneArea: Rect {
        let rest = body.split(top: 2).1
        return rest.split(top: max(1, rest.height - (rest.height > 8 ? 3 : 1))).0
    }

    var laneHeight: Int {
        let count = max(1, timelineRows.count)
        return max(1, min(Self.highest, laneArea.height / count))
    }

    private var hasLaneCharts: Bool { laneHeight >= Self.chartHeight }

    /// What the lanes show beside the bars, of those that are on the screen.
    mutating func loadLaneSeries() -> [Effect] {
        guard hasLaneCharts, past == nil else { return [] }
        let shown = Array(timelineRows.dropFirst(timeline.list.top).prefix(laneArea.height / laneHeight))
        return shown.isEmpty
            ? []
            : [
                .loadSeries(
                    shown.map { SeriesWish(address: $0, names: [SampleSeries.faultRate]) }, since: timelineStart)
            ]
    }

    func drawTimeline(_ frame: inout Frame) {
        let (head, rest) = body.split(top: 1)
        let moment = timeline.cursor.map { "at \(when($0, now: presentTime, zone: zone, isAbsolute: true))" } ?? "now"
        frame.rule(head, [Span("last \(timelineSpan.inWords)", .title), Span("  ·  \(moment)", .strong)])
        guard timeline.lanes != nil else {
            return drawEmpty(&frame, rest, [Span("◌ reading what ran when …", .active)])
        }
        let (axis, _) = rest.split(top: 1)
        drawTimeAxis(&frame, axis)
        let (area, height) = (laneArea, laneHeight)
        let shown = timelineRows.dropFirst(timeline.list.top).prefix(max(1, area.height / height))
        let first = timelineRows.first?.application
        let isOneApplication = timelineRows.allSatisfy { $0.application == first }
        for (offset, address) in shown.enumerated() {
            let isPicked = timeline.list.top + offset == timeline.list.cursor
            let label = isOneApplication ? address.environment : address.description
            let lane = Rect(x: 0, y: area.y + offset * height, width: area.width, height: height)
            drawLane(&frame, address, label, lane, isPicked: isPicked)
        }
        let bottom = min(area.y + area.height, area.y + max(1, shown.count) * height)
        if let column = column(of: timeline.cursor ?? timelineEnd), Self.labelWidth + column < size.width {
            for y in axis.y..<bottom {
                let x = Self.labelWidth + column
                if frame[x, y].scalar == " " { frame.put("│", x: x, y: y, Role.key.number) }
                frame.select(Rect(x: x, y: y, width: 1, height: 1))
            }
        }
        let below = Rect(x: 3, y: bottom, width: size.width - 4, height: body.y + body.height - bottom)
        drawMoment(&frame, below)
        drawLegend(&frame, below)
    }

    private func column(of time: Timestamp) -> Int? {
        Binning(from: timelineStart, to: timelineEnd, count: plotWidth).index(time)
    }

    private func drawTimeAxis(_ frame: inout Frame, _ rect: Rect) {
        for tick in TimeTicks(from: timelineStart, to: timelineEnd, zone: zone, width: plotWidth).ticks {
            guard let column = column(of: tick.time) else { continue }
            let x = Self.labelWidth + column
            // Its sign stands over the moment, and the words behind it.
            guard x + 1 + columns(of: tick.text) < size.width else { continue }
            frame.put("┬", x: x, y: rect.y, Role.frame.number)
            frame.write(tick.text, x: x + 1, y: rect.y, width: 12, Role.muted.number)
        }
    }

    private static let fills: [Unicode.Scalar] = ["░", "▒", "▓"]

    private func drawLane(
        _ frame: inout Frame, _ address: EnvironmentAddress, _ label: String, _ rect: Rect, isPicked: Bool
    ) {
        let y = rect.y
        frame.write(label, x: 3, y: y, width: Self.labelWidth - 5, (isPicked ? Role.strong : .text).number)
        if isPicked { frame.write("▸", x: 1, y: y, width: 1, Role.key.number) }
        guard let reckoned = timeline.lanes?[address] else { return }
        // The bar is as high as leaves the rest to the chart, and a line of air between lanes where there is room.
        let isCharted = hasLaneCharts
        let air = rect.height >= 3 ? 1 : 0
        let thickness = isCharted ? max(1, rect.height * 2 / 5) : max(1, rect.height - air)
        for row in 0..<thickness {
            drawBar(&frame, address, reckoned, y: y + row, hasNames: row == 0, isThin: thickness == 1)
        }
        // Where there is a line for them, signs do not stand on names.
        drawSigns(&frame, reckoned.lane, y: y + min(1, thickness - 1))
        guard isCharted else { return }
        drawState(&frame, address, Rect(x: 3, y: y + 1, width: Self.labelWidth - 12, height: rect.height - 2))
        // Its own axis stands in the column of the names, so that the times line up.
        var chart = alarmChart(nil, at: address, from: timelineStart, to: timelineEnd, marks: []).chart
        let x = Self.labelWidth - chart.axisWidth
        let below = Rect(
            x: x, y: y + thickness, width: size.width - 1 - x, height: rect.height - thickness - air)
        guard below.width >= chart.axisWidth + 20 else { return }
        (chart.hasTimeAxis, chart.values) = (false, .none)
        chart.empty = "no fault rate is kept of then"
        chart.draw(&frame, below)
    }

    /// What is so now, beside a lane with room for it.
    private func drawState(_ frame: inout Frame, _ address: EnvironmentAddress, _ rect: Rect) {
        guard let state = environment(address), rect.height > 0 else { return }
        let known = condition(state)
        writeLines(&frame, [[Span("\(known.state)", known.role)]], rect)
        let last = Rect(x: rect.x, y: rect.y + rect.height - 1, width: rect.width, height: 1)
        if rect.height > 1 { writeLines(&frame, [[Span("fault rate", .muted)]], last) }
    }

    private func drawBar(
        _ frame: inout Frame, _ address: EnvironmentAddress, _ reckoned: ReckonedLane, y: Int, hasNames: Bool,
        isThin: Bool
    ) {
        let lane = reckoned.lane
        let signs = (lane.spells.map(\.from) + lane.rollbacks).compactMap { column(of: $0) }
        // The lanes show all times; what is thought of their releases is of now.
        let application = (past?.live ?? fleet)?.application(address.application) ?? ApplicationState()
        var names: [(first: Int, width: Int, text: String)] = []
        for place in reckoned.blocks(after: timelineStart) {
            let block = lane.blocks[place]
            guard block.from < timelineEnd else { break }
            let until = min(block.until ?? presentTime, timelineEnd)
            guard until > timelineStart, let last = column(of: until) else { continue }
            let first = column(of: max(block.from, timelineStart)) ?? 0
            let turn = reckoned.turns[place]
            let isDoubted = application.bad[block.release] != nil || application.suspects[block.release] != nil
            let role: Role = isDoubted ? .warning : turn % 2 == 0 ? .chart : .active
            let width = max(1, last - first + (block.until == nil ? 1 : 0))
            frame.fill(
                Rect(x: Self.labelWidth + first, y: y, width: width, height: 1), Self.fills[turn % Self.fills.count],
                role.number)
            // No color alone says what is thought of it.
            let texts = isDoubted ? ["\(block.release) ▲", block.release] : [block.release]
            // Where the bar is one line, a name stands behind the signs in it.
            let inWay = isThin ? signs.filter { ($0 - first).magnitude <= columns(of: texts[0]) + 1 } : []
            let start = max(first, inWay.max() ?? first)
            let room = width - (start - first)
            if let text = texts.first(where: { room > columns(of: $0) + 1 }) {
                names.append((start + 1, room - 1, text))
            }
        }
        drawSpells(&frame, reckoned, y: y)
        guard hasNames else { return }
        for name in names {
            frame.write(name.text, x: Self.labelWidth + name.first, y: y, width: name.width, Role.strong.number)
        }
    }

    private func drawSigns(_ frame: inout Frame, _ lane: TimelineLane, y: Int) {
        for spell in lane.spells {
            guard let column = column(of: spell.from) else { continue }
            frame.put("▲", x: Self.labelWidth + column, y: y, Self.role(spell.severity).number)
        }
        for time in lane.rollbacks {
            if let column = column(of: time) { frame.put("↺", x: Self.labelWidth + column, y: y, Role.key.number) }
        }
    }

    private static func role(_ severity: Severity) -> Role { severity >= .high ? .danger : .warning }

    /// While an alarm is on, the bar has its color; where nothing ran, there is none.
    private func drawSpells(_ frame: inout Frame, _ reckoned: ReckonedLane, y: Int) {
        for spell in reckoned.spells {
            let until = min(spell.until ?? presentTime, timelineEnd)
            guard until > timelineStart, spell.from < timelineEnd, let last = column(of: until) else { continue }
            let first = column(of: max(spell.from, timelineStart)) ?? 0
            for x in Self.labelWidth + first..<max(first, last) + 1 + Self.labelWidth where x < frame.size.width {
                let fill = frame[x, y].scalar
                if Self.fills.contains(fill) { frame.put(fill, x: x, y: y, Self.role(spell.severity).number) }
            }
        }
    }

    /// What ran at the moment under the cursor, in the lane under it.
    var pickedBlock: TimelineLane.Block? {
        guard view == .timeline, timelineRows.indices.contains(timeline.list.cursor) else { return nil }
        let moment = timeline.cursor ?? presentTime
        return timeline.lanes?[timelineRows[timeline.list.cursor]]?.lane.blocks
            .last { $0.from <= moment && ($0.until ?? presentTime) >= moment }
    }

    /// What ran in the environment at the moment under the cursor, and what was on.
    private func drawMoment(_ frame: inout Frame, _ rect: Rect) {
        guard timelineRows.indices.contains(timeline.list.cursor) else { return }
        let address = timelineRows[timeline.list.cursor]
        let moment = timeline.cursor ?? presentTime
        guard rect.height > 0, let lane = timeline.lanes?[address]?.lane else { return }
        let block = pickedBlock
        var spans = [Span("\(address)  ", .title)]
        if let block {
            spans += [
                Span(block.release, .strong),
                Span("  since \(when(block.from, now: presentTime, zone: zone, isAbsolute: true))", .muted),
                Span(
                    block.until.map { " until \(when($0, now: presentTime, zone: zone, isAbsolute: true))" }
                        ?? ", still", .muted),
            ]
        } else {
            spans.append(Span("nothing is known to have run then", .muted))
        }
        let on = lane.spells.filter { $0.from <= moment && ($0.until.map { $0 >= moment } ?? true) }
        spans += on.map { Span("   ▲ \($0.name)", Self.role($0.severity)) }
        frame.write(spans, x: rect.x, y: rect.y + (rect.height > 2 ? 1 : 0), width: rect.width)
    }

    private func drawLegend(_ frame: inout Frame, _ rect: Rect) {
        guard rect.height > 1 else { return }
        let whole = [
            Span("░▒▓ a release each   ", .muted), Span("▲ alarm", .danger),
            Span(", red while it is on   ", .muted), Span("▲ of less weight   ", .warning),
            Span("\(StateWord.rollback)   ", .key), Span("1.2 ▲ ", .warning), Span("suspect, or marked bad", .muted),
        ]
        let short = [
            Span("░▒▓ releases  ", .muted), Span("▲ alarm", .danger), Span(", red while on  ", .muted),
            Span("▲ lesser  ", .warning), Span("\(StateWord.rollback)  ", .key), Span("1.2 ▲ ", .warning),
            Span("suspect", .muted),
        ]
        frame.write(
            whole.width <= rect.width ? whole : short, x: rect.x, y: rect.y + rect.height - 1, width: rect.width)
    }
}
