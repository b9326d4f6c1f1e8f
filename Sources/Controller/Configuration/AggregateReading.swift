import Decisions
import Model
import YAML

/// An aggregate as it is written, for what can be told only once all environments are known.
struct WrittenAggregate {
    var text: String
    var mark: Mark

    /// Where a name stands in it.
    func place(of name: String) -> Mark {
        let range = text.ranges(of: name).first { range in
            range.upperBound == text.endIndex || !Self.isPartOfName(text[range.upperBound])
        }
        guard let range else { return mark }
        let offset = text.distance(from: text.startIndex, to: range.lowerBound)
        return Mark(line: mark.line, column: mark.column + offset)
    }

    private static func isPartOfName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "-_./:*?".contains(character)
    }
}

/// What rolls back and closes the gate: an expression over an environment's alarms and over what is on elsewhere.
extension ConfigurationReader {
    mutating func readAggregate(_ node: YAMLNode, of address: EnvironmentAddress, _ policy: inout EnvironmentPolicy) {
        guard let text = reader.text(node, "highSeverity") else { return }
        let mark = Mark(line: node.mark.line, column: node.mark.column + (node.isPlain ? 0 : 1))
        let written = WrittenAggregate(text: text, mark: mark)
        do {
            let expression = try AlarmExpression(parsing: text)
            let known = policy.alarms.map(\.name)
            for name in expression.names.sorted() where !known.contains(name) {
                reader.report(
                    written.place(of: name), "highSeverity names “\(name)”, which is no alarm here",
                    mend: Self.mend(name, known, or: "alarms here: \(known.joined(separator: ", "))"))
            }
            policy.highSeverity = expression
            if !expression.elsewhere.isEmpty { aggregates[address] = written }
        } catch {
            let place = Mark(line: mark.line, column: mark.column + error.offset)
            reader.report(place, "highSeverity: \(error.message)", mend: "write it as “any(faults, slow) or cpu”")
        }
    }

    private static func mend(_ name: String, _ known: [String], or other: String) -> String {
        nearest(name, known).map { "did you mean “\($0)”?" } ?? other
    }

    /// Puts the environments that are meant into each aggregate that counts what is on elsewhere.
    func placeAggregates(_ environments: inout [Configuration.Environment]) {
        let all = environments
        for index in all.indices {
            let address = all[index].address
            guard let written = aggregates[address], let expression = all[index].policy.highSeverity else { continue }
            var meant: [AlarmElsewhere: [AlarmElsewhere]] = [:]
            for alarm in expression.elsewhere.sorted() {
                meant[alarm] = self.meant(alarm, by: address, among: all, written)
            }
            let named = expression.naming { meant[$0] ?? [] }
            environments[index].policy.highSeverity = named
            if let (needed, parts) = named.impossible, parts > 0, !meant.values.contains(where: \.isEmpty) {
                reader.report(
                    written.mark, "highSeverity: atLeast(\(needed), …) can never be on with \(parts) alarms",
                    mend: "lower the number, or name more")
            }
        }
        reportCircle(environments)
    }

    /// What is meant of one or, by a glob, of several other environments; empty where that is a fault.
    private func meant(
        _ alarm: AlarmElsewhere, by address: EnvironmentAddress, among all: [Configuration.Environment],
        _ written: WrittenAggregate
    ) -> [AlarmElsewhere] {
        let mark = written.place(of: alarm.description)
        if alarm.address == address {
            reader.report(
                mark, "highSeverity of \(address) counts “\(alarm)”, which is itself: a circle",
                mend: alarm.alarm.map { "write \($0): alarms here go by their names alone" } ?? "leave it out here")
            return []
        }
        let others = all.filter { $0.address != address }
        let there = others.filter { globMatches(alarm.place, $0.address.description) }
        guard !there.isEmpty else {
            // What is wrong with it has been told.
            if unread.contains(where: { globMatches(alarm.place, $0.description) }) { return [] }
            let names = others.map(\.address.description)
            reader.report(
                mark, "highSeverity names “\(alarm.place)”, and no other environment is called so",
                mend: Self.mend(alarm.place, names, or: "name environments of this configuration, as payments/prod-eu"))
            return []
        }
        let counted = there.filter { environment in
            alarm.alarm.map { name in environment.policy.alarms.contains { $0.name == name } }
                ?? (environment.policy.highSeverity != nil)
        }
        if counted.isEmpty {
            if let name = alarm.alarm {
                let names = Set(there.flatMap { $0.policy.alarms.map(\.name) }).sorted()
                let list = names.isEmpty ? "it has none" : "alarms there: \(names.joined(separator: ", "))"
                reader.report(
                    mark, "highSeverity names “\(alarm)”, and there is no alarm “\(name)” there",
                    mend: Self.mend(name, names, or: list))
            } else {
                reader.report(
                    mark, "highSeverity counts “\(alarm)”, where no alarm has high severity",
                    mend: "name an alarm of it, as \(alarm):faults, or give it a “highSeverity”")
            }
        }
        return counted.map { AlarmElsewhere(place: $0.address.description, alarm: alarm.alarm) }
    }

    /// Aggregates that wait for each other would never be off again.
    private func reportCircle(_ environments: [Configuration.Environment]) {
        var counts: [EnvironmentAddress: [EnvironmentAddress]] = [:]
        for environment in environments {
            let elsewhere = environment.policy.highSeverity?.elsewhere ?? []
            counts[environment.address] = elsewhere.filter { $0.alarm == nil }.compactMap(\.address).sorted()
        }
        guard let circle = Self.circle(counts), let first = circle.first, let written = aggregates[first] else {
            return
        }
        let way = (circle.dropFirst() + [first]).map { "counts \($0)" }.joined(separator: ", which ")
        reader.report(
            written.mark, "highSeverity of \(first) \(way): a circle",
            mend: "let one of them count single alarms, as \(circle.last ?? first):faults")
    }

    /// A circle of environments each of which counts the next; `nil` where there is none.
    static func circle(_ counts: [EnvironmentAddress: [EnvironmentAddress]]) -> [EnvironmentAddress]? {
        // Whoever counts nobody that is left is in no circle.
        var left = counts
        while true {
            let next = left.filter { _, counted in counted.contains { left[$0] != nil } }
            if next.count == left.count { break }
            left = next
        }
        guard var place = left.keys.min() else { return nil }
        var way: [EnvironmentAddress] = []
        var steps: [EnvironmentAddress: Int] = [:]
        while steps[place] == nil {
            steps[place] = way.count
            way.append(place)
            guard let next = left[place]?.first(where: { left[$0] != nil }) else { return nil }
            place = next
        }
        return Array(way.dropFirst(steps[place] ?? 0))
    }
}
