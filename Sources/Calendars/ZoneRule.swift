import Model

/// The rule by which a zone's clocks are set every year from now on, as the zone database writes it at the end of its
/// files: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2017, 8.3, `TZ`, with the signed hours of RFC 9636, 3.3.1.
struct ZoneRule {
    private enum Day {
        /// Weekday `weekday` (0 is Sunday) of week `week` of a month; week 5 is the last one.
        case weekday(month: Int, week: Int, weekday: Int)
        /// From 1, never counting February 29.
        case withoutLeapDay(Int)
        /// From 0, counting it.
        case ofYear(Int)
    }

    private struct Setting {
        var day: Day
        /// Seconds after midnight, may be negative or of another day.
        var second: Int
        var offsetBefore: Int
        var offsetAfter: Int
    }

    private let standard: Int
    private let settings: [Setting]

    init?(parsing text: String) {
        var scanner = RuleScanner(text)
        guard scanner.name(), let west = scanner.time() else { return nil }
        standard = -west
        guard !scanner.isAtEnd else {
            settings = []
            return
        }
        guard scanner.name() else { return nil }
        var summer = standard + 3600
        if !scanner.isNext(",") {
            guard let west = scanner.time() else { return nil }
            summer = -west
        }
        guard scanner.skip(","), let start = Self.day(&scanner) else { return nil }
        let startSecond = scanner.skip("/") ? scanner.time() : 7200
        guard scanner.skip(","), let end = Self.day(&scanner) else { return nil }
        let endSecond = scanner.skip("/") ? scanner.time() : 7200
        guard let startSecond, let endSecond, scanner.isAtEnd else { return nil }
        settings = [
            Setting(day: start, second: startSecond, offsetBefore: standard, offsetAfter: summer),
            Setting(day: end, second: endSecond, offsetBefore: summer, offsetAfter: standard),
        ]
    }

    private static func day(_ scanner: inout RuleScanner) -> Day? {
        if scanner.skip("M") {
            guard let month = scanner.number(), (1...12).contains(month), scanner.skip("."),
                let week = scanner.number(), (1...5).contains(week), scanner.skip("."),
                let weekday = scanner.number(), (0...6).contains(weekday)
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }
        let countsLeapDay = !scanner.skip("J")
        guard let number = scanner.number(), (0...365).contains(number) else { return nil }
        return countsLeapDay ? .ofYear(number) : .withoutLeapDay(number)
    }

    /// What it changes after a moment, in seconds since 1970.
    func changes(after moment: Int64?) -> [Zone.Change] {
        // The last rule of a zone is one of our own time, whatever a damaged file says.
        let first = moment.map { max(1900, LocalTime(seconds: $0).parts.year) } ?? 1970
        let changes = (min(first, Zone.lastYear)...Zone.lastYear).flatMap { year in
            settings.map { setting in
                Zone.Change(
                    at: day(setting.day, year) * 86_400 + Int64(setting.second - setting.offsetBefore),
                    offset: setting.offsetAfter)
            }
        }
        guard let moment else { return changes }
        return changes.filter { $0.at > moment }
    }

    private func day(_ day: Day, _ year: Int) -> Int64 {
        let newYear = CalendarTime.days(year: year, month: 1, day: 1)
        switch day {
        case .ofYear(let number): return newYear + Int64(number)
        case .withoutLeapDay(let number):
            return newYear + Int64(number - 1 + (LocalTime.isLeap(year) && number >= 60 ? 1 : 0))
        case .weekday(let month, let week, let weekday):
            let first = CalendarTime.days(year: year, month: month, day: 1)
            let ahead = ((weekday + 6) % 7 - LocalTime.weekday(of: first) + 7) % 7
            var inMonth = ahead + (week - 1) * 7
            while inMonth >= LocalTime.length(ofMonth: month, year) { inMonth -= 7 }
            return first + Int64(inMonth)
        }
    }
}

private struct RuleScanner {
    private var text: Substring

    init(_ text: String) { self.text = text[...] }

    var isAtEnd: Bool { text.isEmpty }

    func isNext(_ character: Character) -> Bool { text.first == character }

    mutating func skip(_ character: Character) -> Bool {
        guard isNext(character) else { return false }
        text.removeFirst()
        return true
    }

    /// Letters, or anything in angle brackets.
    mutating func name() -> Bool {
        if skip("<") {
            guard let end = text.firstIndex(of: ">") else { return false }
            text = text[text.index(after: end)...]
            return true
        }
        let letters = text.prefix { $0.isLetter }
        text = text[letters.endIndex...]
        return letters.count >= 3
    }

    mutating func number() -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        text = text[digits.endIndex...]
        return digits.count <= 4 ? Int(digits) : nil
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    mutating func time() -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(), hours <= 167 else { return nil }
        let minutes = skip(":") ? number() : 0
        let seconds = skip(":") ? number() : 0
        guard let minutes, let seconds, minutes < 60, seconds < 60 else { return nil }
        return (hours * 3600 + minutes * 60 + seconds) * (isNegative ? -1 : 1)
    }
}
