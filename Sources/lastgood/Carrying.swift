import Controller
import Foundation
import Ledger
import Model

extension Session {
    /// How long whoever acts may take to say that it does not carry an environment.
    static let timeToAnswer = Swift.Duration.seconds(5)

    /// Waits for whoever acts to say whether it carries these environments, where that is not known; returns at once
    /// where it is, or where nobody acts.
    /// - Parameter sequence: the first event of what was asked for.
    /// - Throws: ``Failure`` where it does not carry one of them: what was asked for will not be done.
    func awaitCarried(_ addresses: [EnvironmentAddress], askedWith sequence: Int64) async throws {
        let deadline = ContinuousClock.now + Self.timeToAnswer
        while try isLed() {
            let open = try addresses.filter { try !isCarried($0) }
            guard let first = open.first else { return }
            if let reason = try refusal(of: open, after: sequence) { throw notCarried(reason) }
            if ContinuousClock.now > deadline {
                // A leader that has not taken over yet will answer by itself.
                guard let configuration = try state(first).leftOutBy else { return }
                let leader = try ledger.currentLease()?.holder.name ?? "another process"
                throw notCarried("\(first) is not in the configuration \(configuration), with which \(leader) acts")
            }
            try await Task.sleep(for: .milliseconds(30))
        }
    }

    private func isCarried(_ address: EnvironmentAddress) throws -> Bool {
        guard let state = try ledger.environment(address) else { return false }
        return !state.isDormant && !state.stage.isEmpty
    }

    private func refusal(of addresses: [EnvironmentAddress], after sequence: Int64) throws -> String? {
        var query = EventQuery()
        query.after = sequence
        for event in try ledger.events(query) {
            switch event.body {
            case .rollbackRefused(let reason), .deploymentEnded(_, _, .cancelled, let reason):
                if let address = event.address, addresses.contains(address), isNotCarried(reason) { return reason }
            case .planStepEnded(_, let address, .failed(let reason)):
                if addresses.contains(address) { return "\(address): \(reason)" }
            default: break
            }
        }
        return nil
    }

    private func notCarried(_ reason: String) -> Failure {
        Failure(.refused, reason, mend: "`lastgood status --all` shows what nobody carries; everything else goes on")
    }
}

/// Whether an answer says that whoever acts does not carry the environment, as opposed to anything about a release.
func isNotCarried(_ reason: String?) -> Bool { reason?.hasPrefix(UncarriedRequests.beginning) == true }
