import Archive
import ArgumentParser
import Compare
import Decisions
import Model
import Testing

@testable import lastgood

/// The fields that a command lets one ask for are those that it prints.
@Suite struct FieldTests {
    private static let time = Timestamp(milliseconds: 1)

    private static var hold: HoldCommand.Item {
        var item = HoldCommand.Item(
            EnvironmentAddress(application: "a", environment: "e"),
            HandHold(until: .person, reason: "r", actor: "x", since: time))
        (item.suspect, item.untilRelease, item.untilNewerThan, item.untilCommit) = ("s", "u", "n", "c")
        item.deploys = true
        return item
    }

    /// One of each item with nothing left out.
    private static var items: [any Fielded] {
        [
            status, alarm,
            EventLine(
                sequence: 1, time: time, kind: "k", application: "a", environment: "e", deployment: 1, release: "r",
                actor: "x", trigger: "t", reason: "r", summary: "s", details: JSONTree(.object([]))),
            comparison,
            HistoryCommand.Item(
                deployment: 1, release: "r", revision: "a", kind: .forward, trigger: .person, actor: "x",
                phase: .succeeded,
                startedAt: time, endedAt: time, liveFor: 1, reason: "r", alarms: ["a"], isLive: true, isLastGood: true,
                mark: .good, helped: true),
            HistoryCommand.ReleaseItem(
                release: "r", deployments: 1, liveFor: 1, isLive: true, isLastGood: true, mark: .good),
            ReleasesCommand.Item(
                application: "a", release: "r", revision: "a", registeredAt: time, mark: .suspect, reason: "r",
                environments: [
                    .init(
                        environment: "e", state: .alarm, detail: "faults", isLive: true, isBackTo: true,
                        isLastGood: true)
                ]),
            PlanItem(
                id: 1, state: .ok, actor: "x", madeAt: time, reason: "r", suspect: "s", maxParallel: 1,
                stoppedBecause: "b",
                steps: [
                    .init(
                        wave: 1, application: "a", environment: "e", to: "r", status: .ok, reason: "r", endedAt: time,
                        overtakenBy: .init(actor: "x", deployment: 1, release: "r"))
                ]),
            SuspectsCommand.Item(
                rank: 1, release: "r", share: 1, liveFrom: time, cameAt: time, leftAt: time, isLive: true, alarm: "a",
                began: time, isMeasured: true, reasons: [.init(sentence: "s", weight: 1)],
                alsoChanged: [.init(what: "flag", time: time, application: "b", environment: "e", summary: "s")]),
            ExplainCommand.Item(
                application: "a", environment: "e",
                lines: [.init(kind: .live, text: "t", until: time, isTrouble: true)]),
            drill,
            RollbackCommand.Item(
                application: "a", environment: "e", deployment: 1, plan: 1, stage: "s", from: "f", to: "t",
                isLastGood: true, goodSince: time,
                strategy: "rolling", how: "h", instances: 1, warnings: ["w"], wave: 1, phase: .succeeded, reason: "r"),
            DeployCommand.Item(
                application: "a", environment: "e", release: "r", deployment: 1, phase: .succeeded, reason: "r"),
            RegisterCommand.Item(
                application: "a", release: "r", artifact: "x", digest: "d", isNew: true, deployedTo: ["a/e"],
                deployedLater: ["a/f"]),
            WaitCommand.Item(application: "a", environment: "e", awaited: "good", liveRelease: "r", warning: "w"),
            GateCommand.Item(
                application: "a", environment: "e", release: "r", state: "blocked",
                reasons: [.init(GateReason(.freeze, "s", until: time))], nextChange: time, warnings: ["w"]),
            FreezeCommand.List.Item(
                name: "n", title: "t", environments: "*", from: time, until: time, zone: "UTC", inForce: true,
                source: .hand, actor: "x", reason: "r"),
            FreezeCommand.Remove.Item(name: "n", reason: "r"),
            HoldCommand.Release.Item(application: "a", environment: "e", reason: "r"), hold,
            LedgerCommand.Check.Item(subject: "file", state: "ok", detail: "d"),
            ThemesCommand.Item(name: "n", description: "d", file: "f"),
            ConfigCommand.Check.Item(
                level: "fault", file: "f", line: 1, column: 1, environment: "e", alarm: "a", message: "m", mend: "m",
                unlisted: 1),
            MarkCommand.Item(application: "a", release: "r", verdict: "bad", reason: "r"),
        ]
    }

    private static var drill: DrillItem {
        let address = EnvironmentAddress(application: "a", environment: "e")
        let drill = Drill(
            environment: EnvironmentState(address: address), application: ApplicationState(),
            policy: EnvironmentPolicy(stage: "s", instances: 1), release: "r", order: 1, fault: .crash, now: time)
        var item = DrillItem(drill.play(), [.seconds(1)])
        (item.reason, item.to, item.means, item.how, item.decision) = ("r", "t", "flip", "h", "d")
        (item.timeToDecide, item.timeToSafety, item.timeToEnd) = (1, 1, 1)
        item.gate = [.init(GateReason(.freeze, "s", until: time))]
        item.remarks = ["r"]
        return item
    }

    private static var alarm: AlarmItem {
        AlarmItem(
            application: "a", environment: "e", name: "n", instance: 1, kind: "k", severity: .high, state: .ok,
            since: time,
            value: 1, readAt: time, onset: 1, peak: 1, unit: "percent", threshold: 1, evidence: "e")
    }

    private static var status: StatusItem {
        StatusItem(
            application: "a", environment: "e", stage: "s", state: .ok, liveRelease: "r", liveSince: time,
            lastGood: "r",
            backTo: "r", instances: .init(desired: 1, healthy: 1, total: 1),
            deployment: .init(
                id: 1, release: "r", phase: .failed, kind: "rollback", progress: 1, startedAt: time, bakeEndsAt: time,
                reason: "instance #3: exit status 1, and what it said last is a very long story", comparison: "c",
                traffic: .init(BakeTraffic(usual: UsualTraffic(perMinute: 1, days: 7), seen: 1, isLow: true))),
            alarms: .init(state: .ok, inAlarm: ["a"], items: [alarm]),
            gate: .init(state: "open", reasons: [.init(GateReason(.freeze, "s", until: time))], warnings: ["w"]),
            hold: .init(suspect: "s", reason: "r", since: time, actor: "x", until: "u"), suspect: true, problem: "p",
            flag: flag, frontDrift: [.init(found: "f", wanted: "w", movesTraffic: true)], leftOutBy: "x",
            setApart: .init(event: 1, reason: "r"), condition: Condition(0, .rollbackFailed))
    }

    private static var flag: StatusItem.FlagItem {
        let setting = FlagSetting(
            deployment: 1, release: "r", flag: FlagSwitch(flag: "f", on: "a", off: "b"), side: .off)
        return .init(
            FlagStanding(setting: setting, previous: "q", since: time, drift: .unknown(reason: "r")), actsAs: "q")
    }

    private static var comparison: ComparisonItem {
        let setting = ComparisonItem.SettingItem(name: "n", from: "a", to: "b")
        let side = ComparisonItem.SideItem(path: "p", digest: "d", entries: 1, bytes: 1)
        let entry = ComparisonItem.EntryItem(
            path: "p", previousPath: "q", status: .added, kind: .file, sizeBefore: 1, sizeAfter: 1, digestBefore: "d",
            digestAfter: "d", modeBefore: "m", modeAfter: "m", targetBefore: "t", targetAfter: "t",
            differences: ["d"])
        return ComparisonItem(
            application: "a", environment: "e", from: "f", to: "t", fromRevision: "a", toRevision: "b", takenBack: 1,
            broughtIn: 1,
            commits: [.init(revision: "r", author: "a", date: time, subject: "s", direction: .takenBack)],
            files: [
                .init(
                    path: "p", previousPath: "q", status: .renamed, added: 1, removed: 1, binary: true, modeBefore: "m",
                    modeAfter: "m")
            ], notes: ["n"],
            dependencies: [
                .init(
                    name: "n", ecosystem: .npm, file: "f", from: "1", to: "2", change: .added, major: true,
                    difference: .major, relation: .direct, details: [.init(what: .commit, from: "a", to: "b")])
            ], dependencyFiles: ["f"],
            artifact: .init(
                from: side, to: side, added: 1, removed: 1, changed: 1, entries: [entry],
                layers: [.init(digest: "d", size: 1, status: .shared)], settings: [setting],
                platforms: ["p"], dangers: ["d"], notes: ["n"]),
            configuration: [setting],
            safety: [.init(level: .danger, kind: .migration, summary: "s", evidence: ["e"])],
            problems: [.init(part: "p", reason: "r", mend: "m")])
    }

    /// The paths that lead to a value; of a list, those of its elements.
    private func paths(_ value: StoredJSON, _ path: String, _ fields: Fields?) -> [String] {
        switch value {
        case .object(let members):
            members.flatMap { member in
                let name = path.isEmpty ? member.name : "\(path).\(member.name)"
                if fields?.open.contains(member.name) == true { return [name] }
                return paths(member.value, name, fields?.parts[member.name])
            }
        case .list(let elements):
            elements.contains { if case .object = $0 { true } else { false } }
                ? elements.flatMap { paths($0, path, fields) } : [path]
        default: [path]
        }
    }

    @Test(arguments: items.indices) func whatCanBeAskedForIsWhatIsPrinted(index: Int) throws {
        let item = Self.items[index]
        let fields = type(of: item).fields
        #expect(Set(paths(try JSON.tree(item), "", fields)) == Set(fields.paths), "\(type(of: item))")
        // A property that is no field would never be printed.
        let properties = Mirror(reflecting: item).children.compactMap(\.label).filter { $0 != "condition" }
        #expect(Set(properties) == Set(fields.names), "\(type(of: item))")
    }

    @Test func everyCommandWithAnOutputSaysWhatItPrints() {
        func check(_ command: any ParsableCommand.Type) {
            let options = Mirror(reflecting: command.init()).children.compactMap(\.label)
            if options.contains("_output") { #expect(command is any PrintsItems.Type, "\(command)") }
            for sub in command.configuration.subcommands { check(sub) }
        }
        check(Lastgood.self)
    }

    @Test func whyARollbackFailedIsNotPutIntoACell() {
        var failed = Self.status
        failed.setApart = nil
        #expect(failed.row[6].hasPrefix("✗ ROLLBACK FAILED") && !failed.row[6].contains("long story"))
        #expect(failed.remark?.hasSuffix("r: \(failed.deployment?.reason ?? "?")") == true, "\(failed.remark ?? "")")
    }

    @Test func whatScriptsReadHoldsNoControlsOfTerminals() throws {
        let line = try JSON.line(["reason": "\u{9b}31m \u{202e}rtl \u{1b}[31m é"])
        #expect(line == #"{"reason":"\u009b31m \u202ertl \u001b[31m é"}"#)
        let yaml = YAMLText(try JSON.tree(["reason": "\u{9b}31m \u{202e}rtl \u{1b}[31m é"])).text
        #expect(yaml == "reason: \"\\u009b31m \\u202ertl \\u001b[31m é\"\n")
    }
}
