import Model

/// What a clock on a wall shows: a date and a time of day, without saying in which zone.
public struct LocalTime: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01 00:00 by the same clock, were it never set.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    init(day: Int64, second: Int = 0) { seconds = day * 86_400 + Int64(second) }

    /// `nil` where there is no such date or time of day; the years from 1 to 9999 are known.
    public init?(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= LocalTime.length(ofMonth: month, year), (0..<24).contains(hour), (0..<60).contains(minute),
            (0...60).contains(second)
        else { return nil }
        self.init(
            day: CalendarTime.days(year: year, month: month, day: day), second: hour * 3600 + minute * 60 + second)
    }

    public static func < (left: LocalTime, right: LocalTime) -> Bool { left.seconds < right.seconds }

    /// Days since 1970-01-01.
    var day: Int64 { seconds.floorDivided(by: 86_400) }
    var secondOfDay: Int { Int(seconds - day * 86_400) }
    var parts: CalendarTime { CalendarTime(Timestamp(milliseconds: seconds * 1000)) }

    /// The day of the week of a day, from 0 for Monday to 6 for Sunday.
    static func weekday(of day: Int64) -> Int { Int(day + 3 - (day + 3).floorDivided(by: 7) * 7) }

    static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && year % 100 != 0 || year % 400 == 0 }
}
