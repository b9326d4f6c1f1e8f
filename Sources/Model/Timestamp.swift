/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// The pure rooms know no clock: every moment is handed to them. Moments come from outside, too, so that what would be
/// past the first or last one that there is, is that one.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds.addingWithinBounds(duration.milliseconds))
    }

    public static func += (moment: inout Timestamp, duration: Duration) { moment = moment + duration }

    public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds.subtractingWithinBounds(duration.milliseconds))
    }

    /// The time from `right` to `left`; negative where `left` is the earlier one.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds.subtractingWithinBounds(right.milliseconds))
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Milliseconds for the ledger, RFC 3339 where the encoder asks for it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if encoder.userInfo[.writesTimesForPeople] != nil {
            try container.encode(rfc3339)
        } else {
            try container.encode(milliseconds)
        }
    }
}

extension CodingUserInfoKey {
    /// Set by encoders whose output is read by people and scripts instead of by the ledger.
    public static let writesTimesForPeople = CodingUserInfoKey(rawValue: "writesTimesForPeople")!  // never empty
}

extension Duration {
    /// A number and its unit: `500ms`, `90s`, `15m`, `2h`, `1d`; `nil` for anything else, or what is longer than 31,000
    /// years.
    public init?(written text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let scale: Double? =
            switch text[digits.endIndex...].trimmingPrefix(" ") {
            case "ms": 1
            case "s": 1000
            case "m": 60_000
            case "h": 3_600_000
            case "d": 86_400_000
            default: nil
            }
        guard let value = Double(digits), let scale, value * scale < 1e15 else { return nil }
        self = .milliseconds(Int64((value * scale).rounded()))
    }

    /// Whole milliseconds; what is smaller is cut off, and what is too long is as long as can be.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        if isTooLong { return seconds < 0 ? .min : .max }
        return whole.addingWithinBounds(attoseconds / 1_000_000_000_000_000)
    }

    /// Seconds as a number, as JSON and arithmetic want it.
    public var inSeconds: Double { Double(milliseconds) / 1000 }
}

/// A calendar date and time of day in one zone, split into its parts.
public struct CalendarTime: Equatable, Sendable {
    public var year: Int
    public var month: Int
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int

    /// Days since 1970-01-01, and the parts of a moment shifted by `offset` seconds east of UTC.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    public init(_ moment: Timestamp, offset: Int = 0) {
        let seconds = moment.milliseconds.floorDivided(by: 1000) + Int64(offset)
        let days = seconds.floorDivided(by: 86400)
        let rest = Int(seconds - days * 86400)
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthIndex + 2) / 5 + 1)
        month = Int(monthIndex < 10 ? monthIndex + 3 : monthIndex - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// Days from 1970-01-01 to the given date, by the inverse of the same source.
    package static func days(year: Int, month: Int, day: Int) -> Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.floorDivided(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Timestamp {
    /// As it stands in a sentence: `2026-11-24 14:03 UTC`.
    public var minuteInWords: String { "\(rfc3339.prefix(16).replacing("T", with: " ")) UTC" }

    /// RFC 3339 in UTC with milliseconds, such as `2026-11-24T14:03:22.120Z`.
    public var rfc3339: String {
        let parts = CalendarTime(self)
        let rest = Int(milliseconds % 1000)
        let fraction = rest < 0 ? rest + 1000 : rest
        return "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
            + "T\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2)).\(padded(fraction, 3))Z"
    }

    /// Reads RFC 3339 with any offset; `nil` where the text is none.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        func sign(_ index: Int, _ characters: String) -> Bool {
            index < bytes.count && characters.utf8.contains(bytes[index])
        }
        guard let year = number(0..<4), sign(4, "-"), let month = number(5..<7), (1...12).contains(month),
            sign(7, "-"), let day = number(8..<10), (1...31).contains(day), sign(10, "Tt "),
            let hour = number(11..<13), hour < 24, sign(13, ":"), let minute = number(14..<16), minute < 60,
            sign(16, ":"), let second = number(17..<19), second <= 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if sign(index, ".") {
            index += 1
            var scale: Int64 = 100
            let first = index
            while index < bytes.count, let digit = number(index..<index + 1) {
                fraction += Int64(digit) * scale
                scale /= 10
                index += 1
            }
            guard index > first else { return nil }
        }
        var offset = 0
        if sign(index, "Zz") {
            index += 1
        } else if sign(index, "+-"), let hours = number(index + 1..<index + 3), sign(index + 3, ":"),
            let minutes = number(index + 4..<index + 6)
        {
            offset = (hours * 60 + minutes) * 60 * (sign(index, "-") ? -1 : 1)
            index += 6
        } else {
            return nil
        }
        guard index == bytes.count else { return nil }
        let days = CalendarTime.days(year: year, month: month, day: day)
        let seconds = days * 86400 + Int64(hour * 3600 + minute * 60 + second - offset)
        milliseconds = seconds * 1000 + fraction
    }
}

/// `number` in decimal with leading zeros up to `width` digits.
public func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension Int64 {
    /// The sum, or the bound that it would pass.
    func addingWithinBounds(_ other: Int64) -> Int64 {
        let (sum, isPast) = addingReportingOverflow(other)
        return isPast ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the bound that it would pass.
    func subtractingWithinBounds(_ other: Int64) -> Int64 {
        let (difference, isPast) = subtractingReportingOverflow(other)
        return isPast ? (other < 0 ? .max : .min) : difference
    }

    package func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
