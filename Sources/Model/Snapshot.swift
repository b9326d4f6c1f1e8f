/// The folded state of an environment as bytes, so that ten thousand of them are read in milliseconds.
///
/// A snapshot is only a shortcut: it can always be made again from the events. Its first byte is the version of
/// its form; a reader that does not know it makes the state again from the events.
public enum Snapshot {
    public static let version: UInt8 = 2

    public static func encode(_ state: EnvironmentState) -> [UInt8] {
        var writer = SnapshotWriter()
        writer.byte(version)
        writer.text(state.stage)
        writer.number(Int64(state.position))
        writer.optional(state.liveRelease) { $0.text($1) }
        writer.optional(state.liveSince) { $0.time($1) }
        writer.optional(state.liveDeployment) { $0.number($1) }
        writer.list(state.goodReleases) {
            $0.text($1.version)
            $0.number($1.order)
            $0.time($1.since)
        }
        writer.optional(state.deployment) { $0.deployment($1) }
        writer.optional(state.takenBack) { $0.deployment($1) }
        writer.optional(state.pendingRollback) {
            $0.optional($1.request.to) { $0.text($1) }
            $0.number($1.request.order)
            $0.optional($1.request.reason) { $0.text($1) }
            $0.text($1.actor)
            $0.time($1.since)
        }
        writer.list(state.instances) { $0.instance($1) }
        writer.list(state.alarms) { $0.alarm($1) }
        writer.optional(state.highSeveritySince) { $0.time($1) }
        writer.list(state.highSeverityAlarms) { $0.text($1) }
        writer.optional(state.hold) {
            $0.text($1.suspect)
            $0.number($1.order)
            $0.text($1.reason)
            $0.time($1.since)
        }
        writer.list(state.recentCrashes) { $0.time($1) }
        writer.optional(state.problem) { $0.text($1) }
        writer.number(state.lastEvent)
        return writer.bytes
    }

    /// `nil` where the bytes are of another version or damaged.
    public static func decode(_ bytes: UnsafeRawBufferPointer, address: EnvironmentAddress) -> EnvironmentState? {
        var reader = SnapshotReader(bytes)
        guard reader.byte() == version else { return nil }
        var state = EnvironmentState(address: address)
        state.stage = reader.text()
        state.position = Int(reader.number())
        state.liveRelease = reader.optional { $0.text() }
        state.liveSince = reader.optional { $0.time() }
        state.liveDeployment = reader.optional { $0.number() }
        state.goodReleases = reader.list { GoodRelease(version: $0.text(), order: $0.number(), since: $0.time()) }
        state.deployment = reader.optional { $0.deployment() }
        state.takenBack = reader.optional { $0.deployment() }
        state.pendingRollback = reader.optional {
            PendingRollback(
                request: RollbackRequest(
                    to: $0.optional { $0.text() }, order: $0.number(), reason: $0.optional { $0.text() }),
                actor: $0.text(), since: $0.time())
        }
        state.instances = reader.list { $0.instance() }
        state.alarms = reader.list { $0.alarm() }
        state.highSeveritySince = reader.optional { $0.time() }
        state.highSeverityAlarms = reader.list { $0.text() }
        state.hold = reader.optional {
            Hold(suspect: $0.text(), order: $0.number(), reason: $0.text(), since: $0.time())
        }
        state.recentCrashes = reader.list { $0.time() }
        state.problem = reader.optional { $0.text() }
        state.lastEvent = reader.number()
        return reader.isIntact ? state : nil
    }
}

struct SnapshotWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }
    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }
    /// Zigzag and seven bits a byte, as in protocol buffers: small numbers are short.
    mutating func number(_ value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
    mutating func text(_ value: String) {
        let utf8 = value.utf8
        number(Int64(utf8.count))
        bytes.append(contentsOf: utf8)
    }
    /// A case as its place among all cases: reading one costs no text.
    mutating func word<Value: CaseIterable & Equatable>(_ value: Value) {
        byte(UInt8(Value.allCases.enumerated().first { $0.element == value }?.offset ?? 0))
    }
    mutating func time(_ value: Timestamp) { number(value.milliseconds) }
    mutating func real(_ value: Double) { number(Int64(bitPattern: value.bitPattern)) }
    mutating func optional<Value>(_ value: Value?, _ write: (inout SnapshotWriter, Value) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }
    mutating func list<Values: Collection>(
        _ values: Values, _ write: (inout SnapshotWriter, Values.Element) -> Void
    ) {
        number(Int64(values.count))
        for value in values { write(&self, value) }
    }

    mutating func deployment(_ value: Deployment) {
        number(value.id)
        text(value.release)
        number(value.releaseOrder)
        switch value.kind {
        case .forward: flag(false)
        case .rollback(let takesBack, let suspect):
            flag(true)
            optional(takesBack) { $0.number($1) }
            optional(suspect) { $0.text($1) }
        }
        word(value.trigger)
        text(value.actor)
        optional(value.reason) { $0.text($1) }
        time(value.requestedAt)
        optional(value.previousRelease) { $0.text($1) }
        flag(value.waitsForGate)
        optional(value.gateOverride) { $0.text($1) }
        optional(value.startedAt) { $0.time($1) }
        optional(value.endedAt) { $0.time($1) }
        word(value.phase)
        word(value.strategy.kind)
        number(Int64(value.strategy.maxUnavailable))
        number(Int64(value.strategy.maxSurge))
        number(Int64(value.instances))
        list(value.alarmsOnBefore.sorted()) { $0.text($1) }
        optional(value.lastProgressAt) { $0.time($1) }
        number(Int64(value.crashes))
        optional(value.lastCrash) { $0.text($1) }
        optional(value.bake) {
            $0.time($1.startedAt)
            $0.time($1.earliestEnd)
            $0.time($1.latestEnd)
            $0.number(Int64($1.minimumRequests))
            $0.number(Int64($1.requests))
            $0.optional($1.extendedBecause) { $0.text($1) }
            $0.optional($1.inconclusiveBecause) { $0.text($1) }
        }
        list(value.alarms) { $0.text($1) }
        optional(value.outcome) { $0.text($1) }
    }

    mutating func instance(_ value: Instance) {
        number(Int64(value.slot))
        text(value.release)
        number(value.key)
        time(value.startedAt)
        word(value.stage)
        optional(value.process) {
            $0.number(Int64($1.pid))
            $0.number(Int64(bitPattern: $1.startTime))
        }
        optional(value.port) { $0.number(Int64($1)) }
        word(value.health)
        optional(value.healthDetail) { $0.text($1) }
        optional(value.healthySince) { $0.time($1) }
    }

    mutating func alarm(_ value: AlarmStatus) {
        text(value.name)
        optional(value.instance) { $0.number(Int64($1)) }
        text(value.kind)
        word(value.severity)
        word(value.state)
        time(value.since)
        optional(value.value) { $0.quantity($1) }
        quantity(value.threshold)
        word(value.comparison)
        text(value.evidence)
    }

    mutating func quantity(_ value: Quantity) {
        real(value.value)
        word(value.unit)
    }
}

struct SnapshotReader {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private(set) var isIntact = true

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func byte() -> UInt8 {
        guard index < bytes.count else {
            isIntact = false
            return 0
        }
        defer { index += 1 }
        return bytes[index]
    }
    mutating func flag() -> Bool { byte() != 0 }
    mutating func number() -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = byte()
            guard isIntact, shift < 64 else {
                isIntact = false
                return 0
            }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { break }
            shift += 7
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
    mutating func text() -> String {
        let count = number()
        guard isIntact, count >= 0, count <= bytes.count - index else {
            isIntact = false
            return ""
        }
        defer { index += Int(count) }
        return String(decoding: bytes[index..<index + Int(count)], as: UTF8.self)
    }
    mutating func time() -> Timestamp { Timestamp(milliseconds: number()) }
    mutating func real() -> Double { Double(bitPattern: UInt64(bitPattern: number())) }
    mutating func optional<Value>(_ read: (inout SnapshotReader) -> Value) -> Value? {
        flag() && isIntact ? read(&self) : nil
    }
    mutating func list<Value>(_ read: (inout SnapshotReader) -> Value) -> [Value] {
        let count = number()
        guard isIntact, count >= 0, count <= bytes.count - index else {
            isIntact = false
            return []
        }
        var values: [Value] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count where isIntact { values.append(read(&self)) }
        return values
    }
    mutating func word<Value: CaseIterable>(_ fallback: Value) -> Value {
        let cases = Array(Value.allCases)
        let index = Int(byte())
        guard index < cases.count else {
            isIntact = false
            return fallback
        }
        return cases[index]
    }

    mutating func deployment() -> Deployment {
        let id = number()
        let release = text()
        let order = number()
        let kind: Deployment.Kind =
            flag()
            ? .rollback(takesBack: optional { $0.number() }, suspect: optional { $0.text() })
            : .forward
        let trigger = word(Trigger.observed)
        let actor = text()
        let reason = optional { $0.text() }
        let requestedAt = time()
        let previousRelease = optional { $0.text() }
        let waitsForGate = flag()
        let gateOverride = optional { $0.text() }
        var value = Deployment(
            id: id, release: release, releaseOrder: order, kind: kind, trigger: trigger, actor: actor, reason: reason,
            requestedAt: requestedAt, previousRelease: previousRelease, waitsForGate: waitsForGate,
            gateOverride: gateOverride)
        value.startedAt = optional { $0.time() }
        value.endedAt = optional { $0.time() }
        value.restore(phase: word(Phase.cancelled))
        value.strategy = Strategy(
            kind: word(Strategy.Kind.rolling), maxUnavailable: Int(number()), maxSurge: Int(number()))
        value.instances = Int(number())
        value.alarmsOnBefore = Set(list { $0.text() })
        value.lastProgressAt = optional { $0.time() }
        value.crashes = Int(number())
        value.lastCrash = optional { $0.text() }
        value.bake = optional {
            var bake = Bake(
                startedAt: $0.time(), earliestEnd: $0.time(), latestEnd: $0.time(), minimumRequests: Int($0.number()))
            bake.requests = Int($0.number())
            bake.extendedBecause = $0.optional { $0.text() }
            bake.inconclusiveBecause = $0.optional { $0.text() }
            return bake
        }
        value.alarms = list { $0.text() }
        value.outcome = optional { $0.text() }
        return value
    }

    mutating func instance() -> Instance {
        var value = Instance(slot: Int(number()), release: text(), key: number(), startedAt: time())
        value.stage = word(Instance.Stage.stopping)
        value.process = optional {
            ProcessIdentity(
                pid: Int32(truncatingIfNeeded: $0.number()), startTime: UInt64(bitPattern: $0.number()))
        }
        value.port = optional { Int($0.number()) }
        value.health = word(Health.unknown)
        value.healthDetail = optional { $0.text() }
        value.healthySince = optional { $0.time() }
        return value
    }

    mutating func alarm() -> AlarmStatus {
        AlarmStatus(
            name: text(), instance: optional { Int($0.number()) }, kind: text(), severity: word(Severity.low),
            state: word(AlarmState.insufficientData), since: time(), value: optional { $0.quantity() },
            threshold: quantity(), comparison: word(AlarmDefinition.Comparison.above), evidence: text())
    }

    mutating func quantity() -> Quantity { Quantity(real(), word(Quantity.Unit.count)) }
}
