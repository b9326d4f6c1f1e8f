import HTTP
import Model

/// One look at whether an instance serves.
struct HealthCheck: Sendable {
    var settings: LocalTargetSpecification.HealthCheck
    var port: Int
    /// The first process: mostly it is the one that listens, and asking it alone is quick.
    var leader: ProcessIdentity?
    /// All processes of the instance.
    var members: @Sendable () -> [ProcessTable.Entry]

    /// Why an instance does not serve.
    struct Failure: Equatable, Sendable {
        var reason: String
        /// Whether somebody else answers on its port: nothing may be sent there any more.
        var isForeign = false
    }

    /// Why the instance does not serve; `nil` where it does.
    ///
    /// An answer counts only where whoever listens on the port is the instance, before it was asked and after.
    func failure() async -> Failure? {
        if isStopped() {
            return Failure(reason: "its process is stopped and does nothing (SIGSTOP); SIGCONT lets it go on")
        }
        if let foreign = foreignHolder() { return Failure(reason: foreign, isForeign: true) }
        let failure =
            await settings.path == nil
            ? connectionFailure(port: port, timeout: settings.timeout) : answerFailure()
        if let failure { return Failure(reason: failure) }
        return foreignHolder().map { Failure(reason: $0, isForeign: true) }
    }

    private func leaderEntry() -> ProcessTable.Entry? {
        guard let leader, let entry = ProcessTable.entryWithoutClaim(leader.pid), entry.identity.isSame(as: leader)
        else {
            return nil
        }
        return entry
    }

    private func isStopped() -> Bool {
        if let entry = leaderEntry(), !entry.isStopped { return false }
        let members = members()
        return !members.isEmpty && members.allSatisfy(\.isStopped)
    }

    private func foreignHolder() -> String? {
        // Processes come and go while they are looked at: what takes an instance out at once is seen twice.
        guard foreignNow() != nil, let who = foreignNow() else { return nil }
        return "port \(port) is held by \(who), which is not this instance: have the instance listen there itself"
    }

    private func foreignNow() -> String? {
        if let entry = leaderEntry() {
            switch PortHolder.of(port: port, members: [entry]) {
            case .nobody, .instance: return nil
            case .foreign: break
            }
        }
        guard case .foreign(let who) = PortHolder.of(port: port, members: members()) else { return nil }
        return who
    }

    private func answerFailure() async -> String? {
        guard let path = settings.path else { return nil }
        do {
            let url = "http://127.0.0.1:\(port)\(path)"
            let status = try await HTTPClient.shared.get(url, timeout: settings.timeout, limit: 1 << 20).status
            return (200..<300).contains(status) ? nil : "\(path) answers \(status)"
        } catch { return "\(path): \(error)" }
    }
}

/// What the checks of one instance have said so far.
struct HealthRecord: Sendable {
    var health: Health
    var detail: String?
    var successes = 0
    var failures = 0
    var isUnderWay = false
    /// Whether somebody else was found on its port at the last look.
    private(set) var isForeign = false
    var nextCheck = ContinuousClock.now

    init(known: Health) { health = known }

    mutating func take(_ failure: HealthCheck.Failure?, _ settings: LocalTargetSpecification.HealthCheck) {
        isUnderWay = false
        isForeign = failure?.isForeign ?? false
        if let failure {
            successes = 0
            failures += 1
            // An instance that was never healthy is not unhealthy: it is still starting.
            if health == .unknown { detail = failure.reason }
            if health == .healthy, failure.isForeign || failures >= settings.unhealthyAfter {
                health = .unhealthy
                detail = failure.reason
            }
        } else {
            failures = 0
            successes += 1
            if successes >= settings.healthyAfter {
                health = .healthy
                detail = nil
            }
        }
    }
}
