import Decisions
import Model

/// What is to be done next, in an environment and for a plan: two pure functions.
public struct Judgement: Sendable {
    /// See ``Decisions/advance(_:environments:applications:policies:)``.
    public typealias Advancing =
        @Sendable (
            PlanState, [EnvironmentAddress: EnvironmentState], [String: ApplicationState],
            [EnvironmentAddress: EnvironmentPolicy]
        ) -> [PlanIntent]

    public var environment: EnvironmentWorker.Deciding
    public var plan: Advancing

    public init(
        environment: @escaping EnvironmentWorker.Deciding = {
            decide($0, application: $1, policy: $2, observation: $3, now: $4)
        },
        plan: @escaping Advancing = { advance($0, environments: $1, applications: $2, policies: $3) }
    ) {
        self.environment = environment
        self.plan = plan
    }
}
