import Model

/// What is to be thought of a release in one environment.
///
/// Everybody who says which release was good, or where one would go back to, asks here: the automatic rollback, the
/// screen, the commands, and the past.
public enum Standing: Equatable, Sendable {
    /// It finished its bake here, or a person marked it good, and nothing has come up since.
    case good
    /// It was good, and somebody went away from it by hand.
    case leftByHand
    /// An alarm that would have rolled it back began while it was live here.
    case inQuestion(alarms: [String])
    /// It may have caused an alarm; `isElsewhere` where that was in another environment.
    case suspect(Suspicion, isElsewhere: Bool)
    /// A person marked it bad.
    case bad(reason: String)
    /// It was live here and never finished a bake.
    case unproven
    /// It was never live here, as far as is remembered.
    case strange
}

/// Where a rollback goes when nobody names a release.
public struct BackTo: Equatable, Sendable {
    public var version: String
    public var order: Int64
    /// When it was last known to be good here.
    public var goodSince: Timestamp?
    /// What is to be said of it, where it is not plainly good.
    public var caveat: String?
}

extension EnvironmentState {
    /// What is to be thought of a release here. A person's word outranks what was inferred before it.
    public func standing(of version: String, _ application: ApplicationState) -> Standing {
        if let reason = application.bad[version] { return .bad(reason: reason) }
        guard let tenure = tenures[version] else { return .strange }
        let vouchedAt = application.good[version]
        if let suspicion = application.suspects[version] {
            return .suspect(suspicion, isElsewhere: suspicion.environment.map { $0 != address } ?? false)
        }
        if let doubt = tenure.doubt, vouchedAt.map({ $0 < doubt.since }) ?? true {
            switch doubt.cause {
            case .alarms(let names): return .inQuestion(alarms: names)
            case .leftByHand: return tenure.provenAt == nil ? .unproven : .leftByHand
            }
        }
        return tenure.provenAt == nil && vouchedAt == nil ? .unproven : .good
    }

    /// The newest good release, the live one included; `nil` where there is none.
    public func lastGood(_ application: ApplicationState) -> Tenure? {
        tenures.all.first { standing(of: $0.version, application) == .good }
    }

    /// Where a rollback goes by itself; `nil` where nothing that could be gone back to was ever good here.
    ///
    /// The newest good release besides the one that is left. Where there is none, the newest that was good and whose
    /// only blemish is that it was left by hand or is suspect because of another environment; and where there is none
    /// of these either, the newest that was ever good here and was not marked bad: better than to stay with what fails.
    public func backTo(_ application: ApplicationState) -> BackTo? { backTo(application, leaving: releaseInQuestion) }

    /// Where a rollback would go that leaves `left`, such as one that is yet to be deployed.
    public func backTo(_ application: ApplicationState, leaving left: String?) -> BackTo? {
        let candidates = tenures.all.filter { $0.version != left }.map {
            (tenure: $0, standing: standing(of: $0.version, application))
        }
        for isAcceptable in [isGood, hasOneBlemish, wasGood] {
            if let found = candidates.first(where: { isAcceptable($0.tenure, $0.standing) }) {
                return BackTo(
                    version: found.tenure.version, order: found.tenure.order, goodSince: found.tenure.provenAt,
                    caveat: found.standing.caveat(found.tenure.version))
            }
        }
        return nil
    }

    /// Why there is nowhere to go back to.
    func whyNowhere(_ application: ApplicationState, leaving left: String?) -> String {
        let marked = tenures.all.filter { tenure in
            guard tenure.version != left, tenure.provenAt != nil else { return false }
            if case .bad = standing(of: tenure.version, application) { return true }
            return false
        }.map(\.version)
        if !marked.isEmpty {
            return
                "what was good here is marked bad: \(marked.joined(separator: ", ")); there is nothing else to go back to"
        }
        if let left, tenures[left]?.provenAt != nil {
            return "no release but \(left) was ever good here: there is nothing else to go back to"
        }
        return "no release was ever good here that one could go back to"
    }

    private func isGood(_ tenure: Tenure, _ standing: Standing) -> Bool { standing == .good }

    private func hasOneBlemish(_ tenure: Tenure, _ standing: Standing) -> Bool {
        switch standing {
        case .leftByHand: true
        case .suspect(_, isElsewhere: true): tenure.provenAt != nil && tenure.doubt == nil
        case .suspect, .good, .inQuestion, .bad, .unproven, .strange: false
        }
    }

    private func wasGood(_ tenure: Tenure, _ standing: Standing) -> Bool {
        if case .bad = standing { return false }
        return tenure.provenAt != nil
    }
}

extension Standing {
    /// What is to be said before one goes there; `nil` where nothing is.
    func caveat(_ version: String) -> String? {
        switch self {
        case .good: nil
        case .leftByHand: "\(version) was left by hand"
        case .inQuestion(let alarms): "\(version) was in alarm here: \(alarms.joined(separator: ", "))"
        case .suspect(let suspicion, let isElsewhere):
            "\(version) is suspect\(isElsewhere ? suspicion.environment.map { " since \($0)" } ?? "" : ""): "
                + suspicion.reason
        case .bad(let reason): "\(version) is marked bad: \(reason)"
        case .unproven: "\(version) never finished a bake here"
        case .strange: "\(version) was never live here"
        }
    }
}

extension Standing {
    /// What is to be said of a release beside how its deployments ended; `nil` where there is nothing.
    public enum Mark: String, Sendable {
        case good, leftByHand, inQuestion, suspect, bad
    }
}

extension EnvironmentState {
    /// What is to be said of a release here: what a person marked, or what came up against it.
    public func mark(of version: String, _ application: ApplicationState) -> Standing.Mark? {
        switch standing(of: version, application) {
        case .bad: .bad
        case .suspect: .suspect
        case .inQuestion: .inQuestion
        case .leftByHand: .leftByHand
        case .good: application.good[version] == nil ? nil : .good
        case .unproven, .strange:
            application.suspects[version] != nil ? .suspect : application.good[version] == nil ? nil : .good
        }
    }
}
