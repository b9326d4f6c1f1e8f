import Model

/// What became of a rollback that was asked for, as far as the ledger shows it.
enum RollbackOutcome: Equatable {
    /// In the ledger; nobody has acted on it yet, as far as it shows.
    case asked
    case decided
    case rollingBack
    case rolledBack(to: String)
    /// It was live already, or something else has brought it there.
    case isLive(String)
    /// It is over, and somebody else has brought something else since.
    case changedSince(release: String, by: String, deployment: Int64)
    case failed(String)
    case refused(String)

    /// - Parameters:
    ///   - sequence: the number under which the ledger has the request.
    ///   - refusal: why whoever acts has refused it, where that is known.
    init(_ order: RollbackOrder, _ state: EnvironmentState?, since sequence: Int64, refusal: String?) {
        if let refusal {
            self = .refused(refusal)
        } else if let deployment = state?.deployment, deployment.isRollback, deployment.id > sequence {
            switch deployment.phase {
            case .pending, .blocked: self = .decided
            case .rollingOut, .baking, .rollingBack: self = .rollingBack
            case .succeeded: self = .rolledBack(to: deployment.release)
            case .failed, .rolledBack, .cancelled: self = .failed(deployment.outcome ?? deployment.phase.inWords)
            }
        } else if let state, state.pendingRollback == nil, let deployment = state.deployment, deployment.id > sequence {
            // One deployment at a time: whatever came of what was asked for, this one came after it.
            self = .changedSince(release: deployment.release, by: deployment.actor, deployment: deployment.id)
        } else if let state, state.pendingRollback == nil, state.activeDeployment == nil, state.liveRelease == order.to
        {
            self = .isLive(order.to)
        } else {
            self = .asked
        }
    }

    var title: String {
        switch self {
        case .asked: "Rollback asked for"
        case .decided: "Rollback decided"
        case .rollingBack: "Rolling back"
        case .rolledBack: "Rolled back"
        case .isLive: "Live"
        case .changedSince: "Changed since"
        case .failed: "Rollback failed"
        case .refused: "Rollback refused"
        }
    }

    /// Whether nothing more comes of it by itself.
    var isOver: Bool {
        switch self {
        case .asked, .decided, .rollingBack: false
        case .rolledBack, .isLive, .changedSince, .failed, .refused: true
        }
    }
}
