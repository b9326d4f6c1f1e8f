import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct HistoryCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the deployments of an environment, newest first.")

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @Flag(help: "Group by release.") var releases = false
    @Option(help: ArgumentHelp("How many deployments at the most.", valueName: "count")) var limit = 100
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { releases ? ReleaseItem.self : Item.self }

    struct Item: Fielded {
        var deployment: Int64
        var release: String
        var revision: String?
        var kind: DeploymentRecord.Kind
        var trigger: Trigger
        var actor: String
        var phase: Phase
        var startedAt: Timestamp
        var endedAt: Timestamp?
        var liveFor: Double?
        var reason: String?
        var alarms: [String]
        var isLive: Bool
        var isLastGood: Bool
        var mark: StateWord?
        /// Of a rollback: whether it has ended what it was done for.
        var helped: Bool?

        enum CodingKeys: CodingKey, CaseIterable {
            case deployment, release, revision, kind, trigger, actor, phase, startedAt, endedAt, liveFor, reason,
                alarms, isLive, isLastGood, mark, helped
        }
    }

    struct ReleaseItem: Fielded {
        var release: String
        var deployments: Int
        var liveFor: Double?
        var isLive: Bool
        var isLastGood: Bool
        var mark: StateWord?

        enum CodingKeys: CodingKey, CaseIterable {
            case release, deployments, liveFor, isLive, isLastGood, mark
        }
    }

    func run() async throws {
        guard limit > 0 else { throw Failure(.usage, "--limit is \(limit)", mend: "give a number above 0") }
        let session = try common.session()
        let address = try session.environment(environment).address
        let state = try session.state(address)
        let application = try session.ledger.application(address.application)
        let lastGood = state.lastGood(application)?.version
        let records = try session.ledger.history(of: address, limit: limit)
        let now = Timestamp.now
        let newestGood = records.first { $0.release == lastGood && $0.phase == .succeeded }?.id
        let items = records.map { record in
            Item(
                record, isLive: record.id == state.liveDeployment, isLastGood: record.id == newestGood,
                mark: state.mark(of: record.release, application)?.stateWord, now: now)
        }
        if releases { return try writeReleases(items, lastGood: lastGood) }
        if try output.write("history", items: items, name: { String($0.deployment) }) { return }
        let wide = output.isWide ? ["REVISION", "ENDED", "ALARMS"] : []
        var table = Table(
            ["", "#", "RELEASE", "STARTED", "LIVE FOR", "HOW IT ENDED", "BY", "MARK"] + wide, rightAligned: [1])
        for item in items {
            table.add(
                [
                    (item.isLive ? "▸" : "") + (item.isLastGood ? "★" : ""), String(item.deployment), item.release,
                    item.startedAt.rfc3339, item.liveFor.map { Duration.seconds($0).inWords } ?? "–",
                    item.ending.text + (item.reason.map { ": \($0)" } ?? ""),
                    item.trigger == .automatic ? "automatic" : item.actor, item.mark?.description ?? "",
                ]
                    + (output.isWide
                        ? [
                            item.revision ?? "–", item.endedAt?.rfc3339 ?? "–",
                            item.alarms.isEmpty ? "–" : item.alarms.joined(separator: ", "),
                        ] : []))
        }
        table.write()
        print("▸ live   ★ last good")
    }

    private func writeReleases(_ items: [Item], lastGood: String?) throws {
        var order: [String] = []
        var groups: [String: [Item]] = [:]
        for item in items {
            if groups[item.release] == nil { order.append(item.release) }
            groups[item.release, default: []].append(item)
        }
        let rows = order.map { release in
            let group = groups[release] ?? []
            let times = group.compactMap(\.liveFor)
            return ReleaseItem(
                release: release, deployments: group.count, liveFor: times.isEmpty ? nil : times.reduce(0, +),
                isLive: group.contains(where: \.isLive), isLastGood: release == lastGood, mark: group.first?.mark)
        }
        if try output.write("releases", items: rows, name: \.release) { return }
        var table = Table(["", "RELEASE", "DEPLOYMENTS", "LIVE FOR", "MARK"], rightAligned: [2])
        for row in rows {
            table.add([
                row.isLive ? "▸" : row.isLastGood ? "★" : " ", row.release, String(row.deployments),
                row.liveFor.map { Duration.seconds($0).inWords } ?? "–", row.mark?.description ?? "",
            ])
        }
        table.write()
        print("▸ live   ★ last good")
    }
}

extension HistoryCommand.Item {
    init(_ record: DeploymentRecord, isLive: Bool, isLastGood: Bool, mark: StateWord?, now: Timestamp) {
        self.init(
            deployment: record.id, release: record.release, revision: record.revision, kind: record.kind,
            trigger: record.trigger, actor: record.actor, phase: record.phase,
            startedAt: record.startedAt ?? record.requestedAt, endedAt: record.endedAt,
            liveFor: record.liveFor(now: now)?.inSeconds, reason: record.why, alarms: record.alarms, isLive: isLive,
            isLastGood: isLastGood, mark: mark, helped: record.judgement?.hasHelped)
    }

    /// For people, who read it as a word.
    var ending: Ending { Ending(phase, isRollback: kind == .rollback, known, isLive: isLive) }
    private var known: Standing.Mark? { mark.flatMap { Standing.Mark(rawValue: $0.code) } }
}
