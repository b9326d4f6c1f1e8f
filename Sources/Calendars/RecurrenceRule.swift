import Model

/// How an event comes again.
///
/// Source: RFC 5545, 3.3.10.
struct RecurrenceRule: Hashable {
    enum Frequency: String { case daily = "DAILY", weekly = "WEEKLY", monthly = "MONTHLY", yearly = "YEARLY" }

    struct Weekday: Hashable {
        /// The how manieth of its month or year, from the end where it is negative; `nil` for each.
        var ordinal: Int?
        /// From 0 for Monday.
        var day: Int
    }

    var frequency: Frequency
    var interval = 1
    var count: Int?
    var until: CalendarValue?
    var months: Set<Int> = []
    var weeks: Set<Int> = []
    var yearDays: Set<Int> = []
    var monthDays: Set<Int> = []
    var weekdays: [Weekday] = []
    /// Seconds after midnight, sorted; empty for the event's own time.
    var times: [Int] = []
    var positions: [Int] = []
    /// From 0 for Monday.
    var weekStart = 0

    private static let weekdayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    /// So often a day an event may come again.
    private static let mostTimes = 288

    /// - Parameter start: the event's own time, from which comes what the rule leaves out.
    init(parsing line: ContentLine, start: LocalTime) throws(CalendarFault) {
        var parts: [String: String] = [:]
        func fault(_ message: String, mend: String) -> CalendarFault { CalendarFault(line.line, message, mend: mend) }
        for part in line.value.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else {
                throw fault("the rule has “\(part)”, which says nothing", mend: "write it as NAME=VALUE")
            }
            parts[pair[0].uppercased()] = pair[1].uppercased()
        }
        guard let name = parts.removeValue(forKey: "FREQ") else {
            throw fault("the rule has no FREQ", mend: "begin it with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
        }
        guard let frequency = Frequency(rawValue: name) else {
            let mend = "use DAILY, WEEKLY, MONTHLY or YEARLY; several times a day are BYHOUR and BYMINUTE"
            throw fault("a rule of FREQ=\(name) is not supported", mend: mend)
        }
        self.frequency = frequency
        func numbers(_ key: String, _ range: ClosedRange<Int>, isSigned: Bool = false) throws(CalendarFault) -> [Int] {
            guard let text = parts.removeValue(forKey: key) else { return [] }
            var result: [Int] = []
            for word in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let number = Int(word), range.contains(isSigned ? abs(clamping: number) : number) else {
                    let signs = isSigned ? ", or from the end with a minus" : ""
                    throw fault(
                        "\(key) is “\(text)”",
                        mend: "give numbers from \(range.lowerBound) to \(range.upperBound)\(signs)")
                }
                if !result.contains(number) { result.append(number) }
            }
            return result
        }
        interval = try numbers("INTERVAL", 1...100_000).first ?? 1
        count = try numbers("COUNT", 1...Int(Int32.max)).first
        months = Set(try numbers("BYMONTH", 1...12))
        weeks = Set(try numbers("BYWEEKNO", 1...53, isSigned: true))
        yearDays = Set(try numbers("BYYEARDAY", 1...366, isSigned: true))
        monthDays = Set(try numbers("BYMONTHDAY", 1...31, isSigned: true))
        positions = try numbers("BYSETPOS", 1...366, isSigned: true)
        let hours = try numbers("BYHOUR", 0...23)
        let minutes = try numbers("BYMINUTE", 0...59)
        let seconds = try numbers("BYSECOND", 0...60)
        if let text = parts.removeValue(forKey: "UNTIL") {
            guard let value = CalendarValue(parsing: text) else {
                throw fault("UNTIL is “\(text)”", mend: "write it as 20261224 or 20261224T160000Z")
            }
            until = value
        }
        if let text = parts.removeValue(forKey: "WKST") {
            guard let day = Self.weekdayNames.firstIndex(of: text) else {
                throw fault("WKST is “\(text)”", mend: "give a day: MO, TU, WE, TH, FR, SA or SU")
            }
            weekStart = day
        }
        for word in parts.removeValue(forKey: "BYDAY")?.split(separator: ",") ?? [] {
            let number = word.dropLast(2)
            guard let day = Self.weekdayNames.firstIndex(of: String(word.suffix(2))),
                number.isEmpty || Int(number).map({ (1...53).contains(abs(clamping: $0)) }) ?? false
            else { throw fault("BYDAY has “\(word)”", mend: "give days as MO, or 2TU and -1FR in months and years") }
            let isInPeriod = frequency == .monthly || frequency == .yearly && weeks.isEmpty
            guard number.isEmpty || isInPeriod else {
                throw fault("BYDAY=\(word) says the how manieth, of nothing", mend: "use it with MONTHLY or YEARLY")
            }
            weekdays.append(Weekday(ordinal: Int(number), day: day))
        }
        if let unknown = parts.keys.sorted().first(where: { !$0.hasPrefix("X-") }) {
            throw fault(
                "the rule has \(unknown), which is not supported", mend: "say it with BYDAY, BYMONTHDAY or EXDATE")
        }
        guard frequency == .yearly || weeks.isEmpty && (yearDays.isEmpty || frequency == .daily) else {
            throw fault("BYWEEKNO and BYYEARDAY are of years", mend: "use them with FREQ=YEARLY")
        }
        try readTimes(hours, minutes, seconds, start, line)
        complete(from: start)
    }

    private mutating func readTimes(
        _ hours: [Int], _ minutes: [Int], _ seconds: [Int], _ start: LocalTime, _ line: ContentLine
    ) throws(CalendarFault) {
        let own = start.secondOfDay
        let hours = hours.isEmpty ? [own / 3600] : hours
        let minutes = minutes.isEmpty ? [own / 60 % 60] : minutes
        let seconds = seconds.isEmpty ? [own % 60] : seconds
        guard hours.count * minutes.count * seconds.count <= Self.mostTimes else {
            throw CalendarFault(
                line.line, "the rule comes more than \(Self.mostTimes) times a day",
                mend: "make one long event of many short ones")
        }
        for hour in hours {
            for minute in minutes { times += seconds.map { hour * 3600 + minute * 60 + min($0, 59) } }
        }
        times = Set(times).sorted()
    }

    /// What a rule leaves out is as it is at the event's first time.
    private mutating func complete(from start: LocalTime) {
        guard yearDays.isEmpty, monthDays.isEmpty, weekdays.isEmpty else { return }
        let (day, parts) = (start.day, start.parts)
        switch frequency {
        case .daily: break
        case .weekly: weekdays = [Weekday(ordinal: nil, day: LocalTime.weekday(of: day))]
        case .monthly: monthDays = [parts.day]
        case .yearly where !weeks.isEmpty: weekdays = [Weekday(ordinal: nil, day: LocalTime.weekday(of: day))]
        case .yearly:
            if months.isEmpty { months = [parts.month] }
            monthDays = [parts.day]
        }
    }
}

/// The number without its sign; the smallest has none, and becomes the largest.
private func abs(clamping number: Int) -> Int { number == .min ? .max : abs(number) }
