/// Numbers, durations and events as people read them.

extension Duration {
    /// `250 ms`, `1.5 s`, `12 s`, `3 m`, `6 d 4 h`: how long something took, in the two largest units that matter, or
    /// two digits. What is smaller is cut off; a setting is told ``inFull``.
    public var inWords: String {
        let total = milliseconds
        if total < 0 { return "0 s" }
        if total < 1000 { return "\(total) ms" }
        if total < 10_000 { return "\(decimal(Double(total / 100) / 10)) s" }
        let seconds = total / 1000
        if seconds < 60 { return "\(seconds) s" }
        let minutes = seconds / 60
        if minutes < 60 {
            return seconds % 60 == 0 || minutes >= 10 ? "\(minutes) m" : "\(minutes) m \(seconds % 60) s"
        }
        let hours = minutes / 60
        if hours < 24 { return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) m" }
        return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
    }

    /// `1.5 s`, `25 m 30 s`, `1 d 2 h 3 m`: to the millisecond, as somebody set it.
    public var inFull: String {
        let total = max(0, milliseconds)
        if total < 1000 { return total == 0 ? "0 s" : "\(total) ms" }
        let units = [("d", total / 86_400_000), ("h", total / 3_600_000 % 24), ("m", total / 60_000 % 60)]
        var words = units.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
        let rest = total % 60_000
        if rest > 0 { words.append("\(decimal(Double(rest) / 1000, digits: 3)) s") }
        return words.joined(separator: " ")
    }

    /// An age that is told while it grows: it stands still for a second.
    public var wholeSeconds: Duration { .milliseconds(milliseconds / 1000 * 1000) }
}

/// `1 instance`, `4 instances`: a number with the noun that it counts.
public func counted(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? "\(noun)s")"
}

/// `value` with at most `digits` digits after the point, without trailing zeros.
public func decimal(_ value: Double, digits: Int = 1) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return value.isNaN ? "?" : value < 0 ? "-∞" : "∞" }
    var scale: Int64 = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int64((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let fraction = scaled % scale
    guard digits > 0, fraction != 0 else { return "\(sign)\(scaled / scale)" }
    var text = padded(Int(fraction), digits)
    while text.hasSuffix("0") { text.removeLast() }
    return "\(sign)\(scaled / scale).\(text)"
}

extension Quantity: CustomStringConvertible {
    public var description: String {
        switch unit {
        case .percent: return "\(decimal(value)) %"
        case .seconds:
            if value < 1 { return "\(decimal(value * 1000, digits: value < 0.01 ? 1 : 0)) ms" }
            return "\(decimal(value, digits: 2)) s"
        case .bytes:
            let units = ["B", "KiB", "MiB", "GiB", "TiB"]
            var scaled = value
            var index = 0
            while abs(scaled) >= 1024, index < units.count - 1 {
                scaled /= 1024
                index += 1
            }
            return "\(decimal(scaled, digits: scaled < 10 ? 1 : 0)) \(units[index])"
        case .count: return decimal(value)
        case .perMinute: return "\(decimal(value))/min"
        case .perSecond: return "\(decimal(value))/s"
        }
    }
}

extension AlarmStatus {
    /// `5.2 %`, or `2 alerts firing`; `nil` where it has no value.
    public var valueInWords: String? {
        guard let value else { return nil }
        guard kind == AlarmKind.alert.name else { return "\(value)" }
        return value.value > 0 ? "\(counted(Int(nearest: value.value), "alert")) firing" : "no alert firing"
    }

    /// `5.2 % > 1 %`, or `no data`.
    public var condition: String {
        guard let value else { return state == .insufficientData ? evidenceOfNothing : "no data" }
        if kind == AlarmKind.alert.name, let words = valueInWords { return words }
        let sign: String
        if comparison == .above {
            sign = value.value > threshold.value ? ">" : "≤"
        } else {
            sign = value.value < threshold.value ? "<" : "≥"
        }
        return "\(value) \(sign) \(threshold)"
    }

    /// `no data`, and what is missing where that is known.
    private var evidenceOfNothing: String { note.map { "no data: \($0)" } ?? "no data" }

    /// `faults 5.2 % > 1 % (3 of 5)`.
    public var sentence: String { "\(label) \(condition) (\(evidence))" }
}

extension Event {
    /// One sentence for people.
    public var summary: String { body.summary(actor: actor, application: application) }
}

extension EventBody {
    func summary(actor: String, application: String?) -> String {
        switch self {
        case .leaderChanged(let holder): "\(holder) acts from now on"
        case .ledgerReserveUsed(let bytes, let left):
            "the disk of the ledger is full: \(Self.size(bytes)) of the reserve are used, "
                + (left > 0 ? "\(Self.size(left)) are left" : "and nothing is left of it") + "; free some space"
        case .ledgerReserveMade(let bytes):
            "there is room on the disk of the ledger again"
                + (bytes > 0 ? "; \(Self.size(bytes)) of it are kept in reserve" : "")
        case .environmentDeclared(let stage, _): "environment configured, stage \(stage)"
        case .environmentRemoved(let configuration):
            configuration.map { "set aside: not in the configuration \($0)" } ?? "environment no longer configured"
        case .releaseRegistered(let release): "release \(release.version) registered by \(actor)"
        case .releaseMarked(let release, let verdict, let reason):
            "\(release) marked \(verdict.rawValue) by \(actor): \(reason)"
        case .deploymentRequested(let request):
            "deployment of \(request.release) asked for by \(actor)\(because(request.reason))"
        case .deploymentBlocked(let deployment, let reasons):
            "#\(deployment) blocked: \(reasons.joined(separator: "; "))"
        case .gateOverridden(let deployment, let reasons, let reason):
            "#\(deployment) goes past the closed gate, as \(actor) wants it: \(reason) (\(reasons.joined(separator: "; ")))"
        case .deploymentStarted(let deployment, let release, let strategy, let instances, _):
            "#\(deployment) rolling out \(release) to \(counted(instances, "instance")), "
                + (strategy == .rolling ? "one after the other" : strategy.inWords)
        case .rollbackRequested(let request):
            "rollback\(request.leaving.map { " from \($0)" } ?? "") to \(request.to ?? "last good") asked for by \(actor)\(because(request.reason))"
        case .rollbackRefused(let reason): "rollback refused: \(reason)"
        case .rollbackDecided(let decision):
            "decided \(decision.trigger.inWords): roll back\(decision.suspect.map { " from \($0)" } ?? "") to "
                + "\(decision.to): \(decision.reason)" + (decision.how.map { "; \($0)" } ?? "")
        case .preparationStarted(let deployment, let release):
            "#\(deployment) fetching and unpacking \(release)"
        case .bakeStarted(let deployment, let release, _, _, let minimum):
            "#\(deployment) \(release) is live and baking"
                + (minimum > 0 ? ", needs \(counted(minimum, "request"))" : "")
        case .bakeProgressed(let deployment, let requests):
            "#\(deployment) served \(counted(requests, "request")) while baking"
        case .bakeExtended(let deployment, _, let reason): "#\(deployment) bakes for longer: \(reason)"
        case .bakeTrafficNoted(let deployment, let release, let traffic):
            traffic.isLow
                ? "#\(deployment) \(release) bakes with too little: \(traffic.inWords)"
                : "#\(deployment) \(traffic.inWords), by \(counted(traffic.usual.days, "day"))"
        case .bakeInconclusive(let deployment, let reason):
            "#\(deployment) cannot be judged, a person decides: \(reason)"
        case .deploymentEnded(let deployment, let release, let phase, let reason):
            "#\(deployment) \(release) \(phase.inWords): \(reason)"
        case .instanceStarting(let slot, let release, let standsBy):
            "instance #\(slot) starting on \(release)" + (standsBy ? ", to stand by" : "")
        case .instanceStarted(let slot, let process, let port, let isAdopted):
            "instance #\(slot) \(isAdopted ? "found running" : "started"): process \(process.pid), port \(port)"
        case .instanceStartFailed(let slot, let reason, _): "instance #\(slot) did not start: \(reason)"
        case .instanceHealthChanged(let slot, let health, let detail):
            "instance #\(slot) \(health == .unknown ? "not healthy yet" : health.rawValue)"
                + (detail.map { ": \($0)" } ?? "")
        case .instanceExited(let slot, let reason): "instance #\(slot) ended by itself: \(reason)"
        case .instanceStopping(let slot, nil): "instance #\(slot) stopping"
        case .instanceStopping(let slot, let reason?): "instance #\(slot) is replaced: \(reason)"
        case .instanceStopped(let slot): "instance #\(slot) stopped"
        case .instanceReplaced(_, let slot, let release, let previous, let done, let total):
            "instance #\(slot) on \(previous) replaced by \(release), \(done) of \(total)"
        case .oneBoxStarted(let deployment, let release, _):
            "#\(deployment) one instance of \(release) serves and bakes before the others follow"
        case .oneBoxPassed(let deployment, let release):
            "#\(deployment) the one instance of \(release) has gone well; the others follow"
        case .trafficShifting(let deployment, let release, _):
            "#\(deployment) all requests are to go to \(release)"
        case .trafficShifted(let deployment, let release): "#\(deployment) all requests go to \(release)"
        case .frontFailed(let reason): reason
        case .frontRestored: "the front sends requests where they are to go again"
        case .frontDrifted(let drift): drift.inWords
        case .frontSetRight(let how): "the front is as it is to be again: \(how)"
        case .flagSetting(let setting):
            "#\(setting.deployment) flag \(setting.flag.flag) is to go to \(setting.variant) (\(setting.side)), for \(setting.release)"
        case .flagSet(let setting, let note):
            "#\(setting.deployment) flag \(setting.flag.flag) is at \(setting.variant) (\(setting.side)), for \(setting.release)"
                + (note.map { "; \($0)" } ?? "")
        case .flagFailed(_, let reason): reason
        case .flagDrifted(let flag, let wanted, .variant(let found)):
            "somebody else has set flag \(flag) to \(found); it was set to \(wanted)"
        case .flagDrifted(let flag, let wanted, .unknown(let reason)):
            "flag \(flag), which was set to \(wanted), cannot be read any more: \(reason)"
        case .flagRestored(let flag, let variant): "flag \(flag) is at \(variant) again"
        case .releaseSwitched(_, let release): "\(release) is live"
        case .releaseLinkFailed(let release, let reason):
            "\(release) serves, but the link `current` does not point to it: \(reason)"
        case .releaseLinked(let release): "the link `current` points to \(release)"
        case .releaseCleared(let release, let reason): "\(release) is good again: \(reason)"
        case .rollbackJudged(let deployment, _, let judgement): "#\(deployment) \(judgement.inWords)"
        case .comparisonBegun(let deployment, let release, let reference):
            "#\(deployment) \(release) is compared with \(reference.release), as that did in the last \(reference.span.inWords)"
        case .releaseCompared(let deployment, let release, let comparison):
            "#\(deployment) \(comparison.inWords(release))"
        case .targetTold(let deployment, let release, _): "#\(deployment) noted how \(release) is run"
        case .clockSet(let shift):
            "the machine's clock was set \(shift < .zero ? "back" : "forward") by "
                + "\(Duration.seconds(abs(shift.inSeconds.rounded())).inWords); what is under way counts the time that passed"
        case .alarmChanged(let status): alarmSummary(status)
        case .alarmRemoved(let name, let scope):
            "alarm \(name) is no longer configured" + (scope == .instance ? " for instances" : "")
        case .highSeverityChanged(let isOn, let alarms):
            isOn ? "high alarms are on: \(alarms.joined(separator: ", "))" : "all high alarms are over"
        case .instanceAlarmsChanged(let isOn, let alarms):
            isOn
                ? "instances of the live release are in alarm: \(alarms.joined(separator: ", "))"
                : "the alarms of instances are over"
        case .holdPlaced(let suspect, _, _): "held: only a release registered after \(suspect) gets in"
        case .holdPlacedByHand(let until, let reason, let deploys):
            "held by \(actor) \(until.inWords(deploys: deploys)): \(reason)"
        case .awaitedReleaseCame(let came):
            "\(came.release) came, for which it is held: it is deployed as soon as nothing else is under way"
        case .holdLifted(let reason, let which):
            which == .all ? "holds lifted by \(actor): \(reason)" : "hold lifted: \(reason)"
        case .freezeAdded(let freeze):
            "\(freeze.environments) frozen by \(actor) until \(freeze.untilInWords), \(freeze.name): \(freeze.reason)"
        case .freezeRemoved(let name, let reason): "freeze \(name) taken away by \(actor)\(because(reason))"
        case .problemNoted(let reason): reason
        case .planMade(let plan):
            "plan made by \(actor): \(counted(plan.steps.count, "environment")) in \(counted(plan.waves.count, "wave")): \(plan.reason)"
        case .planStepStarted(let plan, let address): "plan #\(plan): \(address) begun"
        case .planStepEnded(let plan, let address, .done): "plan #\(plan): \(address) done"
        case .planStepEnded(let plan, let address, .failed(let reason)):
            "plan #\(plan): \(address) failed: \(reason)"
        case .planStepEnded(let plan, let address, .overtaken(let overtaking)):
            "plan #\(plan): \(address) was \(overtaking) and is left as it is"
        case .planPaused(let plan): "plan #\(plan) paused by \(actor)"
        case .planStopped(let plan, let reason): "plan #\(plan) stopped: \(reason)"
        case .planResumed(let plan): "plan #\(plan) resumed by \(actor)"
        case .planAborted(let plan, let reason): "plan #\(plan) aborted by \(actor): \(reason)"
        case .planDone(let plan): "plan #\(plan) done"
        case .unknown(let kind, _): "event of a kind this version does not know: \(kind)"
        }
    }

    private static func size(_ bytes: Int) -> String { Quantity(Double(bytes), .bytes).description }

    private func because(_ reason: String?) -> String { reason.map { ": \($0)" } ?? "" }

    private func alarmSummary(_ status: AlarmStatus) -> String {
        switch status.state {
        case .ok: "alarm \(status.label) is ok\(status.valueInWords.map { ": \($0)" } ?? "")"
        case .alarm: "alarm \(status.label) is on: \(status.condition) (\(status.evidence))"
        case .insufficientData: "alarm \(status.label) has \(status.value == nil ? status.condition : "no data")"
        }
    }
}

extension Strategy.Kind {
    public var inWords: String {
        switch self {
        case .rolling: "rolling"
        case .allAtOnce: "all at once"
        case .blueGreen: "blue/green"
        case .oneBox: "one box first"
        case .flag: "by flag"
        }
    }
}

extension Strategy {
    /// `rolling`, `blue/green`, `one box for 5 m, then all at once`, `by flag new-checkout`.
    public var inWords: String {
        switch self {
        case .exchange, .blueGreen: kind.inWords
        case .oneBox(let bake, let then): "one box for \(bake.inFull), then \(Strategy.exchange(then).inWords)"
        case .flag(let flag, _): "by flag \(flag.flag)"
        }
    }
}

extension Trigger {
    /// Whose doing it was, behind “decided”.
    public var inWords: String {
        switch self {
        case .person: "as a person asked"
        case .automatic: "automatically"
        case .pipeline: "as a pipeline asked"
        case .observed: "outside lastgood"
        }
    }
}
