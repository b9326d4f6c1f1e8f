import Alarms
import Model
import Synchronization

/// The alarms of a fleet as one process has them: one on each service, one on each instance. They need some time to see
/// what is wrong, flap, and know nothing yet when somebody has just begun to watch.
final class FleetAlarms: AlarmSource {
    static let service = AlarmDefinition(
        name: "faults", kind: .faultRate, threshold: Quantity(1, .percent), period: .milliseconds(500))
    static let instance = AlarmDefinition(
        name: "memory", kind: .memory, scope: .instance, threshold: Quantity(1, .bytes), datapointsToAlarm: 1,
        evaluationPeriods: 1, period: .milliseconds(500))

    private let fleet: SimulatedFleet
    private let process: Int32
    private let sleepiness: Sleepiness
    private let watched = Mutex<[EnvironmentAddress: (since: Timestamp, instances: [WatchedInstance])]>([:])

    init(fleet: SimulatedFleet, process: Int32, sleepiness: Sleepiness) {
        self.fleet = fleet
        self.process = process
        self.sleepiness = sleepiness
    }

    func watch(_ environment: WatchedEnvironment) async {
        let now = fleet.now
        watched.withLock { watched in
            let since = watched[environment.address]?.since ?? now
            watched[environment.address] = (since, environment.instances)
        }
    }

    func stopWatching(_ address: EnvironmentAddress) async { watched.withLock { $0[address] = nil } }

    func readings(of address: EnvironmentAddress) async -> AlarmReadings {
        await sleepiness.look()
        guard let (since, instances) = watched.withLock({ $0[address] }) else { return AlarmReadings(isSettled: false) }
        let readings = try? fleet.call(process) { state -> AlarmReadings in
            guard var place = state.places[address] else { return AlarmReadings() }
            defer { state.places[address] = place }
            let now = state.now
            func name(_ version: String) -> SimulatedFleet.Version {
                SimulatedFleet.Version(application: address.application, version: version)
            }
            let serving = place.running.values.filter { running in
                running.healthyAt <= now && place.front.map { $0.contains(running.key) } ?? true
            }
            for running in serving where !state.unreached.contains(name(running.release)) {
                place.requests[running.release, default: 0] += 5
            }
            // What is wrong with a release is wrong with what its flag turns on.
            let isFaulty =
                place.flag != FleetIncident.flag.off && serving.contains { state.faulty.contains(name($0.release)) }
            let isFlagOff = place.flag == FleetIncident.flag.off
            Self.serve(serving, &place, state) { !isFlagOff && state.worse.contains(name($0)) }
            place.faultySince = isFaulty ? place.faultySince ?? now : nil
            // Three of five periods breach.
            let isSeen = place.faultySince.map { now - $0 >= Self.service.period * 3 } ?? false
            if state.isHostile, state.generator.isOne(in: 80) { place.isFlapping.toggle() }
            if place.isFlapping, state.generator.isOne(in: 3) || !state.isHostile { place.isFlapping = false }
            let isSettled = now - since >= Self.service.window
            var alarms: [AlarmStatus] = []
            if isSettled || isSeen {
                alarms.append(Self.status(Self.service, nil, isSeen != place.isFlapping, now, &place))
            }
            for watched in instances {
                guard let running = place.running[watched.key], running.healthyAt <= now else { continue }
                let leaks =
                    state.leaky.contains(name(running.release)) && now - running.healthyAt >= .milliseconds(800)
                alarms.append(Self.status(Self.instance, watched, leaks, now, &place))
            }
            place.judgedSince =
                isSettled
                // The oldest period of a window has the time that the clock showed as it began.
                ? [
                    Self.service.name: SimulatedFleet.shown(at: now - Self.service.window, state),
                    Self.instance.name: SimulatedFleet.shown(at: now - Self.instance.window, state),
                ] : [:]
            return AlarmReadings(
                alarms: alarms, requests: place.requests, isSettled: isSettled, judgedSince: place.judgedSince,
                served: place.served)
        }
        return readings ?? AlarmReadings(isSettled: false)
    }

    /// How long the blocks of traffic are, of which the last half minute is remembered.
    static let block = Duration.milliseconds(50)
    private static let blocksKept = 600

    /// The traffic since it was looked at last: one request in a hundred faults, of what is worse four.
    private static func serve(
        _ serving: [SimulatedFleet.Running], _ place: inout SimulatedFleet.Place, _ state: SimulatedFleet.State,
        isWorse: (String) -> Bool
    ) {
        let length = block.milliseconds
        let end = Timestamp(milliseconds: state.now.milliseconds / length * length)
        var time = max(place.servedUntil ?? end, end - block * 40)
        let faults = Dictionary(serving.map { ($0.release, isWorse($0.release) ? 8 : 2) }, uniquingKeysWith: { $1 })
        while time < end {
            for running in serving.sorted(by: { $0.key < $1.key }) where running.healthyAt <= time {
                place.served.append(
                    ServedBlock(
                        start: time + state.clockShift, instance: running.key, release: running.release,
                        served: Served(requests: 200, faults: faults[running.release] ?? 2)))
            }
            time = time + block
        }
        place.servedUntil = end
        place.served.removeFirst(max(0, place.served.count - blocksKept))
    }

    private static func status(
        _ definition: AlarmDefinition, _ instance: WatchedInstance?, _ isOn: Bool, _ now: Timestamp,
        _ place: inout SimulatedFleet.Place
    ) -> AlarmStatus {
        let identity = AlarmIdentity(name: definition.name, instance: instance?.key)
        let state: AlarmState = isOn ? .alarm : .ok
        if place.since[identity]?.state != state { place.since[identity] = (state, now) }
        return AlarmStatus(
            name: definition.name, instance: instance?.slot, instanceKey: instance?.key, kind: definition.kind.name,
            severity: definition.severity, state: state, since: place.since[identity]?.since ?? now,
            value: Quantity(isOn ? 9 : 0, definition.threshold.unit), threshold: definition.threshold,
            comparison: definition.comparison, evidence: isOn ? "3 of 5" : "0 of 5")
    }
}
