import Foundation
import HTTP
import Model
import Synchronization
import TestSupport

@testable import Kubernetes

/// Time and chance in a test's hand: it never waits, and tells how long it would have.
final class HandSurroundings: Sendable {
    private let state = Mutex<(now: Timestamp, pauses: [Duration])>((Timestamp(milliseconds: 1_000_000), []))

    var pauses: [Duration] { state.withLock { $0.pauses } }
    func pass(_ duration: Duration) { state.withLock { $0.now += duration } }

    var surroundings: Surroundings {
        Surroundings(
            now: { [self] in state.withLock { $0.now } },
            pause: { [self] duration in
                state.withLock { state in
                    state.pauses.append(duration)
                    state.now += duration
                }
                try Task.checkCancellation()
                await Task.yield()
            },
            chance: { 0 })
    }
}

extension ClusterAccess {
    /// The cluster that a scripted server plays.
    static func played(at address: String, user: Kubeconfig.User = Kubeconfig.User()) throws -> ClusterAccess {
        try ClusterAccess(
            context: "test", cluster: .init(value: Kubeconfig.Cluster(server: address), file: "config", line: 1),
            user: .init(value: user, file: "config", line: 2), namespace: "shop", proxies: ProxyRules([:]),
            variables: [:])
    }
}

/// What a test has gathered from several tasks.
final class Gathered<Value: Sendable>: Sendable {
    private let state = Mutex<[Value]>([])

    func add(_ value: Value) { state.withLock { $0.append(value) } }
    func add(_ values: [Value]) { state.withLock { $0 += values } }
    var all: [Value] { state.withLock { $0 } }
}
