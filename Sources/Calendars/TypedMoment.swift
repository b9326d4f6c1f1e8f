import Model

/// A moment still to come, as people type it.
public enum TypedMoment {
    /// What ``moment(_:zone:now:isEnd:)`` reads, for whoever typed something else.
    public static let forms =
        "2026-12-24 (when that day begins), “2026-12-24 18:00”, 18:00, an age from now such as 2h or 3d, or "
        + "2026-12-24T18:00:00+01:00"

    /// Reads RFC 3339, a date, a date and a time, a time of day (the next), or how long from now.
    /// - Parameters:
    ///   - zone: by whose clocks it is, where it does not say.
    ///   - isEnd: whether something ends then: of a time that the clocks show twice, the second is meant.
    /// - Returns: `nil` where it is none of these.
    public static func moment(_ text: String, zone: Zone, now: Timestamp, isEnd: Bool) -> Timestamp? {
        if let moment = Timestamp(rfc3339: text) { return moment }
        if let ahead = Duration(written: text) { return now + ahead }
        let parts = text.split(separator: " ")
        func clock(_ local: LocalTime) -> Timestamp { isEnd ? zone.end(at: local) : zone.beginning(at: local) }
        switch parts.count {
        case 1:
            if let day = day(parts[0]) { return clock(day) }
            guard let time = seconds(parts[0]) else { return nil }
            let today = zone.localTime(at: now).day
            // What the clocks jump over today may come tomorrow, and what they show twice may come again today.
            return (today...today + 2).lazy.map { clock(LocalTime(day: $0, second: time)) }.first { $0 > now }
        case 2:
            guard let day = day(parts[0]), let time = seconds(parts[1]) else { return nil }
            return clock(LocalTime(seconds: day.seconds + Int64(time)))
        default: return nil
        }
    }

    private static func numbers(_ text: Substring, _ separator: Character, _ lengths: [Int]) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == lengths.count,
            zip(parts, lengths).allSatisfy({ part, length in
                part.utf8.count == length
                    && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            })
        else { return nil }
        return parts.compactMap { Int($0) }
    }

    private static func day(_ text: Substring) -> LocalTime? {
        numbers(text, "-", [4, 2, 2]).flatMap { LocalTime($0[0], $0[1], $0[2]) }
    }

    private static func seconds(_ text: Substring) -> Int? {
        guard let parts = numbers(text, ":", [2, 2]) ?? numbers(text, ":", [2, 2, 2]), parts[0] < 24,
            parts.dropFirst().allSatisfy({ $0 < 60 })
        else { return nil }
        return parts[0] * 3600 + parts[1] * 60 + (parts.count > 2 ? parts[2] : 0)
    }
}
