import Model

extension Zone {
    /// A zone as a calendar defines it.
    ///
    /// Source: RFC 5545, 3.6.5.
    init(_ component: CalendarReader.Component, named name: String, allowance: inout Int) throws(CalendarFault) {
        var changes: [Change] = []
        var first: (at: Int64, offset: Int)?
        for part in component.parts where part.name == "STANDARD" || part.name == "DAYLIGHT" {
            let before = try Zone.offset(part, "TZOFFSETFROM")
            let after = try Zone.offset(part, "TZOFFSETTO")
            guard let line = part.first("DTSTART"), let value = CalendarValue(parsing: line.value) else {
                throw CalendarFault(part.line, "the zone “\(name)” has a part without a DTSTART", mend: Zone.mend)
            }
            // It is written in the time before the clocks are set.
            let start = value.local(before)
            var onsets: Set<LocalTime> = [start]
            for line in part.all("RDATE") {
                for text in line.value.split(separator: ",") {
                    if let value = CalendarValue(parsing: text) { onsets.insert(value.local(before)) }
                }
            }
            for line in part.all("RRULE") {
                let rule = try RecurrenceRule(parsing: line, start: start)
                let recurrence = Recurrence(
                    rule: rule, start: start, until: rule.until.map { $0.local(before) }, allowance: &allowance)
                let from = LocalTime(1970, 1, 1) ?? start
                let to = LocalTime(Zone.lastYear, 12, 31) ?? start
                onsets.formUnion(recurrence.times(from: from, to: to, allowance: &allowance))
            }
            for onset in onsets {
                let at = onset.seconds - Int64(before)
                changes.append(Change(at: at, offset: after))
                if first.map({ at < $0.at }) ?? true { first = (at, before) }
            }
        }
        guard let first else {
            throw CalendarFault(component.line, "the zone “\(name)” has neither STANDARD nor DAYLIGHT", mend: Zone.mend)
        }
        self.init(name: name, firstOffset: first.offset, changes: changes)
    }

    private static let mend = "export the calendar again, or name a zone such as Europe/Madrid"

    /// `+0100`, `-053000`, in seconds.
    private static func offset(_ part: CalendarReader.Component, _ name: String) throws(CalendarFault) -> Int {
        let line = part.first(name)
        let text = line?.value ?? ""
        let digits = text.dropFirst().compactMap(\.wholeNumberValue)
        guard let line, let sign = text.first, sign == "+" || sign == "-", digits.count == text.count - 1,
            digits.count == 4 || digits.count == 6
        else {
            throw CalendarFault(line?.line ?? part.line, "\(name) is “\(text)”", mend: "write it as +0100")
        }
        let pairs = stride(from: 0, to: digits.count, by: 2).map { digits[$0] * 10 + digits[$0 + 1] }
        let seconds = pairs[0] * 3600 + pairs[1] * 60 + (pairs.count > 2 ? pairs[2] : 0)
        guard seconds < 86_400 else {
            throw CalendarFault(line.line, "\(name) is “\(text)”", mend: "no zone is a day from UTC")
        }
        return sign == "-" ? -seconds : seconds
    }
}

extension CalendarValue {
    /// What clocks show that are `offset` seconds east of UTC.
    fileprivate func local(_ offset: Int) -> LocalTime {
        switch self {
        case .day(let time), .local(let time): time
        case .moment(let moment): LocalTime(seconds: moment.milliseconds / 1000 + Int64(offset))
        }
    }
}
