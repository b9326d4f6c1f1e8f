import Model

/// A date or a date with a time, as calendars write them.
///
/// Source: RFC 5545, 3.3.4 and 3.3.5.
enum CalendarValue: Hashable {
    /// The beginning of a day.
    case day(LocalTime)
    /// Without a zone, or in the one that stands beside it.
    case local(LocalTime)
    case moment(Timestamp)

    /// `20261224`, `20261224T160000`, `20261224T160000Z`.
    init?(parsing text: some StringProtocol) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard bytes.count == 8 || bytes.count == 15 || bytes.count == 16, let year = number(0..<4),
            let month = number(4..<6), let day = number(6..<8)
        else { return nil }
        guard bytes.count > 8 else {
            guard let time = LocalTime(year, month, day) else { return nil }
            self = .day(time)
            return
        }
        guard bytes[8] == UInt8(ascii: "T"), let hour = number(9..<11), let minute = number(11..<13),
            let second = number(13..<15), let time = LocalTime(year, month, day, hour, minute, second)
        else { return nil }
        guard bytes.count == 16 else {
            self = .local(time)
            return
        }
        guard bytes[15] == UInt8(ascii: "Z") else { return nil }
        self = .moment(Timestamp(milliseconds: time.seconds * 1000))
    }
}

/// A length of time as calendars write it: days by the clocks on the wall, and what is exact.
///
/// Source: RFC 5545, 3.3.6.
struct CalendarDuration: Hashable {
    var days: Int64
    var seconds: Int64

    /// `P1W`, `P1DT2H`, `PT90M`; `nil` for anything else, and for what is negative or longer than 10,000 years.
    init?(parsing text: some StringProtocol) {
        var text = text[...]
        if text.first == "+" { text = text.dropFirst() }
        guard text.popFirst() == "P", !text.isEmpty else { return nil }
        (days, seconds) = (0, 0)
        var isTime = false
        while !text.isEmpty {
            if !isTime, text.first == "T" {
                isTime = true
                text = text.dropFirst()
                if text.isEmpty { return nil }
            }
            let digits = text.prefix { $0.isASCII && $0.isNumber }
            text = text[digits.endIndex...]
            guard digits.count <= 9, let number = Int64(digits), let unit = text.popFirst() else { return nil }
            switch (unit, isTime) {
            case ("W", false): days += number * 7
            case ("D", false): days += number
            case ("H", true): seconds += number * 3600
            case ("M", true): seconds += number * 60
            case ("S", true): seconds += number
            default: return nil
            }
        }
        guard days <= 3_660_000, seconds <= 86_400 * 3_660_000 else { return nil }
    }
}
