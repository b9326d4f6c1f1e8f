/// How the values that events carry are stored: each field once, for reading and for writing.
///
/// A field that is added must be optional or say what it usually is, so that what was written before still reads.

extension EnvironmentAddress: StoredRecord {
    static var blank: Self { Self(application: "", environment: "") }
    mutating func visit(_ field: inout StoredFields) {
        field("application", &application)
        field("environment", &environment)
    }
}

extension Release: StoredRecord {
    static var blank: Self { Self(application: "", version: "", artifact: "") }
    mutating func visit(_ field: inout StoredFields) {
        field("application", &application)
        field("version", &version)
        field("revision", &revision)
        field("artifact", &artifact)
        field("digest", &digest)
        field("dependencies", &dependencies)
    }
}

extension Freeze: StoredRecord {
    static var blank: Self {
        Self(
            name: "", environments: "", from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: 0),
            untilInWords: "", reason: "")
    }
    mutating func visit(_ field: inout StoredFields) {
        field("name", &name)
        field("environments", &environments)
        field("from", &from)
        field("until", &until)
        field("zone", &zone)
        field("untilInWords", &untilInWords)
        field("reason", &reason)
    }
}

extension FrontDrift.Finding: StoredRecord {
    static var blank: Self { Self("", though: "", movesTraffic: false) }
    mutating func visit(_ field: inout StoredFields) {
        field("found", &found)
        field("wanted", &wanted)
        field("movesTraffic", &movesTraffic)
        field("keptOut", &keptOut, usually: [])
    }
}

extension HoldEnd: StoredRecord {
    static var blank: Self { .person }
    mutating func visit(_ field: inout StoredFields) {
        var fields = HoldEndFields(self)
        field("release", &fields.release)
        field("newerThan", &fields.newer)
        field("order", &fields.order)
        field("revision", &fields.commit)
        self = fields.end
    }
}

extension RollbackJudgement: StoredRecord {
    static var blank: Self { .untold(reason: "") }
    mutating func visit(_ field: inout StoredFields) {
        var fields = RollbackJudgementFields(self)
        field("helped", &fields.helped)
        field("readings", &fields.readings, usually: [])
        field("after", &fields.after)
        field("reason", &fields.reason)
        self = fields.judgement
    }
}

extension ComparisonReference: StoredRecord {
    static var blank: Self { Self(release: "", span: .zero, requests: [], faults: []) }
    mutating func visit(_ field: inout StoredFields) {
        field("release", &release)
        var milliseconds = span.milliseconds
        field("span", &milliseconds)
        span = .milliseconds(milliseconds)
        field("requests", &requests)
        field("faults", &faults)
        field("dispersion", &dispersion)
        field("bounds", &bounds, usually: [])
        field("counts", &counts, usually: [])
        field("restlessness", &restlessness)
    }
}

extension ReleaseComparison: StoredRecord {
    static var blank: Self {
        Self(outcome: .notTheRelease, measure: .faults, basis: .before, with: "", new: .blank, old: .blank)
    }
    mutating func visit(_ field: inout StoredFields) {
        field("outcome", &outcome)
        field("measure", &measure)
        field("basis", &basis)
        field("with", &with)
        field("new", &new)
        field("old", &old)
        field("instance", &instance)
        field("slot", &slot)
    }
}

extension ComparedFigures: StoredRecord {
    static var blank: Self { Self() }
    mutating func visit(_ field: inout StoredFields) {
        field("requests", &requests)
        field("faults", &faults)
        field("seconds", &seconds)
    }
}

extension UsualTraffic: StoredRecord {
    static var blank: Self { Self(perMinute: 0, days: 0) }
    mutating func visit(_ field: inout StoredFields) {
        field("perMinute", &perMinute)
        field("days", &days)
    }
}

extension BakeTraffic: StoredRecord {
    static var blank: Self { Self(usual: .blank) }
    mutating func visit(_ field: inout StoredFields) {
        field("usual", &usual)
        field("seen", &seen)
        field("isLow", &isLow)
    }
}

extension Strategy: StoredRecord {
    static var blank: Self { .rolling }
    mutating func visit(_ field: inout StoredFields) {
        var fields = StrategyFields(self)
        field("kind", &fields.kind)
        field("maxUnavailable", &fields.maxUnavailable)
        field("maxSurge", &fields.maxSurge)
        field("lasting", &fields.lasting)
        field("then", &fields.then)
        field("flag", &fields.flag)
        self = fields.strategy
    }
}

extension FlagSwitch: StoredRecord {
    static var blank: Self { Self(flag: "", on: "", off: "") }
    mutating func visit(_ field: inout StoredFields) {
        field("name", &flag)
        field("on", &on)
        field("off", &off)
    }
}

extension ProcessIdentity: StoredRecord {
    static var blank: Self { Self(pid: 0, startTime: 0) }
    mutating func visit(_ field: inout StoredFields) {
        field("pid", &pid)
        field("startTime", &startTime)
        field("boot", &boot)
    }
}

extension DeploymentRequest: StoredRecord {
    static var blank: Self { Self(release: "", releaseOrder: 0, trigger: .person) }
    mutating func visit(_ field: inout StoredFields) {
        field("release", &release)
        field("releaseOrder", &releaseOrder)
        field("trigger", &trigger)
        field("reason", &reason)
        field("waitsForGate", &waitsForGate)
        field("gateOverride", &gateOverride)
        field("revisions", &revisions, usually: [])
    }
}

extension RollbackRequest: StoredRecord {
    static var blank: Self { Self() }
    mutating func visit(_ field: inout StoredFields) {
        field("to", &to)
        field("order", &order)
        field("leaving", &leaving)
        field("reason", &reason)
    }
}

extension RollbackDecision: StoredRecord {
    static var blank: Self {
        Self(takesBack: nil, suspect: nil, to: "", order: 0, trigger: .automatic, reason: "", alarms: [])
    }
    mutating func visit(_ field: inout StoredFields) {
        field("takesBack", &takesBack)
        field("suspect", &suspect)
        field("to", &to)
        field("order", &order)
        field("trigger", &trigger)
        field("reason", &reason)
        field("alarms", &alarms)
        field("suspectOrder", &suspectOrder)
        field("blamesSuspect", &blamesSuspect)
        field("how", &how)
    }
}

extension Quantity: StoredRecord {
    static var blank: Self { Self(0, .count) }
    mutating func visit(_ field: inout StoredFields) {
        field("value", &value)
        field("unit", &unit)
    }
}

extension AlarmStatus: StoredRecord {
    static var blank: Self {
        Self(
            name: "", instance: nil, kind: "", severity: .low, state: .insufficientData,
            since: Timestamp(milliseconds: 0), value: nil, threshold: .blank, comparison: .above, evidence: "")
    }
    mutating func visit(_ field: inout StoredFields) {
        field("name", &name)
        field("instance", &instance)
        field("instanceKey", &instanceKey)
        field("kind", &kind)
        field("severity", &severity)
        field("state", &state)
        field("since", &since)
        // What is not finite is no data.
        if let reading = value, !reading.value.isFinite { value = nil }
        field("value", &value)
        field("threshold", &threshold)
        field("comparison", &comparison)
        field("evidence", &evidence)
    }
}

extension RollbackPlan.Step: StoredRecord {
    static var blank: Self { Self(address: .blank, to: "", order: 0) }
    mutating func visit(_ field: inout StoredFields) {
        field("address", &address)
        field("to", &to)
        field("order", &order)
        field("leaving", &leaving)
    }
}

extension RollbackPlan: StoredRecord {
    static var blank: Self { Self(waves: [], maxParallel: 1, reason: "") }
    mutating func visit(_ field: inout StoredFields) {
        field("waves", &waves)
        field("maxParallel", &maxParallel)
        field("reason", &reason)
        field("suspect", &suspect)
    }
}
