import Ledger
import Model
import Targets

/// When to look for what runs without an instance that answers for it, and what was said of it already.
///
/// Any user of the machine can start processes that say that they belong here, as many and as often as they like: a
/// look is one event at the most, however many there are, and what changes among them is said once an hour.
struct StrayWatch {
    private static let turnsBetweenLooks = 100
    /// How long nothing more is said of other users' processes, unless they are other users'.
    static let pauseOnDrift: Duration = .seconds(3600)
    /// How far back the ledger is asked for what was said already.
    static let mostEventsRead = 1000

    private var turns = 0
    /// What is being stopped is looked after with every turn.
    private var isStopping = false
    private var said: Set<String> = []
    /// What was last said of what this ledger did not start.
    private var lastDrift: Drift?
    private var hasRemembered = false

    private struct Drift {
        var text: String
        var time: Timestamp
    }

    mutating func isDue() -> Bool {
        defer { turns += 1 }
        return isStopping || turns % Self.turnsBetweenLooks == 0
    }

    /// What is to be said of a look, in one event; none where it was said before, by this process or another.
    /// - Parameters:
    ///   - texts: what is to be said of what this ledger started.
    ///   - foreign: what it did not start.
    ///   - newest: the environment's newest events, the newest first.
    mutating func take(
        _ texts: [String], foreign: [ForeignProcess], isStopping: Bool, now: Timestamp,
        newest: () throws -> [Event]
    ) rethrows -> [EventBody] {
        self.isStopping = isStopping
        if texts.isEmpty, foreign.isEmpty { return [] }
        if !hasRemembered { try remember(newest()) }
        // As the ledger keeps it: what it has said is compared with what is to be said.
        let new = texts.map { Secrets.hiding(in: $0) }.filter { !said.contains($0) }
        var notes: [String] = []
        let note = Self.listed(new, separator: "; ")
        if !new.isEmpty, !said.contains(note) { notes.append(note) }
        said.formUnion(new)
        if let drift = drift(foreign, now) { notes.append(drift) }
        return notes.isEmpty ? [] : [.problemNoted(reason: notes.joined(separator: "; "))]
    }

    private mutating func remember(_ newest: [Event]) {
        hasRemembered = true
        for event in newest {
            guard case .problemNoted(let reason) = event.body else { continue }
            // One event may say both.
            guard let drift = reason.range(of: Self.driftBeginning) else {
                said.insert(reason)
                continue
            }
            said.insert(String(reason[..<drift.lowerBound].dropLast(2)))
            if lastDrift == nil { lastDrift = Drift(text: String(reason[drift.lowerBound...]), time: event.time) }
        }
    }

    private static let driftBeginning = "not started by this ledger and left alone, though they say "

    private mutating func drift(_ foreign: [ForeignProcess], _ now: Timestamp) -> String? {
        guard !foreign.isEmpty else { return nil }
        let owners = Set(foreign.map(\.owner)).sorted()
        let beginning =
            "\(Self.driftBeginning)that they are instances here: of \(Self.listed(owners, separator: ", ")): "
        let text = Secrets.hiding(in: beginning + Self.listed(foreign.map(\.description), separator: ", "))
        if let last = lastDrift {
            if last.text == text { return nil }
            if last.text.hasPrefix(beginning), now - last.time < Self.pauseOnDrift { return nil }
        }
        lastDrift = Drift(text: text, time: now)
        return text
    }

    /// The first few, and how many more there are.
    private static func listed(_ items: [String], separator: String) -> String {
        let first = items.prefix(3).joined(separator: separator)
        return items.count > 3 ? "\(first)\(separator)and \(items.count - 3) more" : first
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
