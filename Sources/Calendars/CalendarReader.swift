import Model

/// Reads the components of a calendar file.
struct CalendarReader {
    /// The lines of one component, without those of the components inside it.
    struct Component {
        var name: String
        var line: Int
        var lines: [ContentLine] = []
        var parts: [Component] = []

        func first(_ name: String) -> ContentLine? { lines.first { $0.name == name } }
        func all(_ name: String) -> [ContentLine] { lines.filter { $0.name == name } }
    }

    private(set) var faults: [CalendarFault] = []
    /// Whether there is a calendar, and all that begins in it ends.
    private(set) var isWhole = true
    private let givenZone: Zone?
    private let knownZones: (String) -> Zone?
    private(set) var floatingZone = Zone.utc
    private var zones: [String: Zone] = [:]
    private var unknownZones: Set<String> = []
    /// How many days may yet be looked at for rules.
    var allowance: Int

    /// Components lie three deep at most.
    private static let deepest = 8
    /// More would tell nothing new.
    private static let mostFaults = 1000

    init(zone: Zone?, zones: @escaping (String) -> Zone?, allowance: Int) {
        givenZone = zone
        knownZones = zones
        self.allowance = allowance
    }

    mutating func report(_ fault: CalendarFault) {
        if faults.count < Self.mostFaults { faults.append(fault) }
    }

    mutating func report(_ line: Int, _ message: String, mend: String) {
        report(CalendarFault(line, message, mend: mend))
    }

    mutating func events(_ bytes: [UInt8]) -> [CalendarEvent] {
        let calendars = components(bytes).filter { $0.name == "VCALENDAR" }
        if calendars.isEmpty {
            isWhole = false
            report(1, "this is no calendar", mend: "it begins with BEGIN:VCALENDAR; export it as iCalendar (.ics)")
        }
        return calendars.flatMap { calendar in
            zones = [:]
            for part in calendar.parts where part.name == "VTIMEZONE" { readZone(part) }
            floatingZone = givenZone ?? calendar.first("X-WR-TIMEZONE").flatMap { zone(named: $0.value) } ?? .utc
            let isCancelled = calendar.first("METHOD")?.value.uppercased() == "CANCEL"
            var collection = EventCollection()
            for part in calendar.parts where part.name == "VEVENT" {
                if let read = event(part) { collection.add(read, isCancelled: isCancelled) }
            }
            return collection.events
        }
    }

    // MARK: components

    private mutating func components(_ bytes: [UInt8]) -> [Component] {
        var open = [Component(name: "", line: 1)]
        func close() {
            let last = open.removeLast()
            open[open.count - 1].parts.append(last)
        }
        for (number, text) in ContentLine.unfold(bytes) where !text.allSatisfy(\.isWhitespace) {
            guard let line = ContentLine(line: number, text) else {
                // What is no calendar at all is said once.
                if open.count > 1 {
                    report(number, "“\(text.prefix(40))” is no property", mend: "write it as NAME:VALUE")
                }
                continue
            }
            let name = line.value.uppercased()
            switch line.name {
            case "BEGIN" where open.count > Self.deepest:
                report(number, "components lie more than \(Self.deepest) deep", mend: "export the calendar again")
                while open.count > 1 { close() }
                return open[0].parts
            case "BEGIN": open.append(Component(name: name, line: number))
            case "END":
                guard open.dropFirst().contains(where: { $0.name == name }) else {
                    report(number, "END:\(name.prefix(40)) ends nothing", mend: "remove the line, or add its BEGIN")
                    continue
                }
                while let last = open.last, last.name != name {
                    reportOpen(last)
                    close()
                }
                close()
            default: open[open.count - 1].lines.append(line)
            }
        }
        while open.count > 1, let last = open.last {
            reportOpen(last)
            close()
        }
        return open[0].parts
    }

    private mutating func reportOpen(_ component: Component) {
        isWhole = false
        report(
            component.line, "BEGIN:\(component.name.prefix(40)) has no END",
            mend: "the file may be cut off: export it again")
    }

    // MARK: zones

    private mutating func readZone(_ component: Component) {
        guard let id = component.first("TZID")?.value else {
            report(component.line, "a VTIMEZONE has no TZID", mend: "give it the name that the events use")
            return
        }
        do throws(CalendarFault) {
            zones[id] = try Zone(component, named: id, allowance: &allowance)
        } catch { report(error) }
    }

    /// The zone of a name: as the calendar defines it, else as the zone database knows it.
    private mutating func zone(named name: String) -> Zone? {
        if let known = zones[name] { return known }
        // Mozilla and others put their own name before that of the database: /mozilla.org/20050126_1/Europe/Madrid.
        let words = name.split(separator: "/")
        let names = [name] + (1..<max(words.count, 1)).map { words[$0...].joined(separator: "/") }
        guard let found = names.lazy.compactMap(knownZones).first else { return nil }
        zones[name] = found
        return found
    }

    /// The zone of a property's times.
    mutating func zone(of line: ContentLine) -> Zone {
        guard let name = line.parameters["TZID"] else { return floatingZone }
        if let zone = zone(named: name) { return zone }
        if unknownZones.insert(name).inserted {
            report(
                line.line, "the zone “\(name.prefix(80))” is not known; its times are taken as \(floatingZone.name)",
                mend: "export the calendar with its VTIMEZONE, or name a zone such as Europe/Madrid")
        }
        return floatingZone
    }
}
