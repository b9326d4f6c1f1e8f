import Decisions
import Model
import Terminal

/// Few environments on a screen with room: each is a band of words with charts beside them.
extension ViewState {
    /// The columns of the words in a band.
    private var bandTextWidth: Int { size.width >= 160 ? 46 : 42 }
    /// A chart narrower than this tells little; others stand beside the first where all have as much.
    private static let leastChart = 46

    func drawBands(_ frame: inout Frame, _ area: Rect, height: Int) {
        var rest = area
        for (offset, address) in rows.dropFirst(overview.top).enumerated() {
            guard rest.height > 0 else { break }
            let band: Rect
            (band, rest) = rest.split(top: height)
            drawBand(&frame, band, address, isCurrent: overview.top + offset == overview.cursor)
        }
    }

    private func drawBand(_ frame: inout Frame, _ band: Rect, _ address: EnvironmentAddress, isCurrent: Bool) {
        guard let state = environment(address) else { return }
        let (words, charts) = band.split(left: bandTextWidth)
        let lines = bandLines(state, width: words.width - 4, height: band.height)
        for (offset, line) in lines.prefix(band.height).enumerated() {
            frame.write(
                line, x: words.x + (offset == 0 ? 3 : 5), y: words.y + offset,
                width: words.width - (offset == 0 ? 4 : 6))
        }
        if marked.contains(address) { frame.write("•", x: words.x + 2, y: words.y, width: 1, Role.key.number) }
        if isCurrent {
            frame.write("▸", x: words.x + 1, y: words.y, width: 1, Role.key.number)
            frame.select(Rect(x: words.x, y: words.y, width: words.width - 1, height: 1))
        }
        var rest = charts
        let signals = bandSignals(state, width: charts.width)
        for (index, signal) in signals.enumerated() {
            let part: Rect
            (part, rest) = rest.split(left: rest.width / (signals.count - index))
            var chart = chart(signal, state)
            chart.values = .inside
            chart.draw(&frame, part)
            // What it is of stands in it, where the line began long ago.
            frame.write(
                [Span(" \(signal.name) ", signal.isOn ? .danger : .text)], x: part.x + chart.axisWidth, y: part.y,
                width: max(0, part.width - chart.axisWidth - 12))
        }
    }

    private func bandSignals(_ state: EnvironmentState, width: Int) -> [Signal] {
        let signals = chartedSignals(state)
        return Array(signals.prefix(max(1, width / Self.leastChart)))
    }

    // MARK: words

    /// The most important first; what there is no line for is left out.
    private func bandLines(_ state: EnvironmentState, width: Int, height: Int) -> [[Span]] {
        let application = application(state.address)
        let condition = condition(state)
        let isNew = past == nil && changedAt[state.address].map { now - $0 < Self.brightFor } ?? false
        var lines = [[Span(state.address.description, .strong), Span("  "), condition.span]]
        var live = [
            Span(state.liveRelease ?? "nothing deployed", isNew ? .strong : .text),
            Span(state.liveSince.map { "  for \(age($0))" } ?? "", .muted),
        ]
        if let flag = state.flagInWords { live.append(Span("  \(flag)", .warning)) }
        if let back = state.backTo(application) {
            let doubt = state.doubt(about: back, application)
            let words = doubt.map { ", \($0.word)" } ?? ""
            live.append(Span("   back to \(back.version)\(words)", doubt == nil ? .muted : .warning))
        }
        lines.append(live)
        lines += progressLines(state, width: width)
        var told: AlarmIdentity?
        if state.isQuiet, let hold = state.handHold {
            lines += [heldHead(hold, width: width - 2), [Span(hold.untilInWords, .warning)]]
        } else if state.activeDeployment == nil, let taken = TakenBack(state) {
            lines += heldLines(taken, width: width - 2, room: height - lines.count)
        } else if let why = explanation(state) {
            let isWide = why.width > width - 2
            // What is done about it stands below what is so, where one line is not enough for both.
            let isOfTraffic = why.count == 3 && state.activeDeployment?.bake?.extendedBecause != nil
            lines +=
                isWide && (why.count == 2 || isOfTraffic)
                ? why.map { [Span(String($0.text.drop { $0 == " " }), $0.role)] } : [why]
            told = state.alarmsOn.first { alarm in why.contains { $0.text.contains(alarm.label) } }?.identity
        }
        lines.append(healthLine(state, width: width - 2))
        for alarm in state.alarms.sorted(by: isShownBefore) where alarm.identity != told {
            let word = alarm.state.stateWord
            lines.append([
                Span("\(word.symbol) \(alarm.label)", alarm.state == .alarm ? .danger : .muted),
                Span("  \(shownCondition(alarm))", alarm.state == .alarm ? .danger : .muted),
            ])
        }
        lines += usageLines(state)
        if let event = newestEvents.last(where: { $0.address == state.address && $0.isNews }) {
            lines.append([
                Span("\(clock(event.time, zone: zone))  ", .muted), Span(event.summary, storyRole(event)),
            ])
        }
        return lines
    }

    /// What is measured besides: what an alarm watches is told by the alarm, and by one number.
    private func usageLines(_ state: EnvironmentState) -> [[Span]] {
        let known = series[state.address] ?? [:]
        func text(_ signal: Signal?, _ name: String) -> String? {
            signal.flatMap { $0.value(known) }.map { "\(name) \($0)" }
        }
        let watched = Set(state.alarms.lazy.filter { $0.value != nil }.map(\.kind))
        let all = [
            ("latency", text(latencySignal(state), "p99")),
            ("cpu", text(usageSignal(state, "cpu", .percent), "cpu")),
            ("memory", text(usageSignal(state, "memory", .bytes), "memory")),
        ]
        let words = all.filter { !watched.contains($0.0) }.compactMap(\.1)
        return words.isEmpty ? [] : [[Span("at most " + words.joined(separator: ", "), .muted)]]
    }

    private func isShownBefore(_ left: AlarmStatus, _ right: AlarmStatus) -> Bool {
        (left.state == .alarm ? 0 : 1, right.severity, left.identity)
            < (right.state == .alarm ? 0 : 1, left.severity, right.identity)
    }

    private func progressLines(_ state: EnvironmentState, width: Int) -> [[Span]] {
        guard let active = state.activeDeployment else { return [] }
        let (share, count) = progress(active, state)
        let by = active.trigger == .automatic ? "automatic" : active.actor
        return [
            [
                Span(progressBar(share, width: 16), condition(state).role), Span("  \(count)", .text),
                Span("  \(by)", .muted),
            ]
        ]
    }

    /// In as many lines as it takes: whoever looks in later has no other place to learn it from.
    /// - Parameter room: how many there are.
    private func heldLines(_ taken: TakenBack, width: Int, room: Int) -> [[Span]] {
        let time = when(taken.at, now: now, zone: zone, isAbsolute: showsAbsoluteTimes)
        if room < Self.wholeHold { return shortHeldLines(taken, time, width: width, room: room) }
        let text = "\(taken.release) taken back \(time)\(taken.by.map { ", \($0)" } ?? ""): \(taken.why)"
        let all = wrapped(text, width: width)
        let isCut = all.count > 3
        let lines = all.prefix(3).enumerated().map { index, line in
            [Span(isCut && index == 2 ? cut("\(line) …", to: width) : line, .warning)]
        }
        let until = "\(StateWord.held) until a release registered after \(taken.release)"
        let short = "\(StateWord.held) until registered after \(taken.release)"
        let judged = taken.judgement.map { judgement in
            let isGood = judgement.hasHelped == true
            return wrapped("\(isGood ? "✓" : "▲") \(judgement.inWords)", width: width).prefix(2).map {
                [Span($0, isGood ? .good : .warning)]
            }
        }
        return lines + (judged ?? []) + [[Span(columns(of: until) > width ? short : until, .warning)]]
    }

    /// The lines that a hold takes at the most, told whole.
    private static let wholeHold = 6

    /// Where there are few lines, why is told shorter: until when, and whether it helped, stay.
    private func shortHeldLines(_ taken: TakenBack, _ time: String, width: Int, room: Int) -> [[Span]] {
        let left = max(1, room - 1)
        let by = taken.by.map { ", \($0)" } ?? ""
        // The release is named below.
        let text = left == 1 ? "back \(time): \(taken.why)" : "\(taken.release) taken back \(time)\(by): \(taken.why)"
        let all = wrapped(text, width: width)
        let why = all.prefix(left).enumerated().map { index, line in
            [Span(index == left - 1 && all.count > left ? cut("\(line) …", to: width) : line, .warning)]
        }
        let helped = taken.judgement?.inFewWords ?? ""
        let isGood = taken.judgement?.hasHelped == true
        let judged = helped.isEmpty ? [] : [Span(" · \(helped)", isGood ? .good : .warning)]
        let until = cutInside("\(StateWord.held) until > \(taken.release)", to: width - judged.width)
        return why + [[Span(until, .warning)] + judged]
    }

    private func healthLine(_ state: EnvironmentState, width: Int) -> [Span] {
        let healthy = state.instances.count(where: \.isAvailable)
        let wanted = policies[state.address]?.instances ?? state.instances.count
        let isShort = state.liveRelease != nil && healthy < wanted
        // Where its chart stands beside it, the number is there.
        let isCharted = bandSignals(state, width: size.width - bandTextWidth)
            .contains { $0.series == SampleSeries.requestRate }
        let rate = isCharted ? nil : series[state.address]?[SampleSeries.requestRate]?.last
        var spans = [Span("\(healthy)/\(wanted) healthy", isShort ? .warning : .text)]
        if let rate { spans.append(Span("  \(Quantity(rate.value, .perSecond))", .text)) }
        let gate = gateSpan(state)
        spans.append(Span("  gate \(gate.text)", gate.role))
        // Held ones say more in less room; their stage is in the name most often.
        let whole = spans + [Span("  \(state.stage)", .muted)]
        return !state.isHeld && whole.width <= width ? whole : spans
    }
}
