import Model

/// A line of what happened.
public struct TimelineEntry: Equatable, Sendable {
    public var time: Timestamp
    public var address: EnvironmentAddress?
    public var text: String
    public var level: EventLevel
}

/// Reads events, one after the other in their order, into an ``Incident`` and the lines of its timeline.
///
/// What belongs together is one line: the exchange of instances is told when it is over, and what ends by itself again
/// and again is counted. Nothing is kept of what was read but what the incident holds.
public struct IncidentReading: Sendable {
    public private(set) var incident: Incident
    private var places: [EnvironmentAddress: Place] = [:]

    /// What is under way in one environment.
    private struct Place {
        /// The newest forward deployment.
        var arrival: Incident.Arrival?
        var open: Open?
        /// The rollback that is under way, by its place in the incident; -1 where that has too many.
        var rollback: Int?
        var asked: (actor: String, time: Timestamp)?
        var crashes = Crashes()
        /// Its alarms that went on, by their names: their places in the incident.
        var courses: [String: Int] = [:]
        /// Those that went on before the last rollback: what goes on after it is another release's.
        var coursesBefore: Set<String> = []
    }

    /// A deployment that exchanges instances.
    private struct Open {
        var deployment: Int64
        var startedAt: Timestamp
        var exchanged = 0
        var instances: Int
    }

    /// Instances that ended by themselves or did not start, since something else was told.
    private struct Crashes {
        var more = 0
        var last: Timestamp?
        var isTold = false
    }

    public init(from: Timestamp, until: Timestamp, environments: [EnvironmentAddress]) {
        incident = Incident(from: from, until: until, environments: environments)
    }

    /// The kinds of events that it makes nothing of; whoever reads a ledger need not read them.
    public static let passedOver: Set<String> = [
        "instanceStarting", "instanceStarted", "instanceHealthChanged", "instanceStopping", "bakeProgressed",
        "leaderChanged", "environmentDeclared", "releaseRegistered", "targetTold", "preparationStarted",
    ]

    /// Takes in an event.
    /// - Returns: the lines that are to be told by now; most events make none.
    public mutating func take(_ event: Event) -> [TimelineEntry] {
        if Self.passedOver.contains(event.body.kind) { return [] }
        note(event)
        guard let address = event.address else { return line(event).map { [$0] } ?? [] }
        if case .instanceExited = event.body { return crash(event, address).map { [$0] } ?? [] }
        if case .instanceStartFailed = event.body { return crash(event, address).map { [$0] } ?? [] }
        guard let told = take(event, at: address) else { return [] }
        return flush(address) + [told]
    }

    /// The lines that were still held back; nothing comes after it.
    public mutating func finish() -> [TimelineEntry] {
        places.keys.sorted().flatMap { flush($0) }
    }

    private func line(_ event: Event, _ text: String? = nil) -> TimelineEntry? {
        TimelineEntry(
            time: event.time, address: event.address, text: text ?? event.summary, level: event.body.level)
    }

    // MARK: what ends by itself

    private mutating func crash(_ event: Event, _ address: EnvironmentAddress) -> TimelineEntry? {
        if case .instanceExited(let slot, _) = event.body { lose(slot, address, event.time) }
        var crashes = places[address, default: Place()].crashes
        defer { places[address, default: Place()].crashes = crashes }
        crashes.last = event.time
        if crashes.isTold {
            crashes.more += 1
            return nil
        }
        crashes.isTold = true
        return line(event)
    }

    private mutating func flush(_ address: EnvironmentAddress) -> [TimelineEntry] {
        guard let crashes = places[address]?.crashes, crashes.isTold else { return [] }
        places[address]?.crashes = Crashes()
        guard crashes.more > 0, let last = crashes.last else { return [] }
        let text = "\(counted(crashes.more, "more instance")) ended by \(crashes.more == 1 ? "itself" : "themselves")"
        return [TimelineEntry(time: last, address: address, text: "\(text) until then", level: .steps)]
    }

    // MARK: what people and lastgood did

    /// Keeps who asked for what, and what was decided.
    private mutating func note(_ event: Event) {
        switch event.body {
        case .deploymentRequested, .rollbackRequested, .releaseMarked, .gateOverridden, .planMade, .planPaused,
            .planResumed, .planAborted, .rollbackRefused, .holdPlacedByHand, .awaitedReleaseCame, .holdLifted,
            .freezeAdded,
            .freezeRemoved, .bakeInconclusive:
            break
        case .rollbackDecided(let decision):
            // Whoever asked for it is told already, with the reason.
            if decision.trigger != .automatic, places[event.address ?? .nowhere]?.asked != nil { return }
        default: return
        }
        guard incident.decisions.count < Incident.kept else {
            incident.decisionsLeftOut += 1
            return
        }
        incident.decisions.append(
            .init(time: event.time, address: event.address, actor: event.actor, what: event.deed))
    }

    // MARK: one environment

    private mutating func take(_ event: Event, at address: EnvironmentAddress) -> TimelineEntry? {
        switch event.body {
        case .deploymentRequested(let request):
            incident.deployments += 1
            places[address, default: Place()].arrival = Incident.Arrival(
                deployment: event.sequence, release: request.release, actor: event.actor, trigger: request.trigger,
                reason: request.reason, requestedAt: event.time)
            return line(event, "#\(event.sequence) \(event.summary)")
        case .deploymentStarted(let id, _, _, let instances, _):
            return start(id, instances, event, at: address)
        case .instanceReplaced(let id, _, _, _, let done, let total):
            if places[address]?.open?.deployment == id {
                places[address]?.open?.exchanged = done
                places[address]?.open?.instances = total
            }
            return nil
        case .instanceStopped(let slot):
            lose(slot, address, event.time)
            return nil
        case .releaseSwitched(let id, let release): return goLive(id, release, event, at: address)
        case .deploymentEnded(let id, let release, let phase, let reason):
            return end(id, release, phase, reason, event, at: address)
        case .rollbackRequested:
            places[address, default: Place()].asked = (event.actor, event.time)
            return line(event)
        case .rollbackRefused:
            places[address]?.asked = nil
            return line(event)
        case .rollbackDecided(let decision): return decide(decision, event, at: address)
        case .rollbackJudged(let id, _, let judgement):
            if let index = incident.rollbacks.lastIndex(where: { $0.deployment == id }) {
                incident.rollbacks[index].judgement = judgement
            }
            return line(event)
        case .alarmChanged(let status): return change(status, event, at: address)
        case .alarmRemoved(let name, _):
            if let index = places[address]?.courses[name] { incident.alarms[index].end(at: event.time) }
            return line(event)
        // The alarm that brings it is told already.
        case .highSeverityChanged(let isOn, _): return isOn ? nil : line(event)
        case .instanceAlarmsChanged: return nil
        case .holdPlaced(let release, _, let reason):
            incident.holds.removeAll { $0.address == address }
            if incident.holds.count < Incident.kept {
                incident.holds.append(.init(address: address, release: release, reason: reason, since: event.time))
            }
            return line(event)
        case .holdLifted(_, let which) where which != .byHand:
            incident.holds.removeAll { $0.address == address }
            return line(event)
        case .bakeStarted, .releaseLinked: return nil
        default: return line(event)
        }
    }

    private mutating func start(
        _ id: Int64, _ instances: Int, _ event: Event, at address: EnvironmentAddress
    ) -> TimelineEntry? {
        places[address, default: Place()].open = Open(
            deployment: id, startedAt: event.time, instances: instances)
        if let index = rollback(id, at: address) {
            incident.rollbacks[index].instances = instances
            return nil
        }
        // It was asked for just before, or waited until now.
        guard let arrival = places[address]?.arrival, arrival.deployment == id,
            event.time - arrival.requestedAt > .seconds(10)
        else { return nil }
        return line(event)
    }

    private mutating func goLive(
        _ id: Int64, _ release: String, _ event: Event, at address: EnvironmentAddress
    ) -> TimelineEntry? {
        if places[address]?.rollback != nil { return nil }
        if places[address]?.arrival?.deployment == id { places[address]?.arrival?.liveAt = event.time }
        return line(event, "#\(id) \(release) is live\(exchange(id, until: event.time, at: address))")
    }

    /// `: 4 instances exchanged in 38 s`.
    private func exchange(_ id: Int64, until time: Timestamp, at address: EnvironmentAddress) -> String {
        guard let open = places[address]?.open, open.deployment == id, open.exchanged > 0 else { return "" }
        let count = open.exchanged < open.instances ? "\(open.exchanged) of \(open.instances)" : "\(open.exchanged)"
        let words = ": \(count) \(open.instances == 1 ? "instance" : "instances") exchanged"
        // Of a rollback another time is told: how long users waited for it.
        let isTold = incident.rollbacks.last { $0.deployment == id }?.duration != nil
        return isTold ? words : "\(words) in \(max(.zero, time - open.startedAt).inWords)"
    }

    private mutating func end(
        _ id: Int64, _ release: String, _ phase: Phase, _ reason: String, _ event: Event, at address: EnvironmentAddress
    ) -> TimelineEntry? {
        if let place = places[address]?.rollback, places[address]?.open?.deployment == id {
            if let index = rollback(id, at: address) {
                incident.rollbacks[index].endedAt = event.time
                incident.rollbacks[index].phase = phase
                incident.rollbacks[index].outcome = reason
                incident.rollbacks[index].exchanged = places[address]?.open?.exchanged ?? 0
            }
            let words = exchange(id, until: event.time, at: address)
            places[address]?.rollback = nil
            places[address]?.open = nil
            guard phase == .succeeded else { return line(event, "\(event.summary)\(words)") }
            let duration = place >= 0 ? incident.rollbacks[place].duration : nil
            let length = duration.map { ", \($0.inWords)" } ?? ""
            return line(event, "#\(id) back on \(release)\(words)\(length)")
        }
        // The rollback that takes it back tells of it.
        if phase == .rolledBack { return nil }
        if phase == .failed { incident.failures += 1 }
        return line(event)
    }

    private func rollback(_ id: Int64, at address: EnvironmentAddress) -> Int? {
        guard let index = places[address]?.rollback, incident.rollbacks.indices.contains(index),
            incident.rollbacks[index].deployment == id
        else { return nil }
        return index
    }

    private mutating func decide(
        _ decision: RollbackDecision, _ event: Event, at address: EnvironmentAddress
    ) -> TimelineEntry? {
        let place = places[address] ?? Place()
        places[address, default: Place()].asked = nil
        places[address]?.coursesBefore = Set(place.courses.keys)
        let asked = decision.trigger == .automatic ? nil : place.asked
        if incident.rollbacks.count < Incident.kept {
            places[address]?.rollback = incident.rollbacks.count
            let arrival = place.arrival.flatMap { $0.release == decision.suspect ? $0 : nil }
            let on = place.courses.values.map { incident.alarms[$0] }.filter(\.isOn)
            incident.rollbacks.append(
                .init(
                    address: address, deployment: event.sequence, left: decision.suspect, to: decision.to,
                    trigger: decision.trigger,
                    actor: decision.trigger == .automatic ? nil : asked?.actor ?? event.actor,
                    reason: decision.reason, decidedAt: event.time, alarmSince: on.map(\.wentOnAt).min(),
                    arrival: arrival))
        } else {
            places[address]?.rollback = -1
            incident.rollbacksLeftOut += 1
        }
        // Who asked for it has just been told, with the reason.
        return asked == nil ? line(event, "#\(event.sequence) \(event.summary)") : nil
    }

    // MARK: alarms

    private mutating func change(
        _ status: AlarmStatus, _ event: Event, at address: EnvironmentAddress
    ) -> TimelineEntry? {
        if let index = places[address]?.courses[status.name],
            incident.alarms[index].isOn || places[address]?.coursesBefore.contains(status.name) != true
        {
            let wasOn = incident.alarms[index].isOn
            incident.alarms[index].take(status, at: event.time)
            let isOn = incident.alarms[index].isOn
            if isOn == wasOn { return nil }
            guard !isOn else { return line(event) }
            let time = incident.alarms[index].inAlarm(now: event.time).inWords
            let what = incident.alarms[index].times > 1 ? "\(time) in all" : time
            return line(event, "\(event.summary), after \(what)")
        }
        // One that is well or without data matters only where it was on before.
        guard status.state == .alarm else { return nil }
        guard incident.alarms.count < Incident.kept else {
            incident.alarmsLeftOut += 1
            return line(event)
        }
        places[address, default: Place()].courses[status.name] = incident.alarms.count
        places[address]?.coursesBefore.remove(status.name)
        incident.alarms.append(AlarmCourse(status, at: address))
        return line(event)
    }

    private mutating func lose(_ slot: Int, _ address: EnvironmentAddress, _ time: Timestamp) {
        guard let courses = places[address]?.courses else { return }
        for index in courses.values {
            incident.alarms[index].lose(instance: slot, at: time)
        }
    }
}

extension Event {
    /// What its actor did, behind the actor's name.
    fileprivate var deed: String {
        func because(_ reason: String?) -> String { reason.map { ": \($0)" } ?? "" }
        switch body {
        case .deploymentRequested(let request): return "asked to deploy \(request.release)\(because(request.reason))"
        case .rollbackRequested(let request):
            let from = request.leaving.map { " from \($0)" } ?? ""
            return "asked to roll back\(from) to \(request.to ?? "last good")\(because(request.reason))"
        case .rollbackDecided(let decision):
            let from = decision.suspect.map { " from \($0)" } ?? ""
            return "rolled back \(decision.trigger.inWords)\(from) to \(decision.to): \(decision.reason)"
        case .rollbackRefused(let reason): return "refused to roll back: \(reason)"
        case .releaseMarked(let release, let verdict, let reason):
            return "marked \(release) \(verdict.rawValue): \(reason)"
        case .gateOverridden(let id, let reasons, let reason):
            return "let #\(id) past the closed gate: \(reason) (\(reasons.joined(separator: "; ")))"
        case .holdPlacedByHand(let until, let reason, let deploys):
            return "held it \(until.inWords)\(deploys ? ", which is deployed then" : ""): \(reason)"
        case .holdLifted(let reason, _): return "lifted the hold: \(reason)"
        case .freezeAdded(let freeze):
            return "froze \(freeze.environments) until \(freeze.untilInWords), \(freeze.name): \(freeze.reason)"
        case .freezeRemoved(let name, let reason): return "took the freeze \(name) away\(because(reason))"
        case .bakeInconclusive(let id, let reason): return "could not judge #\(id) and left it to a person: \(reason)"
        case .planMade(let plan):
            return "made plan #\(sequence): \(counted(plan.steps.count, "environment")) in "
                + "\(counted(plan.waves.count, "wave")): \(plan.reason)"
        case .planPaused(let plan): return "paused plan #\(plan)"
        case .planResumed(let plan): return "resumed plan #\(plan)"
        case .planAborted(let plan, let reason): return "aborted plan #\(plan): \(reason)"
        default: return summary
        }
    }
}

extension EnvironmentAddress {
    fileprivate static let nowhere = EnvironmentAddress(application: "", environment: "")
}
