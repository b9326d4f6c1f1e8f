import Decisions
import Model
import Synchronization
import Testing

@testable import Controller

/// How often two releases are compared.
@Suite struct ComparingTests {
    private static let address = EnvironmentAddress(application: "shop", environment: "prod")

    private func event(_ sequence: Int64, _ body: EventBody) -> Event {
        Event(
            sequence: sequence, time: Timestamp(milliseconds: 1000), actor: "ana", token: 1, application: "shop",
            environment: "prod", body: body)
    }

    private func block(_ start: Int64) -> ServedBlock {
        ServedBlock(
            start: Timestamp(milliseconds: start), instance: 7, release: "1.1", served: Served(requests: 5, faults: 1))
    }

    @Test func itIsDoneAnewOnlyWhereABlockIsOverOrTheDeploymentIsAnotherOne() throws {
        let found = ReleaseComparison(
            outcome: .worse, measure: .faults, basis: .before, with: "1.0", new: ComparedFigures(),
            old: ComparedFigures())
        let count = Mutex(0)
        var comparing = Comparing { _, _, _ in
            count.withLock { $0 += 1 }
            return found
        }
        var state = EnvironmentState(address: Self.address)
        let policy = EnvironmentPolicy(stage: "prod", instances: 1)
        #expect(comparing.comparison(state, policy, []) == nil && count.withLock { $0 } == 0)
        try state.apply(
            event(1, .deploymentRequested(DeploymentRequest(release: "1.1", releaseOrder: 2, trigger: .person))))
        for _ in 0..<100 { #expect(comparing.comparison(state, policy, [block(0)]) == found) }
        #expect(count.withLock { $0 } == 1)
        // The oldest is forgotten as a new one is over: as many as before.
        for _ in 0..<100 { _ = comparing.comparison(state, policy, [block(10_000)]) }
        #expect(count.withLock { $0 } == 2)
        try state.apply(
            event(
                2,
                .deploymentStarted(
                    deployment: 1, release: "1.1", strategy: .rolling, instances: 1, alarmsOnBefore: [])))
        for _ in 0..<100 { _ = comparing.comparison(state, policy, [block(10_000)]) }
        #expect(count.withLock { $0 } == 3)
        try state.apply(event(3, .deploymentEnded(deployment: 1, release: "1.1", phase: .failed, reason: "")))
        #expect(comparing.comparison(state, policy, [block(10_000)]) == nil)
    }
}
