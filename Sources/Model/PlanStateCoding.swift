/// How the ledger keeps where a plan stands: JSON in which a case is an object of its name, such as
/// `{"done":{"at":1764000000000}}`.
///
/// The names are on disk and never change; what is added may be absent, and is left aside by older versions.

extension PlanState {
    /// What ``init(stored:)`` reads.
    public var stored: String {
        var fields = StoredFields()
        var (id, plan, actor, madeAt, control, statuses) = (id, plan, actor, madeAt, control, statuses)
        Self.visit(&fields, &id, &plan, &actor, &madeAt, &control, &statuses)
        return StoredJSON.object(fields.members).description
    }

    /// - Throws: ``StoredJSONFault`` where it is no plan's state.
    public init(stored: String) throws(StoredJSONFault) {
        var fields = try StoredFields(StoredJSON(parsing: stored))
        var (id, plan, actor, madeAt) = (Int64(0), RollbackPlan.blank, "", Timestamp(milliseconds: 0))
        var (control, statuses) = (Control.running, [[StepStatus]]())
        Self.visit(&fields, &id, &plan, &actor, &madeAt, &control, &statuses)
        if let fault = fields.fault { throw fault }
        guard
            let state = PlanState(
                id: id, plan: plan, actor: actor, madeAt: madeAt, control: control, statuses: statuses)
        else { throw StoredJSONFault(what: "statuses are not those of the plan's steps") }
        self = state
    }

    private static func visit(
        _ field: inout StoredFields, _ id: inout Int64, _ plan: inout RollbackPlan, _ actor: inout String,
        _ madeAt: inout Timestamp, _ control: inout Control, _ statuses: inout [[StepStatus]]
    ) {
        field("id", &id)
        field("plan", &plan)
        field("actor", &actor)
        field("madeAt", &madeAt)
        field("control", &control)
        field("statuses", &statuses)
    }
}

extension Overtaking: StoredRecord {
    static var blank: Self { Self(release: "") }
    mutating func visit(_ field: inout StoredFields) {
        field("release", &release)
        field("deployment", &deployment)
        field("actor", &actor)
    }
}

/// `{"NAME":{"FIELD":…}}`.
private func named(_ name: String, _ fields: KeyValuePairs<String, any StoredValue>) -> StoredJSON {
    let members = fields.map { StoredJSON.Member(name: $0.key, value: $0.value.stored) }
    return .object([StoredJSON.Member(name: name, value: .object(members))])
}

/// The one name of such an object, with its fields.
private func name(_ stored: StoredJSON) throws(StoredJSONFault) -> (String, StoredFields) {
    guard case .object(let members) = stored, let member = members.first, members.count == 1 else {
        throw StoredJSONFault(what: "is no case with a name")
    }
    return (member.name, try StoredFields(member.value))
}

extension PlanState.StepStatus: StoredValue {
    var stored: StoredJSON {
        switch self {
        case .waiting: named("waiting", [:])
        case .started(let sequence): named("started", ["_0": sequence])
        case .ended(.done, let at): named("done", ["at": at])
        case .ended(.failed(let reason), let at): named("failed", ["reason": reason, "at": at])
        // Older versions leave aside what they do not know, and go on with what comes after it.
        case .ended(.overtaken(let overtaking), let at): named("done", ["overtaken": overtaking, "at": at])
        case .dropped: named("dropped", [:])
        }
    }

    init(stored: StoredJSON) throws(StoredJSONFault) {
        let (name, field) = try name(stored)
        switch name {
        case "waiting": self = .waiting
        case "started": self = .started(try field.read("_0"))
        case "done":
            let overtaking: Overtaking? = try field.read("overtaken")
            self = .ended(overtaking.map { .overtaken($0) } ?? .done, at: try field.read("at"))
        case "failed": self = .ended(.failed(reason: try field.read("reason")), at: try field.read("at"))
        case "dropped": self = .dropped
        default: throw StoredJSONFault(what: "is no step's status: \(name)")
        }
    }
}

extension PlanState.Control: StoredValue {
    var stored: StoredJSON {
        switch self {
        case .running: named("running", [:])
        case .paused(let actor): named("paused", ["by": actor])
        case .stopped(let reason): named("stopped", ["reason": reason])
        case .aborted(let actor, let reason): named("aborted", ["by": actor, "reason": reason])
        case .done: named("done", [:])
        }
    }

    init(stored: StoredJSON) throws(StoredJSONFault) {
        let (name, field) = try name(stored)
        switch name {
        case "running": self = .running
        case "paused": self = .paused(by: try field.read("by"))
        case "stopped": self = .stopped(reason: try field.read("reason"))
        case "aborted": self = .aborted(by: try field.read("by"), reason: try field.read("reason"))
        case "done": self = .done
        default: throw StoredJSONFault(what: "is no plan's state: \(name)")
        }
    }
}
