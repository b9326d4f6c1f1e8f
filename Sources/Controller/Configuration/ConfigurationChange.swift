import Decisions
import Model

/// What is different from one configuration to the next, for a process that goes on with the next.
public struct ConfigurationChange: Equatable, Sendable {
    /// In the order of the next configuration.
    public var added: [EnvironmentAddress] = []
    /// In the order of the last one.
    public var removed: [EnvironmentAddress] = []
    /// What is written of them is different.
    public var changed: [EnvironmentAddress] = []
    /// What their gates look at elsewhere is different, and nothing else.
    public var affected: [EnvironmentAddress] = []
    /// Of those that changed, whose instances are carried otherwise from now on.
    public var retargeted: Set<EnvironmentAddress> = []
    /// What else is different, in words.
    public var others: [String] = []
    /// Why the next configuration cannot be gone on with; `nil` where it can.
    public var refusal: String?
    /// What counts only for a process that is started with it.
    public var postponed: [String] = []

    public init(from last: Configuration, to next: Configuration) {
        if last.ledger != next.ledger {
            refusal =
                "the ledger cannot be changed while the process runs, from \(last.ledger) to \(next.ledger): "
                + "start it anew for that"
        }
        if last.ledgerAccess != next.ledgerAccess {
            postponed.append("who may read and write the ledger is changed when the process is started anew")
        }
        for environment in next.environments {
            guard let known = last.environment(environment.address) else {
                added.append(environment.address)
                continue
            }
            if known.target != environment.target { retargeted.insert(environment.address) }
            if known.aside != environment.aside {
                changed.append(environment.address)
            } else if known.policy != environment.policy {
                affected.append(environment.address)
            }
        }
        removed = last.environments.map(\.address).filter { next.environment($0) == nil }
        if last.sources != next.sources { others.append("sources") }
        if last.freezes != next.freezes { others.append("freezes") }
        if last.notifications != next.notifications { others.append("notifications") }
        if last.ledgerKeep != next.ledgerKeep { others.append("how long the ledger keeps events") }
    }

    /// Environments that are carried by another policy from now on, or through another target.
    public var touched: Set<EnvironmentAddress> { Set(changed + affected) }

    /// `added shop/beta; changed shop/prod; freezes`.
    public var inWords: String {
        let parts = [("added", added), ("removed", removed), ("changed", changed)].compactMap { word, addresses in
            addresses.isEmpty ? nil : "\(word) \(Self.listed(addresses))"
        }
        let all = parts + (others.isEmpty ? [] : ["changed \(others.joined(separator: ", "))"])
        return all.isEmpty ? "nothing is different" : all.joined(separator: "; ")
    }

    /// The first few, and how many more there are.
    private static func listed(_ addresses: [EnvironmentAddress]) -> String {
        let first = addresses.prefix(5).map(\.description).joined(separator: ", ")
        return addresses.count > 5 ? "\(first) and \(addresses.count - 5) more" : first
    }
}

extension Configuration.Environment {
    /// What is written of it, without its place and without what its gate looks at elsewhere.
    fileprivate var aside: Self {
        var copy = self
        copy.position = 0
        copy.policy.neighbours = GateNeighbours()
        return copy
    }
}
