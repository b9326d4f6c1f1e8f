import Model

/// An event as it stands in a file: perhaps in place of one time of another event.
struct ReadEvent {
    var event: CalendarEvent
    var identity: String?
    /// Of the same event, the one with the highest counts.
    var sequence: Int
    var isCancelled: Bool
    var replaces: Replaced?

    /// Which time of an event that comes again another one stands for.
    enum Replaced: Hashable {
        case moment(Timestamp)
        case day(Int64)
    }
}

extension CalendarReader {
    mutating func event(_ component: Component) -> ReadEvent? {
        guard let startLine = component.first("DTSTART") else {
            report(component.line, "an event has no DTSTART: it does not count", mend: "give it a beginning")
            return nil
        }
        guard let startValue = value(startLine) else { return nil }
        let name = component.first("SUMMARY")?.text ?? ""
        let (start, zone) = place(startValue, startLine)
        guard let length = length(component, startValue, startLine, zone) else { return nil }
        var event = CalendarEvent(name: name, line: component.line, zone: zone, start: start, length: length)
        var isDay = false
        if case .day = startValue { isDay = true }
        for line in component.all("RDATE") { readAdditional(line, &event) }
        for line in component.all("EXDATE") { readExcluded(line, &event) }
        if let line = component.first("EXRULE") {
            report(line.line, "EXRULE is not supported: its times count", mend: "list them as EXDATE")
        }
        var replaces: ReadEvent.Replaced?
        if let line = component.first("RECURRENCE-ID") {
            if line.parameters["RANGE"] != nil {
                report(
                    line.line, "RANGE is not supported: only this one time is moved",
                    mend: "end the event with UNTIL and add another for what follows")
            }
            guard let value = value(line) else { return nil }
            replaces = replaced(value, line)
        } else {
            for line in component.all("RRULE") { readRule(line, &event, isDay: isDay) }
        }
        return ReadEvent(
            event: event, identity: component.first("UID")?.value,
            sequence: component.first("SEQUENCE").flatMap { Int($0.value) } ?? 0,
            isCancelled: component.first("STATUS")?.value.uppercased() == "CANCELLED", replaces: replaces)
    }

    private mutating func value(_ line: ContentLine, _ text: Substring? = nil) -> CalendarValue? {
        if let value = CalendarValue(parsing: text ?? line.value[...]) { return value }
        report(
            line.line, "\(line.name) is “\((text ?? line.value[...]).prefix(40))”",
            mend: "write a date as 20261224, a time as 20261224T160000")
        return nil
    }

    /// A value by the clocks of its own zone.
    private mutating func place(_ value: CalendarValue, _ line: ContentLine) -> (LocalTime, Zone) {
        switch value {
        // A day has no zone, whatever stands beside it.
        case .day(let time): (time, floatingZone)
        case .local(let time): (time, zone(of: line))
        case .moment(let moment): (Zone.utc.localTime(at: moment), .utc)
        }
    }

    private mutating func moment(_ value: CalendarValue, _ line: ContentLine) -> Timestamp {
        let (time, zone) = place(value, line)
        return zone.calendarMoment(of: time)
    }

    // MARK: its end

    private mutating func length(
        _ component: Component, _ start: CalendarValue, _ startLine: ContentLine, _ zone: Zone
    ) -> CalendarEvent.Length? {
        if let line = component.first("DTEND") {
            guard let end = value(line) else { return nil }
            return length(from: start, startLine, to: end, line)
        }
        if let line = component.first("DURATION") {
            guard let duration = CalendarDuration(parsing: line.value) else {
                report(line.line, "DURATION is “\(line.value.prefix(40))”", mend: "write it as P1D, PT8H or P1DT2H30M")
                return nil
            }
            if duration.days > 0 || duration.seconds > 0 { return .nominal(duration) }
        } else if case .day = start {
            return .local(seconds: 86_400)
        }
        report(component.line, "an event ends when it begins: it freezes nothing", mend: "give it DTEND or DURATION")
        return nil
    }

    private mutating func length(
        from start: CalendarValue, _ startLine: ContentLine, to end: CalendarValue, _ line: ContentLine
    ) -> CalendarEvent.Length? {
        let (startTime, startZone) = place(start, startLine)
        let (endTime, endZone) = place(end, line)
        let seconds = endTime.seconds - startTime.seconds
        let isLocal = startZone == endZone
        let exact = (moment(end, line) - moment(start, startLine)).milliseconds / 1000
        // Some programs end a day on which something is all day on that day.
        if case .day = start, case .day = end, seconds == 0 { return .local(seconds: 86_400) }
        guard isLocal ? seconds > 0 : exact > 0 else {
            report(line.line, "an event ends before or when it begins: it freezes nothing", mend: "correct DTEND")
            return nil
        }
        return isLocal ? .local(seconds: seconds) : .exact(seconds: exact)
    }

    // MARK: its other times

    private mutating func readRule(_ line: ContentLine, _ event: inout CalendarEvent, isDay: Bool) {
        do throws(CalendarFault) {
            let rule = try RecurrenceRule(parsing: line, start: event.start)
            let until: LocalTime? =
                switch rule.until {
                case nil: nil
                case .day(let day): LocalTime(seconds: day.seconds + 86_399)
                case .local(let time): time
                case .moment(let moment): isDay ? Zone.utc.localTime(at: moment) : event.zone.localTime(at: moment)
                }
            event.recurrences.append(
                Recurrence(rule: rule, start: event.start, until: until, allowance: &allowance))
        } catch { report(error) }
    }

    private mutating func readAdditional(_ line: ContentLine, _ event: inout CalendarEvent) {
        for text in line.value.split(separator: ",") {
            let ends = text.split(separator: "/", maxSplits: 1)
            guard let first = ends.first, let value = value(line, first) else { continue }
            let moment = moment(value, line)
            var additional = CalendarEvent.Additional(start: event.zone.localTime(at: moment))
            if case .day(let day) = value {
                additional.start = LocalTime(seconds: day.seconds + Int64(event.start.secondOfDay))
            }
            if let last = ends.dropFirst().first {
                if let duration = CalendarDuration(parsing: last) {
                    additional.end = moment + .seconds(duration.days * 86_400 + duration.seconds)
                } else if let end = self.value(line, last) {
                    additional.end = self.moment(end, line)
                }
            }
            event.additional.append(additional)
        }
    }

    private mutating func readExcluded(_ line: ContentLine, _ event: inout CalendarEvent) {
        for text in line.value.split(separator: ",") {
            guard let value = value(line, text) else { continue }
            switch replaced(value, line) {
            case .day(let day): event.excludedDays.insert(day)
            case .moment(let moment): event.excluded.insert(moment)
            }
        }
    }

    private mutating func replaced(_ value: CalendarValue, _ line: ContentLine) -> ReadEvent.Replaced {
        if case .day(let day) = value { return .day(day.day) }
        return .moment(moment(value, line))
    }
}

/// The events of a calendar, of which some stand for single times of others.
struct EventCollection {
    private var read: [ReadEvent] = []

    private struct Key: Hashable {
        var identity: String
        var replaces: ReadEvent.Replaced?
    }

    mutating func add(_ event: ReadEvent, isCancelled: Bool) {
        var event = event
        if isCancelled { event.isCancelled = true }
        read.append(event)
    }

    /// What counts: the newest of each, each time that was moved where it is now.
    var events: [CalendarEvent] {
        var newest: [Key: Int] = [:]
        var moved: [String: Set<ReadEvent.Replaced>] = [:]
        for event in read {
            guard let identity = event.identity else { continue }
            let key = Key(identity: identity, replaces: event.replaces)
            newest[key] = max(newest[key] ?? .min, event.sequence)
            if let replaces = event.replaces { moved[identity, default: []].insert(replaces) }
        }
        return read.compactMap { event in
            guard !event.isCancelled else { return nil }
            guard let identity = event.identity else { return event.event }
            guard event.sequence == newest[Key(identity: identity, replaces: event.replaces)] else { return nil }
            var result = event.event
            guard event.replaces == nil else { return result }
            for time in moved[identity] ?? [] {
                switch time {
                case .moment(let moment): result.excluded.insert(moment)
                case .day(let day): result.excludedDays.insert(day)
                }
            }
            return result
        }
    }
}
