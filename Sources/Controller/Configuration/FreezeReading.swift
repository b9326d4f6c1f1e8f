import Calendars
import Foundation
import Model
import YAML

/// When nothing new is deployed.
extension ConfigurationReader {
    static let freezeKeys = ["name", "environments", "every", "zone", "from", "until", "calendar"]

    mutating func freezes(_ node: YAMLNode, _ environments: [Configuration.Environment]) -> [FreezeRule] {
        var names: [String: Mark] = [:]
        return reader.list(node, "freezes").compactMap { item in
            let keys = reader.mapping(item, known: Self.freezeKeys, of: "a freeze")
            guard let name = keys["name"].flatMap({ reader.text($0, "name") }), !name.isEmpty else {
                if keys["name"] == nil {
                    reader.report(item.mark, "a freeze has no name", mend: "give it one: people see it at the gate")
                }
                return nil
            }
            checkLook(name, "a freeze", keys["name"]?.mark ?? item.mark)
            if let earlier = names.updateValue(item.mark, forKey: name) {
                reader.report(
                    item.mark, "there is a freeze “\(name)” already, in line \(earlier.line)",
                    mend: "rename one of them")
            }
            let pattern = keys["environments"].map { reader.text($0, "environments") } ?? "*"
            guard let pattern, let when = when(keys, item.mark, name) else { return nil }
            let rule = FreezeRule(name: name, environments: pattern, when: when)
            if !environments.contains(where: { rule.concerns($0.address) }), let mark = keys["environments"]?.mark {
                remark(
                    mark, "freeze \(name) is of “\(pattern)”, and no environment is called so",
                    mend: "name environments by glob, as */prod-*")
            }
            return rule
        }
    }

    private mutating func when(_ keys: [String: YAMLNode], _ mark: Mark, _ name: String) -> FreezeRule.When? {
        let kinds = ["every", "until", "calendar"].filter { keys[$0] != nil }
        guard let kind = kinds.first, kinds.count == 1, keys["from"] == nil || kind == "until" else {
            let mend =
                "give one of “every: Fri 16:00 - Mon 08:00”, “from” and “until”, or “calendar: FILE.ics”"
            let what: FaultMessage =
                kinds.isEmpty ? "freeze \(name) does not say when" : "freeze \(name) says when in two ways"
            reader.report(mark, what, mend: mend)
            return nil
        }
        var zone: Zone?
        if let node = keys["zone"] {
            guard let found = self.zone(node) else { return nil }
            zone = found
        }
        switch kind {
        case "every": return keys["every"].flatMap { weekly($0, zone) }
        case "calendar": return keys["calendar"].flatMap { calendar($0, zone) }
        default: return once(keys["from"], keys["until"] ?? keys["from"], zone)
        }
    }

    private func zone(_ node: YAMLNode) -> Zone? {
        guard let name = reader.text(node, "zone") else { return nil }
        if let zone = ZoneDatabase.zone(name) { return zone }
        reader.report(
            node.mark, "there is no zone “\(name)”",
            mend: "name one of /usr/share/zoneinfo, such as Europe/Madrid or UTC")
        return nil
    }

    private func weekly(_ node: YAMLNode, _ zone: Zone?) -> FreezeRule.When? {
        guard let text = reader.text(node, "every") else { return nil }
        do throws(WeeklyWindow.Problem) {
            let window = try WeeklyWindow(parsing: text)
            guard let zone else {
                reader.report(
                    node.mark, "“\(text)” is by the clocks of no zone", mend: "add one, such as “zone: Europe/Madrid”")
                return nil
            }
            return .weekly(window, zone)
        } catch {
            let mend =
                switch error {
                case .form: "write it as “Fri 16:00 - Mon 08:00”, or every day as “22:00 - 06:00”"
                case .oneDay: "give a day on both sides, or on none"
                case .empty: "it ends when it begins: let it end later"
                }
            reader.report(node.mark, "every is “\(text)”", mend: mend)
            return nil
        }
    }

    private func once(_ from: YAMLNode?, _ until: YAMLNode?, _ zone: Zone?) -> FreezeRule.When? {
        guard let until else { return nil }
        let start = from.map { moment($0, "from", zone, isEnd: false) } ?? Timestamp(milliseconds: 0)
        guard let start, let end = moment(until, "until", zone, isEnd: true) else { return nil }
        guard start < end else {
            reader.report(until.mark, "until is not after from", mend: "let the freeze end after it begins")
            return nil
        }
        return .once(Span(from: start, to: end), zone ?? .utc)
    }

    /// `2026-12-23 18:00` by the clocks of the zone, or RFC 3339 with an offset.
    private func moment(_ node: YAMLNode, _ what: String, _ zone: Zone?, isEnd: Bool) -> Timestamp? {
        guard let text = reader.text(node, what) else { return nil }
        if let moment = Timestamp(rfc3339: text) { return moment }
        let form = "write it as “2026-12-23 18:00” with a zone, or as 2026-12-23T18:00:00+01:00"
        let seconds = text.split(separator: ":").count > 2 ? "" : ":00"
        // Read as if it were UTC, it is what the clocks show.
        guard let shown = Timestamp(rfc3339: "\(text)\(seconds)Z") else {
            reader.report(node.mark, "\(what) is “\(text)”", mend: form)
            return nil
        }
        guard let zone else {
            reader.report(
                node.mark, "“\(text)” is by the clocks of no zone", mend: "add one, such as “zone: Europe/Madrid”")
            return nil
        }
        let local = LocalTime(seconds: shown.milliseconds / 1000)
        return isEnd ? zone.end(at: local) : zone.beginning(at: local)
    }

    /// A calendar that is not there keeps nobody from rolling back: what is wrong with it is told, and it is looked for
    /// again.
    private mutating func calendar(_ node: YAMLNode, _ zone: Zone?) -> FreezeRule.When? {
        guard let path = path(node, "calendar") else { return nil }
        let rule = FreezeRule(name: "", environments: "*", when: .calendar(path: path, zone))
        for problem in FreezeBook([rule]).problems(of: rule) {
            remark(node.mark, "\(problem)", mend: "correct the file, or the path; rollbacks go on as ever")
        }
        return rule.when
    }
}
