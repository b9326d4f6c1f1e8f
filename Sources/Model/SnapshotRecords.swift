/// What stands in a snapshot: each field once, for reading and for writing.
///
/// The order is on disk. A new field goes to the end of its record, with `coder.added(&field)`, and has a first value.

extension EnvironmentState {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&stage)
            coder(&position)
            coder(&liveRelease)
            coder(&liveSince)
            coder(&liveDeployment)
            var good: [FormerGoodRelease] = []
            coder(&good)
            coder(&deployment)
            coder(&takenBack)
            coder(&pendingRollback)
            coder(&instances)
            coder(&alarms)
            coder(&highSeveritySince)
            coder(&highSeverityAlarms)
            coder(&hold)
            coder(&recentCrashes)
            coder(&problem)
            coder(&lastEvent)
            coder.added(&setApart)
            coder.added(&tenures)
            coder.added(&pendingLink)
            coder.added(&leftOutBy)
            coder.added(&trafficShift)
            coder.added(&keepOldUntil)
            coder.added(&frontFailure)
            coder.added(&handHold)
            coder.added(&instanceAlarmsSince)
            coder.added(&flag)
            coder.added(&flagSetting)
            coder.added(&frontDrift)
            if coder.isReading, tenures.all.isEmpty {
                tenures = Tenures(good.map { Tenure(version: $0.version, order: $0.order, provenAt: $0.since) })
            }
        }
        if coder.isReading { nameInstancesOfAlarms() }
    }

    /// Finds the instances that alarms of earlier versions are about, which knew them by their slots.
    private mutating func nameInstancesOfAlarms() {
        alarms = alarms.compactMap { status in
            guard let slot = status.instance, status.instanceKey == nil else { return status }
            guard let key = instance(slot)?.key else { return nil }
            var status = status
            status.instanceKey = key
            return status
        }
        guard let before = deployment?.alarmsOnBefore, !before.isEmpty else { return }
        let named = before.map { $0.scope == .service ? identity(ofAlarm: $0.name) : $0 }
        deployment?.alarmsOnBefore = Set(named)
    }
}

extension SetApart: SnapshotValue {
    static var blank: Self { Self(event: nil, reason: "") }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&event)
            coder(&reason)
        }
    }
}

/// What stood for a tenure before tenures were kept; nothing is written as one any more.
private struct FormerGoodRelease: SnapshotValue {
    var version = ""
    var order: Int64 = 0
    var since = Timestamp.blank
    static var blank: Self { Self() }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&version)
            coder(&order)
            coder(&since)
        }
    }
}

extension Tenures: SnapshotValue {
    static var blank: Self { Self() }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var list = all
        coder(&list)
        self = Tenures(list)
    }
}

extension Tenure: SnapshotValue {
    static var blank: Self { Self(version: "", order: 0) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&version)
            coder(&order)
            coder(&provenAt)
            coder(&doubt)
        }
    }
}

extension Doubt: SnapshotValue {
    static var blank: Self { Self(.leftByHand, since: .blank) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            var alarms: [String]?
            if case .alarms(let names) = cause { alarms = names }
            coder(&alarms)
            cause = alarms.map { .alarms($0) } ?? .leftByHand
            coder(&since)
            coder(&calmSince)
        }
    }
}

extension PendingLink: SnapshotValue {
    static var blank: Self { Self(release: "") }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&release)
            coder(&failure)
        }
    }
}

extension PendingRollback: SnapshotValue {
    static var blank: Self { Self(request: RollbackRequest(), actor: "", since: .blank) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&request.to)
            coder(&request.order)
            coder(&request.reason)
            coder(&actor)
            coder(&since)
            coder.added(&request.leaving)
        }
    }
}

extension Hold: SnapshotValue {
    static var blank: Self { Self(suspect: "", order: 0, reason: "", since: .blank) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&suspect)
            coder(&order)
            coder(&reason)
            coder(&since)
        }
    }
}

extension HandHold: SnapshotValue {
    static var blank: Self { Self(until: .person, reason: "", actor: "", since: .blank) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&until)
            coder(&reason)
            coder(&actor)
            coder(&since)
            coder.added(&deploys)
            coder.added(&came)
        }
    }
}

extension AwaitedRelease: SnapshotValue {
    static var blank: Self { Self(release: "", order: 0) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&release)
            coder(&order)
            coder(&revisions)
        }
    }
}

extension HoldEnd: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            var fields = HoldEndFields(self)
            var order = fields.order ?? 0
            coder(&fields.release)
            coder(&fields.newer)
            coder(&order)
            coder(&fields.commit)
            fields.order = order
            self = fields.end
        }
    }
}

extension Deployment: SnapshotValue {
    static var blank: Self {
        Self(
            id: 0, release: "", releaseOrder: 0, kind: .forward, trigger: .observed, actor: "", reason: nil,
            requestedAt: .blank, previousRelease: nil)
    }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&id)
            coder(&release)
            coder(&releaseOrder)
            coder(&kind)
            coder(&trigger)
            coder(&actor)
            coder(&reason)
            coder(&requestedAt)
            coder(&previousRelease)
            coder(&waitsForGate)
            coder(&gateOverride)
            coder(&startedAt)
            coder(&endedAt)
            var reached = phase
            coder(&reached)
            restore(phase: reached)
            var form = StrategyFields(strategy)
            coder(&form.kind)
            coder(&form.maxUnavailable)
            coder(&form.maxSurge)
            coder(&instances)
            var before = Set(alarmsOnBefore.filter { $0.scope == .service }.map(\.name))
            coder(&before)
            coder(&lastProgressAt)
            coder(&crashes)
            coder(&lastCrash)
            coder(&bake)
            coder(&alarms)
            coder(&outcome)
            var beforeOnInstances = alarmsOnBefore.filter { $0.scope == .instance }
            coder.added(&beforeOnInstances)
            alarmsOnBefore = beforeOnInstances.union(before.map { AlarmIdentity(name: $0) })
            coder.added(&preparingSince)
            coder.added(&mostServing)
            coder.added(&infrastructureFaults)
            coder.added(&lastInfrastructureFault)
            coder.added(&form.lasting)
            coder.added(&form.then)
            coder.added(&oneBox)
            coder.added(&revisions)
            coder.added(&judgement)
            coder.added(&form.flag)
            strategy = form.strategy
            coder.added(&flagFailure)
            coder.added(&comparedWith)
            coder.added(&comparison)
            coder.added(&sickInstances)
            coder.added(&shiftedEnd)
            coder.added(&shiftedStart)
        }
    }
}

extension ComparisonReference: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            var milliseconds = span.milliseconds
            coder(&release)
            coder(&milliseconds)
            span = .milliseconds(milliseconds)
            coder(&requests)
            coder(&faults)
            coder(&dispersion)
            coder(&bounds)
            coder(&counts)
            coder(&restlessness)
        }
    }
}

extension ReleaseComparison: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&outcome)
            coder(&measure)
            coder(&basis)
            coder(&with)
            coder(&new)
            coder(&old)
            coder(&instance)
            coder(&slot)
        }
    }
}

extension ComparedFigures: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&requests)
            coder(&faults)
            coder(&seconds)
        }
    }
}

extension RollbackJudgement: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            var fields = RollbackJudgementFields(self)
            coder(&fields.helped)
            coder(&fields.readings)
            coder(&fields.after)
            coder(&fields.reason)
            self = fields.judgement
        }
    }
}

extension OneBox: SnapshotValue {
    static var blank: Self { .passed }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            var until: Timestamp?
            if case .baking(let end) = self { until = end }
            coder(&until)
            self = until.map { .baking(until: $0) } ?? .passed
        }
    }
}

extension TrafficShift: SnapshotValue {
    static var blank: Self { Self(deployment: 0, release: "") }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&deployment)
            coder(&release)
        }
    }
}

extension FlagSwitch: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&flag)
            coder(&on)
            coder(&off)
        }
    }
}

extension FlagSetting: SnapshotValue {
    static var blank: Self { Self(deployment: 0, release: "", flag: .blank, side: .off) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&deployment)
            coder(&release)
            coder(&flag)
            coder(&side)
        }
    }
}

extension FlagStanding: SnapshotValue {
    static var blank: Self { Self(setting: .blank, previous: nil, since: .blank) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&setting)
            coder(&previous)
            coder(&since)
            coder(&drift)
        }
    }
}

extension FrontDrift: SnapshotValue {
    static var blank: Self { Self(findings: []) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in coder(&findings) }
    }
}

extension FrontDrift.Finding: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&found)
            coder(&wanted)
            coder(&movesTraffic)
            coder(&keptOut)
        }
    }
}

extension FlagReading: SnapshotValue {
    static var blank: Self { .unknown(reason: "") }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            var (found, reason): (String?, String?)
            switch self {
            case .variant(let variant): found = variant
            case .unknown(let why): reason = why
            }
            coder(&found)
            coder(&reason)
            self = found.map { .variant($0) } ?? .unknown(reason: reason ?? "")
        }
    }
}

extension AlarmIdentity: SnapshotValue {
    static var blank: Self { Self(name: "") }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&name)
            coder(&instance)
        }
    }
}

extension Deployment.Kind: SnapshotValue {
    static var blank: Self { .forward }
    mutating func visit(_ coder: inout SnapshotCoder) {
        var rollback: (takesBack: Int64?, suspect: String?)?
        if case .rollback(let takesBack, let suspect) = self { rollback = (takesBack, suspect) }
        var isRollback = rollback != nil
        coder(&isRollback)
        guard isRollback else {
            self = .forward
            return
        }
        var (takesBack, suspect) = rollback ?? (nil, nil)
        coder(&takesBack)
        coder(&suspect)
        self = .rollback(takesBack: takesBack, suspect: suspect)
    }
}

extension Bake: SnapshotValue {
    static var blank: Self { Self(startedAt: .blank, earliestEnd: .blank, latestEnd: .blank, minimumRequests: 0) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&startedAt)
            coder(&earliestEnd)
            coder(&latestEnd)
            coder(&minimumRequests)
            coder(&requests)
            coder(&extendedBecause)
            coder(&inconclusiveBecause)
            coder.added(&traffic)
        }
    }
}

extension BakeTraffic: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&usual)
            coder(&seen)
            coder(&isLow)
        }
    }
}

extension UsualTraffic: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&perMinute)
            coder(&days)
        }
    }
}

extension Instance: SnapshotValue {
    static var blank: Self { Self(slot: 0, release: "", key: 0, startedAt: .blank) }
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&slot)
            coder(&release)
            coder(&key)
            coder(&startedAt)
            coder(&stage)
            coder(&process)
            coder(&port)
            coder(&health)
            coder(&healthDetail)
            coder(&healthySince)
            coder.added(&unhealthySince)
            coder.added(&isStandingBy)
        }
    }
}

extension ProcessIdentity: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&pid)
            coder(&startTime)
            coder.added(&boot)
        }
    }
}

extension AlarmStatus: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&name)
            coder(&instance)
            coder(&kind)
            coder(&severity)
            coder(&state)
            coder(&since)
            coder(&value)
            coder(&threshold)
            coder(&comparison)
            coder(&evidence)
            coder.added(&instanceKey)
        }
    }
}

extension Quantity: SnapshotValue {
    mutating func visit(_ coder: inout SnapshotCoder) {
        coder.record { coder in
            coder(&value)
            coder(&unit)
        }
    }
}

// MARK: words

extension Trigger: SnapshotWord {
    static var blank: Self { .observed }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .person, 1: .automatic, 2: .pipeline, 3: .observed]
}

extension Phase: SnapshotWord {
    static var blank: Self { .cancelled }
    static let codes: KeyValuePairs<UInt8, Self> = [
        0: .pending, 1: .blocked, 2: .rollingOut, 3: .baking, 4: .succeeded, 5: .failed, 6: .rollingBack,
        7: .rolledBack, 8: .cancelled,
    ]
}

extension Strategy.Kind: SnapshotWord {
    static var blank: Self { .rolling }
    static let codes: KeyValuePairs<UInt8, Self> = [
        0: .rolling, 1: .allAtOnce, 2: .blueGreen, 3: .oneBox, 4: .flag,
    ]
}

extension FlagSide: SnapshotWord {
    static var blank: Self { .off }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .off, 1: .on]
}

extension ReleaseComparison.Outcome: SnapshotWord {
    static var blank: Self { .notTheRelease }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .worse, 1: .oneInstance, 2: .notTheRelease]
}

extension ReleaseComparison.Measure: SnapshotWord {
    static var blank: Self { .faults }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .faults, 1: .latency]
}

extension ReleaseComparison.Basis: SnapshotWord {
    static var blank: Self { .before }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .sameTime, 1: .before]
}

extension Instance.Stage: SnapshotWord {
    static var blank: Self { .stopping }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .starting, 1: .running, 2: .stopping]
}

extension Health: SnapshotWord {
    static var blank: Self { .unknown }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .unknown, 1: .healthy, 2: .unhealthy]
}

extension Severity: SnapshotWord {
    static var blank: Self { .low }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .low, 1: .medium, 2: .high]
}

extension AlarmState: SnapshotWord {
    static var blank: Self { .insufficientData }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .ok, 1: .alarm, 2: .insufficientData]
}

extension AlarmDefinition.Comparison: SnapshotWord {
    static var blank: Self { .above }
    static let codes: KeyValuePairs<UInt8, Self> = [0: .above, 1: .below]
}

extension Quantity.Unit: SnapshotWord {
    static var blank: Self { .count }
    static let codes: KeyValuePairs<UInt8, Self> = [
        0: .percent, 1: .seconds, 2: .bytes, 3: .count, 4: .perMinute, 5: .perSecond,
    ]
}
