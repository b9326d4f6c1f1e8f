import ArgumentParser
import Controller
import Foundation
import Incidents
import Ledger
import Model
import Terminal

struct ExplainCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why things are as they are in an environment, and what happens next.",
        discussion: """
            What is live and since when, how the deployment stands, which alarms are on and what they bring about, why the \
            gate is open or closed and when that may change, what is held and suspect, what else changed before an alarm \
            that is on, where a rollback would go, and what comes next, with times. It reads the ledger, whether or not \
            somebody acts. Times are in your zone, with UTC beside.

            Example: lastgood explain checkout/prod-eu
            """)

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        struct Line: Fielded {
            var kind: Explanation.Kind
            var text: String
            /// When it ends or changes by itself.
            var until: Timestamp?
            /// Whether somebody must look.
            var isTrouble: Bool

            enum CodingKeys: CodingKey, CaseIterable { case kind, text, until, isTrouble }
        }

        var application: String
        var environment: String
        var lines: [Line]

        enum CodingKeys: CodingKey, CaseIterable { case application, environment, lines }
        static var parts: [CodingKeys: any Fielded.Type] { [.lines: Line.self] }
    }

    func run() async throws {
        let session = try common.session()
        let evidence = try session.explanationEvidence(try session.environment(environment))
        let explanation = Explanation(evidence, ReportClock(evidence.span, offset: zoneOffset))
        let item = Item(explanation)
        if try output.write("explanation", item: item, name: { "\($0.application)/\($0.environment)" }) { return }
        print(visible("\(explanation.address)"))
        var last: Explanation.Kind?
        for line in explanation.lines {
            let title = line.kind == last ? "" : line.kind.title
            last = line.kind
            let padding = String(repeating: " ", count: max(0, Self.titleWidth - title.count))
            print("  \(title)\(padding)\(visible(Secrets.hiding(in: line.text)))")
        }
    }

    private static let titleWidth = 2 + (Explanation.Kind.allCases.map(\.title.count).max() ?? 0)
}

extension Explanation.Kind: Encodable {}

extension ExplainCommand.Item {
    init(_ explanation: Explanation) {
        (application, environment) = (explanation.address.application, explanation.address.environment)
        lines = explanation.lines.map {
            Line(kind: $0.kind, text: $0.text, until: $0.until, isTrouble: $0.isTrouble)
        }
    }
}
