import Foundation
import Model
import Targets

/// How the scenario with the flag must have ended: the flag went off first, users had the old way back from instances that
/// ran on, and only then were these exchanged.
///
/// What came before what is told by the ledger's numbers and times, and by the instances' own logs; no limit is one of
/// speed.
struct FlagEnding {
    let release: String
    /// What happened in the environment, from the deployment's request on.
    let events: [Event]
    let sightings: [FlagSighting]
    /// Where the flag's file has it now.
    let variant: String?
    let instances: Int

    /// - Returns: how long users waited, and who read the flag for them.
    /// - Throws: ``Missing`` where it did not happen so.
    func check() throws -> String {
        let on = try find("the flag on, before anything went wrong", settings(.on).first)
        try must(settings(.off).contains { $0.sequence < on.sequence }, "the flag off, before the release came")
        try must(
            !events.contains { event in
                if case .instanceStarting(_, release, _) = event.body { event.sequence > on.sequence } else { false }
            }, "all instances of \(release), before its flag went on")
        let decision = try find("the decision", events.last { $0.body.kind == "rollbackDecided" })
        try must(decision.sequence > on.sequence, "the decision, after the flag went on")
        if case .rollbackDecided(let decided) = decision.body {
            let way = "by flag \(DemoFlag.flag.flag)"
            try must(decided.how?.hasPrefix(way) == true, "“\(way)” as the way back")
        }
        let after = events.filter { $0.sequence > decision.sequence }
        let off = try find("the flag off", settings(.off).first { $0.sequence > decision.sequence })
        try must(
            !after.contains { $0.sequence < off.sequence && Self.exchanges.contains($0.body.kind) },
            "the flag off, before anything else")
        let stop = try find("the exchange that follows", after.first { $0.body.kind == "instanceStopping" })
        try must(after.count { $0.body.kind == "instanceReplaced" } == instances, "the exchange of all instances")
        try must(variant == DemoFlag.flag.off, "\(DemoFlag.flag.off) as the flag's variant in its file")
        let back = try usersBack(before: stop)
        return "users had the old way back \((back.time - decision.time).inWords) after the decision, "
            + "\((stop.time - back.time).inWords) before the first instance was stopped; "
            + "the flag was off after \((off.time - decision.time).inWords), and is read by \(back.reader)"
    }

    /// What an instance that ran on all the time found last, of all instances that had the new way.
    private func usersBack(before stop: Event) throws -> FlagSighting {
        let newWay = Set(sightings.filter { $0.variant == DemoFlag.flag.on }.map(\.instance))
        let backs = try newWay.sorted().map { instance in
            let last = try find("what \(instance) saw", sightings.last { $0.instance == instance })
            try must(last.variant == DemoFlag.flag.off, "the flag off, as \(instance) sees it")
            try must(last.time <= stop.time, "the old way back at \(instance), before any instance was stopped")
            return last
        }
        return try find("an instance of \(release) that had the new way", backs.max { $0.time < $1.time })
    }

    private static let exchanges = ["instanceStarting", "instanceStopping", "instanceReplaced"]

    private func settings(_ side: FlagSide) -> [Event] {
        events.filter { event in
            if case .flagSet(let setting, _) = event.body {
                setting.side == side && setting.release == release && setting.flag == DemoFlag.flag
            } else {
                false
            }
        }
    }

    /// What did not happen, or not in its place.
    struct Missing: Error { var what: String }

    private func must(_ holds: Bool, _ what: String) throws {
        if !holds { throw Missing(what: what) }
    }

    private func find<Value>(_ what: String, _ value: Value?) throws -> Value {
        guard let value else { throw Missing(what: what) }
        return value
    }
}
