/// How a step of a plan ended.
public enum StepEnding: Hashable, Sendable {
    /// The environment has the step's release.
    case done
    case failed(reason: String)
    /// Somebody else has changed the environment since the plan was made: it is left as it is.
    case overtaken(Overtaking)

    /// As events tell it; what nothing is said of was done.
    init(failure: String?, overtaking: Overtaking?) {
        self = overtaking.map { .overtaken($0) } ?? failure.map { .failed(reason: $0) } ?? .done
    }

    /// Whether nothing is left to be done, so that the plan goes on with what comes after it.
    public var isSettled: Bool {
        switch self {
        case .done, .overtaken: true
        case .failed: false
        }
    }

    /// Why it failed, where it did.
    public var failure: String? { if case .failed(let reason) = self { reason } else { nil } }

    /// Who was faster, where somebody was.
    public var overtaking: Overtaking? { if case .overtaken(let overtaking) = self { overtaking } else { nil } }

    /// What is to be said of it besides; `nil` where it is as it was meant to be.
    public var note: String? { failure ?? overtaking.map(\.description) }
}

/// By whom and by which deployment an environment was changed under a plan that had other things in mind for it.
public struct Overtaking: Hashable, Sendable, CustomStringConvertible {
    /// The release that it has now.
    public var release: String
    /// The deployment that brought it there; `nil` where that is not known.
    public var deployment: Int64?
    /// `nil` where only the deployment is known.
    public var actor: String?

    public init(release: String, deployment: Int64? = nil, actor: String? = nil) {
        self.release = release
        self.deployment = deployment
        self.actor = actor
    }

    /// `changed to 1.8.0 by bob (#931)`.
    public var description: String {
        "changed to \(release)\(actor.map { " by \($0)" } ?? "")\(deployment.map { " (#\($0))" } ?? "")"
    }
}
