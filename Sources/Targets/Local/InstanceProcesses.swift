import Model

/// Tells which processes an instance is made of.
///
/// An instance is its whole session, which is made for it when it starts: the first process leads it, and all that it
/// starts belong to it. What has left the session, as daemons do, belongs to the instance too where it carries its
/// mark. An instance has ended when nothing of it lives. While its first process is gone and others live, it runs as
/// long as one of them listens on its port; where none does, what is left is stopped.
struct InstanceProcesses: Sendable {
    let ledger: LedgerMark
    let directory: String

    /// - Parameters:
    ///   - leader: the first process, where it is known.
    ///   - known: processes that were seen to belong to it; while one of them lives, the number of the session has not
    ///     been given to another.
    func members(
        of start: InstanceStart, port: Int?, leader: ProcessIdentity?, known: Set<ProcessIdentity>,
        in table: ProcessTable
    ) -> [ProcessTable.Entry] {
        var sessions: Set<Int32> = []
        if let leader {
            if isThere(leader, of: start, in: table)
                || table.session(leader.pid).contains(where: { known.contains($0.identity) })
            {
                sessions.insert(leader.pid)
            }
        }
        for entry in table.entries.values where isOurs(entry, in: table) {
            // Two processes that were started for one instance, as by a starter that was asleep, have a port each.
            if let claim = entry.claim, claim.means(start), port == nil || claim.port == port {
                sessions.insert(entry.session)
            }
        }
        return table.entries.values.filter { sessions.contains($0.session) }
    }

    /// Whether the first process is still there. Where its mark can be read, that has a say: the number alone could have
    /// come back.
    private func isThere(_ leader: ProcessIdentity, of start: InstanceStart, in table: ProcessTable) -> Bool {
        guard let entry = table[leader.pid], entry.identity.isSame(as: leader) else { return false }
        return entry.claim?.means(start) ?? true
    }

    /// The first process of an instance whose starter died before it could write its number down.
    func leader(of start: InstanceStart, in table: ProcessTable) -> (identity: ProcessIdentity, port: Int)? {
        for entry in table.entries.values where entry.isLeader && isOurs(entry, in: table) {
            if let claim = entry.claim, claim.means(start) { return (entry.identity, claim.port) }
        }
        return nil
    }

    /// Whether this ledger started the process, here.
    ///
    /// Its mark proves it, its owner is ours, and it stands as we start processes: without a terminal, in a session
    /// that is led by one of the same start or by none any more. A person's shell with copied variables is none of ours.
    func isOurs(_ entry: ProcessTable.Entry, in table: ProcessTable) -> Bool {
        guard let claim = entry.claim, claim.directory == directory, !entry.hasTerminal, entry.owner?.isOurs == true
        else { return false }
        // What ran here before there were marks runs on; its session has the rest of it.
        guard claim.isProved(by: ledger) else { return entry.isLeader && claim.mayBeOlder(than: ledger) }
        guard let leader = table[entry.session], leader.pid != entry.pid else { return true }
        return leader.claim == claim
    }

    /// What a process of this start is told, so that it can be found again.
    func variables(of start: InstanceStart) -> [String: String] {
        MarkClaim.variables(start, directory: directory, ledger: ledger)
    }

    // MARK: strays

    /// What runs here and is no part of an instance that is known.
    func strays(known: [Instance], in table: ProcessTable) -> Strays {
        var ours: [InstanceStart: Stray] = [:]
        var foreign: [ForeignProcess] = []
        let sessions = Set(known.compactMap(\.process?.pid))
        for entry in table.entries.values.sorted(by: { $0.pid < $1.pid }) {
            guard let claim = entry.claim, claim.directory == directory else { continue }
            let isKnown = known.contains { instance in
                claim.means(InstanceStart(instance)) && (instance.port == nil || instance.port == claim.port)
            }
            // Only a mark proves enough to stop what no instance answers for.
            if isOurs(entry, in: table), isKnown || claim.mark != nil {
                if !isKnown, ours[claim.start] == nil {
                    ours[claim.start] = Stray(start: claim.start, port: claim.port, process: entry.identity)
                }
            } else if entry.isLeader, !sessions.contains(entry.pid) {
                let owner = entry.owner?.name ?? "another user"
                foreign.append(ForeignProcess(pid: entry.pid, name: entry.name, owner: owner))
            }
        }
        return Strays(ours: ours.values.sorted { $0.start.key < $1.start.key }, foreign: foreign)
    }
}

/// What runs under an environment's directory and is no part of an instance that is known.
public struct Strays: Equatable, Sendable {
    /// What was started by this ledger: its mark proves it.
    public var ours: [Stray]
    /// What says that it belongs here and was not started by this ledger. It is never signalled.
    public var foreign: [ForeignProcess]

    public init(ours: [Stray] = [], foreign: [ForeignProcess] = []) {
        self.ours = ours
        self.foreign = foreign
    }
}

/// A process that says that it is an instance and was not started by this ledger.
public struct ForeignProcess: Equatable, Sendable, CustomStringConvertible {
    public var pid: Int32
    /// The program's name, which may hold anything.
    public var name: String
    /// The name of the user whose it is.
    public var owner: String

    public init(pid: Int32, name: String, owner: String) {
        self.pid = pid
        self.name = name
        self.owner = owner
    }

    public var description: String { "process \(pid) (\(name)) of \(owner)" }
}

/// A start of this ledger that no instance answers for: its starter lost the lease meanwhile, or the ledger was
/// restored from a copy that does not know it.
public struct Stray: Equatable, Sendable {
    public var start: InstanceStart
    public var port: Int
    public var process: ProcessIdentity

    public init(start: InstanceStart, port: Int, process: ProcessIdentity) {
        self.start = start
        self.port = port
        self.process = process
    }
}
