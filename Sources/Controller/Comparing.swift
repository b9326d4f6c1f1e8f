import Decisions
import Model

/// What the traffic of two releases tells, made anew only where there is something new to tell.
///
/// A turn comes many times a second and a block of traffic every ten; a comparison goes through an hour of all instances'
/// blocks.
struct Comparing {
    /// What a comparison follows from.
    private struct Basis: Equatable {
        var deployment: Deployment
        var newest: Timestamp?
        var blocks: Int
    }

    private let compare: @Sendable (EnvironmentState, EnvironmentPolicy, [ServedBlock]) -> ReleaseComparison?
    private var basis: Basis?
    private var last: ReleaseComparison?

    /// - Parameter compare: another way to compare, for whoever wants to see how often that is done.
    init(
        _ compare: @escaping @Sendable (EnvironmentState, EnvironmentPolicy, [ServedBlock]) -> ReleaseComparison? = {
            compared($0, policy: $1, served: $2)
        }
    ) {
        self.compare = compare
    }

    /// - Parameter served: what the instances answered, oldest first.
    mutating func comparison(
        _ state: EnvironmentState, _ policy: EnvironmentPolicy, _ served: [ServedBlock]
    ) -> ReleaseComparison? {
        guard let active = state.activeDeployment else {
            (basis, last) = (nil, nil)
            return nil
        }
        let next = Basis(deployment: active, newest: served.last?.start, blocks: served.count)
        guard next != basis else { return last }
        (basis, last) = (next, compare(state, policy, served))
        return last
    }
}
