import Incidents
import Model

/// A row of the events: one of them, or the steps of a deployment in a line.
enum EventRow: Equatable {
    /// `isInside` where it is one of an opened line.
    case event(Event, isInside: Bool)
    case steps(Steps)

    struct Steps: Equatable {
        var address: EnvironmentAddress
        var deployment: Int64
        /// The newest first.
        var events: [Event]
        var isOpen: Bool
        /// Whether there may be more of them that are not loaded.
        var isPartial = false
    }
}

extension EventRow {
    /// The steps of each deployment in one line, where its newest step is; all else as it is.
    /// - Parameters:
    ///   - events: the newest first.
    ///   - level: what weighs less is left out.
    ///   - opened: deployments whose steps are shown one by one, below their line.
    ///   - isFromFirst: whether there is none before them.
    ///   - isToLast: whether there is none after them.
    static func folded(
        _ events: [Event], level: EventLevel, opened: Set<Int64>, isFromFirst: Bool = true, isToLast: Bool = true
    ) -> [EventRow] {
        let first = events.last?.sequence ?? 0
        // A deployment's number is that of the event with which it begins.
        let ended = Set(events.compactMap { event in event.deployment.flatMap { isEnd(event, $0) ? $0 : nil } })
        func isCut(_ deployment: Int64) -> Bool {
            !isFromFirst && deployment < first || !isToLast && !ended.contains(deployment)
        }
        let owners = owners(events)
        var rows: [EventRow] = []
        var steps: [Int64: [Event]] = [:]
        for (place, event) in events.enumerated() where (owners[place] == nil ? event.body.level : .steps) <= level {
            guard let owner = owners[place], let address = event.address else {
                rows.append(.event(event, isInside: false))
                continue
            }
            if steps[owner] == nil {
                rows.append(
                    .steps(.init(address: address, deployment: owner, events: [], isOpen: opened.contains(owner))))
            }
            steps[owner, default: []].append(event)
        }
        return rows.flatMap { row -> [EventRow] in
            guard case .steps(var line) = row else { return [row] }
            line.events = steps[line.deployment] ?? []
            line.isPartial = isCut(line.deployment)
            return [.steps(line)] + (line.isOpen ? line.events.map { .event($0, isInside: true) } : [])
        }
    }

    /// Which deployment each step belongs to: the one that it names, else the one that was under way there. That an
    /// alarm of a new instance has its first data and is quiet is a step of what started the instance.
    private static func owners(_ events: [Event]) -> [Int: Int64] {
        var underWay: [EnvironmentAddress: Int64] = [:]
        var newest: [EnvironmentAddress: Int64] = [:]
        var quiet: [EnvironmentAddress: Quiet] = [:]
        var owners: [Int: Int64] = [:]
        for place in events.indices.reversed() {
            let event = events[place]
            guard let address = event.address else { continue }
            let named = event.deployment
            if let named { newest[address] = named }
            if let named, !isEnd(event, named) { underWay[address] = named }
            if event.body.level == .steps { owners[place] = named ?? underWay[address] }
            if quiet[address, default: Quiet()].takeBeginning(event.body) {
                owners[place] = underWay[address] ?? newest[address]
            }
            if let named, isEnd(event, named), underWay[address] == named { underWay[address] = nil }
        }
        return owners
    }

    /// The instances that have started, with the alarms of which something was heard since.
    private struct Quiet {
        private var heard: [Int: Set<AlarmIdentity>] = [:]

        /// Takes in what happened next; whether that is the first that is heard of an alarm that is not on.
        mutating func takeBeginning(_ body: EventBody) -> Bool {
            switch body {
            case .instanceStarting(let slot, _, _): heard[slot] = []
            case .instanceStopped(let slot), .instanceExited(let slot, _): heard[slot] = nil
            case .alarmChanged(let status):
                guard let slot = status.instance else { return false }
                return heard[slot]?.insert(status.identity).inserted == true && status.state != .alarm
            default: break
            }
            return false
        }
    }

    private static func isEnd(_ event: Event, _ id: Int64) -> Bool {
        if case .deploymentEnded(id, _, _, _) = event.body { true } else { false }
    }
}

extension EventRow.Steps {
    /// `12 steps: 4 instances exchanged, 1 ended by itself`.
    var summary: String {
        var (exchanged, crashed, failed, sick) = (0, 0, 0, 0)
        var requests = 0
        for event in events {
            switch event.body {
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
        let count = isPartial ? "\(events.count)+ steps" : counted(events.count, "step")
        return "#\(deployment) \(count)"
            + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
    }

    /// Whether something went wrong on the way.
    var isTroubled: Bool {
        events.contains { event in
            switch event.body {
            case .instanceExited, .instanceStartFailed, .instanceHealthChanged(_, .unhealthy, _): true
            default: false
            }
        }
    }
}
