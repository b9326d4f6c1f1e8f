import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct SuspectsCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "suspects", abstract: "Rank releases by how likely they brought the alarm that is on.",
        discussion: """
            It looks at when the trouble began, found in the samples; at environments with and without each release; at \
            instances of different releases side by side; and at what each release changed. A share is a share of the \
            suspicion, no proof. Beside it stands what else changed in the minutes before: other applications' deployments, \
            flags that were set, and what somebody else has changed.

            Example: lastgood suspects checkout/prod-eu
            """)

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var rank: Int
        var release: String
        var share: Double
        var liveFrom: Timestamp
        /// When its first instance came, which is what the reasons count from.
        var cameAt: Timestamp
        var leftAt: Timestamp?
        var isLive: Bool
        var alarm: String
        var began: Timestamp
        /// Whether the beginning was found in the samples, or is when the alarm went on.
        var isMeasured: Bool
        var reasons: [ReasonItem]
        /// What else changed before the alarm, the same beside each suspect.
        var alsoChanged: [ChangeItem]

        enum CodingKeys: CodingKey, CaseIterable {
            case rank, release, share, liveFrom, cameAt, leftAt, isLive, alarm, began, isMeasured, reasons, alsoChanged
        }
        static var parts: [CodingKeys: any Fielded.Type] {
            [.reasons: ReasonItem.self, .alsoChanged: ChangeItem.self]
        }
    }

    struct ChangeItem: Fielded {
        /// deployment, rollback, flag or drift.
        var what: String
        var time: Timestamp
        var application: String
        var environment: String
        var summary: String

        enum CodingKeys: CodingKey, CaseIterable {
            case what, time, application, environment, summary
        }
    }

    struct ReasonItem: Fielded {
        var sentence: String
        var weight: Double

        enum CodingKeys: CodingKey, CaseIterable {
            case sentence, weight
        }
    }

    func run() async throws {
        let session = try common.session()
        let address = try session.environment(environment).address
        let ranking = try session.ledger.rankSuspects(address, configuration: session.configuration)
        let state = try session.state(address)
        let live = state.liveRelease
        let policy = try session.environment(environment).policy
        let others = try session.ledger.otherChanges(state, policy, ranking)
        if !output.isForPeople {
            let items = ranking.suspects.enumerated().compactMap { index, suspect -> Item? in
                guard let alarm = ranking.alarm, let began = ranking.began else { return nil }
                return Item(
                    rank: index + 1, release: suspect.release, share: (suspect.share * 1000).rounded() / 1000,
                    liveFrom: suspect.liveFrom, cameAt: suspect.came, leftAt: suspect.left,
                    isLive: suspect.release == live, alarm: alarm.label, began: began, isMeasured: ranking.isMeasured,
                    reasons: suspect.reasons.map { ReasonItem(sentence: $0.sentence, weight: $0.weight) },
                    alsoChanged: (others?.found ?? []).map { change in
                        ChangeItem(
                            what: change.what.rawValue, time: change.time, application: change.address.application,
                            environment: change.address.environment, summary: change.deed)
                    })
            }
            _ = try output.write("suspects", items: items, name: \.release)
            return
        }
        guard let alarm = ranking.alarm, let began = ranking.began else {
            return print("no alarm is on in \(address): nothing is suspected")
        }
        let source = ranking.isMeasured ? "in the samples" : "when the alarm went on"
        let now = session.alarms(state, try? SampleStore(besideLedger: session.ledger.path), now: .now)
            .first { $0.status.identity == alarm.identity }
        let words = [
            (now?.status ?? alarm).sentence, now?.reading?.course,
            "it began \((Timestamp.now - began).inWords) ago (\(source))",
        ].compactMap(\.self)
        print(visible("\(address): \(words.joined(separator: "; "))"))
        for (suspect, percent) in zip(ranking.suspects, ranking.percents) {
            let share = "\(percent) %"
            print("")
            print(visible("\(share)  \(suspect.release)\(suspect.release == live ? ", live" : "")"))
            for reason in suspect.reasons { print(visible("   \(reason.weight > 0 ? "+" : "−") \(reason.sentence)")) }
        }
        if ranking.suspects.isEmpty { print("no release was ever live here") }
        print("\n\(ranking.percents.last ?? 100) %  something that is no release")
        for sentence in others?.sentences ?? [] { print(visible("   \(Secrets.hiding(in: sentence))")) }
    }
}
