/// How events are stored: `{"KIND":{"FIELD":…}}`, a body of one unnamed value under `_0`.
///
/// The form is on disk in every ledger: a field is never renamed, and one that is added may be absent
/// (`try field.read("later") ?? false`). A new kind needs a line in each of the two switches, and a sample with its
/// golden JSON in the tests.

extension EventBody {
    /// What the ledger stores; ``init(kind:stored:)`` reads it.
    public var stored: String {
        if case .unknown(_, let stored) = self { return stored }
        return StoredJSON.object([StoredJSON.Member(name: kind, value: details)]).description
    }

    /// Reads what ``stored`` made, without the secrets that ledgers of before hold.
    ///
    /// A kind that this version does not know, and a body that it cannot read, is kept as ``unknown(kind:stored:)``:
    /// whoever reads a ledger goes on.
    public init(kind: String, stored: String) {
        do throws(StoredJSONFault) {
            var json = try StoredJSON(parsing: stored)
            if Secrets.mayBe(inJSON: stored) { json = json.withoutSecrets() }
            guard let details = json[kind], let body = try Self.read(kind, StoredFields(details)) else {
                self = .unknown(kind: kind, stored: stored)
                return
            }
            self = body
        } catch { self = .unknown(kind: kind, stored: stored) }
    }

    /// Whether this version has a case for a kind, whatever its fields hold.
    public static func knows(_ kind: String) -> Bool {
        do throws(StoredJSONFault) { return try read(kind, StoredFields(.object([]))) != nil } catch { return true }
    }

    /// The values that it carries, as an object.
    public var details: StoredJSON {
        if case .unknown(let kind, let stored) = self {
            return (try? StoredJSON(parsing: stored))?[kind] ?? .object([])
        }
        return .object(fields.map { StoredJSON.Member(name: $0.key, value: $0.value.stored) })
    }

    private var fields: KeyValuePairs<String, any StoredValue> {
        switch self {
        case .leaderChanged(let holder): ["holder": holder]
        case .ledgerReserveUsed(let bytes, let left): ["bytes": bytes, "left": left]
        case .ledgerReserveMade(let bytes): ["bytes": bytes]
        case .environmentDeclared(let stage, let position): ["stage": stage, "position": position]
        case .environmentRemoved(let configuration): ["configuration": configuration]
        case .releaseRegistered(let release): ["_0": release]
        case .releaseMarked(let release, let verdict, let reason):
            ["release": release, "verdict": verdict, "reason": reason]
        case .deploymentRequested(let request): ["_0": request]
        case .deploymentBlocked(let deployment, let reasons): ["deployment": deployment, "reasons": reasons]
        case .gateOverridden(let deployment, let reasons, let reason):
            ["deployment": deployment, "reasons": reasons, "reason": reason]
        case .deploymentStarted(let deployment, let release, let strategy, let instances, let alarmsOnBefore):
            [
                "deployment": deployment, "release": release, "strategy": strategy, "instances": instances,
                "alarmsOnBefore": alarmsOnBefore,
            ]
        case .rollbackRequested(let request): ["_0": request]
        case .rollbackRefused(let reason): ["reason": reason]
        case .rollbackDecided(let decision): ["_0": decision]
        case .preparationStarted(let deployment, let release): ["deployment": deployment, "release": release]
        case .bakeStarted(let deployment, let release, let endsAt, let latestEnd, let minimumRequests):
            [
                "deployment": deployment, "release": release, "endsAt": endsAt, "latestEnd": latestEnd,
                "minimumRequests": minimumRequests,
            ]
        case .bakeProgressed(let deployment, let requests): ["deployment": deployment, "requests": requests]
        case .bakeExtended(let deployment, let endsAt, let reason):
            ["deployment": deployment, "endsAt": endsAt, "reason": reason]
        case .bakeTrafficNoted(let deployment, let release, let traffic):
            ["deployment": deployment, "release": release, "traffic": traffic]
        case .bakeInconclusive(let deployment, let reason): ["deployment": deployment, "reason": reason]
        case .deploymentEnded(let deployment, let release, let phase, let reason):
            ["deployment": deployment, "release": release, "phase": phase, "reason": reason]
        case .instanceStarting(let slot, let release, let standsBy):
            ["slot": slot, "release": release, "standsBy": standsBy ? true : nil as Bool?]
        case .instanceStarted(let slot, let process, let port, let isAdopted):
            ["slot": slot, "process": process, "port": port, "isAdopted": isAdopted]
        case .instanceStartFailed(let slot, let reason, let isInfrastructure):
            ["slot": slot, "reason": reason, "isInfrastructure": isInfrastructure ? true : nil as Bool?]
        case .instanceHealthChanged(let slot, let health, let detail):
            ["slot": slot, "health": health, "detail": detail]
        case .instanceExited(let slot, let reason): ["slot": slot, "reason": reason]
        case .instanceStopping(let slot, let reason): ["slot": slot, "reason": reason]
        case .instanceStopped(let slot): ["slot": slot]
        case .instanceReplaced(let deployment, let slot, let release, let previousRelease, let done, let total):
            [
                "deployment": deployment, "slot": slot, "release": release, "previousRelease": previousRelease,
                "done": done, "of": total,
            ]
        case .oneBoxStarted(let deployment, let release, let endsAt):
            ["deployment": deployment, "release": release, "endsAt": endsAt]
        case .oneBoxPassed(let deployment, let release): ["deployment": deployment, "release": release]
        case .trafficShifting(let deployment, let release, let keepUntil):
            ["deployment": deployment, "release": release, "keepUntil": keepUntil]
        case .trafficShifted(let deployment, let release): ["deployment": deployment, "release": release]
        case .frontFailed(let reason): ["reason": reason]
        case .frontRestored: [:]
        case .frontDrifted(let drift): ["findings": drift.findings]
        case .frontSetRight(let how): ["how": how]
        case .flagSetting(let setting): Self.fields(setting)
        case .flagSet(let setting, let note): Self.fields(setting, note: note)
        case .flagFailed(let setting, let reason): Self.fields(setting, reason: reason)
        case .flagDrifted(let flag, let wanted, .variant(let found)):
            ["flag": flag, "wanted": wanted, "found": found]
        case .flagDrifted(let flag, let wanted, .unknown(let reason)):
            ["flag": flag, "wanted": wanted, "reason": reason]
        case .flagRestored(let flag, let variant): ["flag": flag, "variant": variant]
        case .releaseSwitched(let deployment, let release): ["deployment": deployment, "release": release]
        case .releaseLinkFailed(let release, let reason): ["release": release, "reason": reason]
        case .releaseLinked(let release): ["release": release]
        case .releaseCleared(let release, let reason): ["release": release, "reason": reason]
        case .rollbackJudged(let deployment, let left, let judgement):
            ["deployment": deployment, "left": left, "judgement": judgement]
        case .comparisonBegun(let deployment, let release, let reference):
            ["deployment": deployment, "release": release, "reference": reference]
        case .releaseCompared(let deployment, let release, let comparison):
            ["deployment": deployment, "release": release, "comparison": comparison]
        case .targetTold(let deployment, let release, let settings):
            ["deployment": deployment, "release": release, "settings": settings]
        case .clockSet(let shift): ["milliseconds": shift.milliseconds]
        case .alarmChanged(let status): ["_0": status]
        case .alarmRemoved(let name, let scope): ["name": name, "scope": scope]
        case .highSeverityChanged(let isOn, let alarms), .instanceAlarmsChanged(let isOn, let alarms):
            ["isOn": isOn, "alarms": alarms]
        case .holdPlaced(let suspect, let order, let reason): ["suspect": suspect, "order": order, "reason": reason]
        case .holdPlacedByHand(let until, let reason, let deploys):
            ["until": until, "reason": reason, "deploys": deploys ? true : nil as Bool?]
        case .awaitedReleaseCame(let came):
            [
                "release": came.release, "order": came.order,
                "revisions": came.revisions.isEmpty ? nil : came.revisions as [String]?,
            ]
        case .holdLifted(let reason, let which):
            ["reason": reason, "which": which == .afterRollback ? nil : which as LiftedHolds?]
        case .freezeAdded(let freeze): ["_0": freeze]
        case .freezeRemoved(let name, let reason): ["name": name, "reason": reason]
        case .problemNoted(let reason): ["reason": reason]
        case .planMade(let plan): ["_0": plan]
        case .planStepStarted(let plan, let address): ["plan": plan, "address": address]
        case .planStepEnded(let plan, let address, let ending):
            ["plan": plan, "address": address, "failure": ending.failure, "overtaken": ending.overtaking]
        case .planPaused(let plan): ["plan": plan]
        case .planStopped(let plan, let reason): ["plan": plan, "reason": reason]
        case .planResumed(let plan): ["plan": plan]
        case .planAborted(let plan, let reason): ["plan": plan, "reason": reason]
        case .planDone(let plan): ["plan": plan]
        // Kept as it came.
        case .unknown: [:]
        }
    }

    private static func fields(
        _ setting: FlagSetting, note: String? = nil, reason: String? = nil
    ) -> KeyValuePairs<String, any StoredValue> {
        [
            "deployment": setting.deployment, "release": setting.release, "flag": setting.flag.flag,
            "on": setting.flag.on, "off": setting.flag.off, "side": setting.side, "note": note, "reason": reason,
        ]
    }

    private static func setting(_ field: StoredFields) throws(StoredJSONFault) -> FlagSetting {
        FlagSetting(
            deployment: try field.read("deployment"), release: try field.read("release"),
            flag: FlagSwitch(flag: try field.read("flag"), on: try field.read("on"), off: try field.read("off")),
            side: try field.read("side"))
    }

    private static func reading(_ field: StoredFields) throws(StoredJSONFault) -> FlagReading {
        if let found: String = try field.read("found") { return .variant(found) }
        return .unknown(reason: try field.read("reason"))
    }

    /// `nil` where the kind is not known.
    private static func read(_ kind: String, _ field: StoredFields) throws(StoredJSONFault) -> EventBody? {
        switch kind {
        case "leaderChanged": .leaderChanged(holder: try field.read("holder"))
        case "ledgerReserveUsed": .ledgerReserveUsed(bytes: try field.read("bytes"), left: try field.read("left"))
        case "ledgerReserveMade": .ledgerReserveMade(bytes: try field.read("bytes"))
        case "environmentDeclared":
            .environmentDeclared(stage: try field.read("stage"), position: try field.read("position"))
        case "environmentRemoved": .environmentRemoved(configuration: try field.read("configuration"))
        case "releaseRegistered": .releaseRegistered(try field.read("_0"))
        case "releaseMarked":
            .releaseMarked(
                release: try field.read("release"), verdict: try field.read("verdict"),
                reason: try field.read("reason"))
        case "deploymentRequested": .deploymentRequested(try field.read("_0"))
        case "deploymentBlocked":
            .deploymentBlocked(deployment: try field.read("deployment"), reasons: try field.read("reasons"))
        case "gateOverridden":
            .gateOverridden(
                deployment: try field.read("deployment"), reasons: try field.read("reasons"),
                reason: try field.read("reason"))
        case "deploymentStarted":
            .deploymentStarted(
                deployment: try field.read("deployment"), release: try field.read("release"),
                strategy: try field.read("strategy"), instances: try field.read("instances"),
                alarmsOnBefore: try field.read("alarmsOnBefore"))
        case "rollbackRequested": .rollbackRequested(try field.read("_0"))
        case "rollbackRefused": .rollbackRefused(reason: try field.read("reason"))
        case "rollbackDecided": .rollbackDecided(try field.read("_0"))
        case "preparationStarted":
            .preparationStarted(deployment: try field.read("deployment"), release: try field.read("release"))
        case "bakeStarted":
            .bakeStarted(
                deployment: try field.read("deployment"), release: try field.read("release"),
                endsAt: try field.read("endsAt"), latestEnd: try field.read("latestEnd"),
                minimumRequests: try field.read("minimumRequests"))
        case "bakeProgressed":
            .bakeProgressed(deployment: try field.read("deployment"), requests: try field.read("requests"))
        case "bakeExtended":
            .bakeExtended(
                deployment: try field.read("deployment"), endsAt: try field.read("endsAt"),
                reason: try field.read("reason"))
        case "bakeTrafficNoted":
            .bakeTrafficNoted(
                deployment: try field.read("deployment"), release: try field.read("release"),
                traffic: try field.read("traffic"))
        case "bakeInconclusive":
            .bakeInconclusive(deployment: try field.read("deployment"), reason: try field.read("reason"))
        case "deploymentEnded":
            .deploymentEnded(
                deployment: try field.read("deployment"), release: try field.read("release"),
                phase: try field.read("phase"), reason: try field.read("reason"))
        case "instanceStarting":
            .instanceStarting(
                slot: try field.read("slot"), release: try field.read("release"),
                standsBy: try field.read("standsBy") ?? false)
        case "instanceStarted":
            .instanceStarted(
                slot: try field.read("slot"), process: try field.read("process"), port: try field.read("port"),
                isAdopted: try field.read("isAdopted"))
        case "instanceStartFailed":
            .instanceStartFailed(
                slot: try field.read("slot"), reason: try field.read("reason"),
                isInfrastructure: try field.read("isInfrastructure") ?? false)
        case "instanceHealthChanged":
            .instanceHealthChanged(
                slot: try field.read("slot"), health: try field.read("health"), detail: try field.read("detail"))
        case "instanceExited": .instanceExited(slot: try field.read("slot"), reason: try field.read("reason"))
        case "instanceStopping":
            .instanceStopping(slot: try field.read("slot"), reason: try field.read("reason"))
        case "instanceStopped": .instanceStopped(slot: try field.read("slot"))
        case "instanceReplaced":
            .instanceReplaced(
                deployment: try field.read("deployment"), slot: try field.read("slot"),
                release: try field.read("release"), previousRelease: try field.read("previousRelease"),
                done: try field.read("done"), of: try field.read("of"))
        case "oneBoxStarted":
            .oneBoxStarted(
                deployment: try field.read("deployment"), release: try field.read("release"),
                endsAt: try field.read("endsAt"))
        case "oneBoxPassed":
            .oneBoxPassed(deployment: try field.read("deployment"), release: try field.read("release"))
        case "trafficShifting":
            .trafficShifting(
                deployment: try field.read("deployment"), release: try field.read("release"),
                keepUntil: try field.read("keepUntil"))
        case "trafficShifted":
            .trafficShifted(deployment: try field.read("deployment"), release: try field.read("release"))
        case "frontFailed": .frontFailed(reason: try field.read("reason"))
        case "frontRestored": .frontRestored
        case "frontDrifted":
            FrontDrift(try field.read("findings", as: [FrontDrift.Finding].self)).map { .frontDrifted($0) }
        case "frontSetRight": .frontSetRight(how: try field.read("how"))
        case "flagSetting": .flagSetting(try setting(field))
        case "flagSet": .flagSet(try setting(field), note: try field.read("note"))
        case "flagFailed": .flagFailed(try setting(field), reason: try field.read("reason"))
        case "flagDrifted":
            .flagDrifted(
                flag: try field.read("flag"), wanted: try field.read("wanted"),
                found: try reading(field))
        case "flagRestored": .flagRestored(flag: try field.read("flag"), variant: try field.read("variant"))
        case "releaseSwitched":
            .releaseSwitched(deployment: try field.read("deployment"), release: try field.read("release"))
        case "releaseLinkFailed":
            .releaseLinkFailed(release: try field.read("release"), reason: try field.read("reason"))
        case "releaseLinked": .releaseLinked(release: try field.read("release"))
        case "releaseCleared":
            .releaseCleared(release: try field.read("release"), reason: try field.read("reason"))
        case "rollbackJudged":
            .rollbackJudged(
                deployment: try field.read("deployment"), left: try field.read("left"),
                judgement: try field.read("judgement"))
        case "comparisonBegun":
            .comparisonBegun(
                deployment: try field.read("deployment"), release: try field.read("release"),
                reference: try field.read("reference"))
        case "releaseCompared":
            .releaseCompared(
                deployment: try field.read("deployment"), release: try field.read("release"),
                comparison: try field.read("comparison"))
        case "targetTold":
            .targetTold(
                deployment: try field.read("deployment"), release: try field.read("release"),
                settings: try field.read("settings"))
        case "clockSet": .clockSet(by: .milliseconds(try field.read("milliseconds") as Int64))
        case "alarmChanged": .alarmChanged(try field.read("_0"))
        case "alarmRemoved": .alarmRemoved(name: try field.read("name"), scope: try field.read("scope"))
        case "highSeverityChanged":
            .highSeverityChanged(isOn: try field.read("isOn"), alarms: try field.read("alarms"))
        case "instanceAlarmsChanged":
            .instanceAlarmsChanged(isOn: try field.read("isOn"), alarms: try field.read("alarms"))
        case "holdPlaced":
            .holdPlaced(
                suspect: try field.read("suspect"), order: try field.read("order"), reason: try field.read("reason"))
        case "holdPlacedByHand":
            .holdPlacedByHand(
                until: try field.read("until"), reason: try field.read("reason"),
                deploys: try field.read("deploys") ?? false)
        case "awaitedReleaseCame":
            .awaitedReleaseCame(
                AwaitedRelease(
                    release: try field.read("release"), order: try field.read("order"),
                    revisions: try field.read("revisions") ?? []))
        case "holdLifted":
            .holdLifted(reason: try field.read("reason"), which: try field.read("which") ?? .afterRollback)
        case "freezeAdded": .freezeAdded(try field.read("_0"))
        case "freezeRemoved": .freezeRemoved(name: try field.read("name"), reason: try field.read("reason"))
        case "problemNoted": .problemNoted(reason: try field.read("reason"))
        case "planMade": .planMade(try field.read("_0"))
        case "planStepStarted":
            .planStepStarted(plan: try field.read("plan"), address: try field.read("address"))
        case "planStepEnded":
            .planStepEnded(
                plan: try field.read("plan"), address: try field.read("address"),
                ending: StepEnding(failure: try field.read("failure"), overtaking: try field.read("overtaken")))
        case "planPaused": .planPaused(plan: try field.read("plan"))
        case "planStopped": .planStopped(plan: try field.read("plan"), reason: try field.read("reason"))
        case "planResumed": .planResumed(plan: try field.read("plan"))
        case "planAborted": .planAborted(plan: try field.read("plan"), reason: try field.read("reason"))
        case "planDone": .planDone(plan: try field.read("plan"))
        default: nil
        }
    }
}
