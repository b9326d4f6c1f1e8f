import Model
import Targets

/// When to look for what runs without an instance that answers for it, and what was said of it already.
struct StrayWatch {
    private static let turnsBetweenLooks = 100
    private var turns = 0
    /// What is being stopped is looked after with every turn.
    private var isStopping = false
    private var said: Set<String> = []

    mutating func isDue() -> Bool {
        defer { turns += 1 }
        return isStopping || turns % Self.turnsBetweenLooks == 0
    }

    /// - Parameter texts: what is to be said of this look.
    /// - Returns: what was not said before.
    mutating func take(_ texts: [String], isStopping: Bool) -> [EventBody] {
        self.isStopping = isStopping
        return texts.filter { said.insert($0).inserted }.map { .problemNoted(reason: $0) }
    }
}

extension Stray {
    /// What is said where it is stopped.
    var stopped: String {
        "process \(process.pid) on port \(port) was started as an instance on \(start.release) (#\(start.key)) that is "
            + "not known any more: it is stopped"
    }

    /// What is said where this ledger knows of no such start.
    var leftAlone: String {
        "process \(process.pid) on port \(port) was started by this ledger as an instance on \(start.release), and the "
            + "ledger has no record of it, as after a copy of it was restored: it is left alone; stop it by hand"
    }
}

extension Strays {
    /// What is said of those that this ledger did not start.
    var drift: [String] {
        foreign.map { "\($0) says that it is an instance here and was not started by this ledger: it is left alone" }
    }
}
