import Incidents
import Model

/// A row of the events: one of them, or the steps of a deployment in a line.
enum EventRow: Equatable {
    /// An event, by its place among those that are loaded; `isInside` where it is one of an opened line.
    case event(Int, isInside: Bool)
    case steps(Steps)

    struct Steps: Equatable {
        var address: EnvironmentAddress
        var deployment: Int64
        /// The places of the steps, the newest first.
        var places: [Int]
        var isOpen: Bool
    }
}

extension EventRow {
    /// The steps of each deployment in one line, where its newest step is; all else as it is.
    /// - Parameters:
    ///   - events: the newest first.
    ///   - level: what weighs less is left out.
    ///   - opened: deployments whose steps are shown one by one, below their line.
    static func folded(_ events: [Event], level: EventLevel, opened: Set<Int64>) -> [EventRow] {
        let owners = level == .steps ? owners(events) : [:]
        var rows: [EventRow] = []
        var lines: [Int64: Int] = [:]
        for (place, event) in events.enumerated() where event.body.level <= level {
            guard event.body.level == .steps, let owner = owners[place], let address = event.address else {
                rows.append(.event(place, isInside: false))
                continue
            }
            if let line = lines[owner], case .steps(var steps) = rows[line] {
                steps.places.append(place)
                rows[line] = .steps(steps)
            } else {
                lines[owner] = rows.count
                rows.append(
                    .steps(
                        .init(
                            address: address, deployment: owner, places: [place], isOpen: opened.contains(owner))))
            }
        }
        guard !opened.isEmpty else { return rows }
        return rows.flatMap { row -> [EventRow] in
            guard case .steps(let steps) = row, steps.isOpen else { return [row] }
            return [row] + steps.places.map { .event($0, isInside: true) }
        }
    }

    /// Which deployment each step belongs to: the one that it names, else the one that was under way there.
    private static func owners(_ events: [Event]) -> [Int: Int64] {
        var underWay: [EnvironmentAddress: Int64] = [:]
        var owners: [Int: Int64] = [:]
        for place in events.indices.reversed() {
            let event = events[place]
            guard let address = event.address else { continue }
            let named = event.deployment
            if let named, !isEnd(event, named) { underWay[address] = named }
            if event.body.level == .steps { owners[place] = named ?? underWay[address] }
            if let named, isEnd(event, named), underWay[address] == named { underWay[address] = nil }
        }
        return owners
    }

    private static func isEnd(_ event: Event, _ id: Int64) -> Bool {
        if case .deploymentEnded(id, _, _, _) = event.body { true } else { false }
    }
}

extension EventRow.Steps {
    /// `12 steps: 4 instances exchanged, 1 ended by itself`.
    func summary(_ events: [Event]) -> String {
        var (exchanged, crashed, failed, sick) = (0, 0, 0, 0)
        var requests = 0
        for place in places {
            switch events[place].body {
            case .instanceReplaced: exchanged += 1
            case .instanceExited: crashed += 1
            case .instanceStartFailed: failed += 1
            case .instanceHealthChanged(_, .unhealthy, _): sick += 1
            case .bakeProgressed(_, let count): requests = max(requests, count)
            default: break
            }
        }
        var parts: [String] = []
        if exchanged > 0 { parts.append("\(counted(exchanged, "instance")) exchanged") }
        if crashed > 0 { parts.append("\(crashed) ended by \(crashed == 1 ? "itself" : "themselves")") }
        if failed > 0 { parts.append("\(failed) did not start") }
        if sick > 0 { parts.append("\(sick) became unhealthy") }
        if requests > 0 { parts.append("\(counted(requests, "request")) while baking") }
        return "#\(deployment) \(counted(places.count, "step"))"
            + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
    }

    /// Whether something went wrong on the way.
    func isTroubled(_ events: [Event]) -> Bool {
        places.contains { place in
            switch events[place].body {
            case .instanceExited, .instanceStartFailed, .instanceHealthChanged(_, .unhealthy, _): true
            default: false
            }
        }
    }
}
