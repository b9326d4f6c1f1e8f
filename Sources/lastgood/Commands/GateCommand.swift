import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model

struct GateCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "gate", abstract: "May a forward deployment start now? If not, why, and until when.",
        discussion: """
            Ends with 0 where the gate is open, and with 3 where it is blocked. What a rollback does is never blocked.

            Examples: lastgood gate checkout/prod-eu; lastgood gate checkout/prod-eu 1.9.0 --wait
            """)

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @Argument(help: "The release that is to be deployed.", completion: Completions.releases) var release: String?
    @Flag(help: "Stay until it opens.") var wait = false
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var application: String
        var environment: String
        var release: String?
        var state: String
        var reasons: [StatusItem.ReasonItem]
        /// When freezes next open or close it.
        var nextChange: Timestamp?
        /// What keeps it from knowing all that may close it.
        var warnings: [String]?

        enum CodingKeys: CodingKey, CaseIterable {
            case application, environment, release, state, reasons, nextChange, warnings
        }
        static var parts: [CodingKeys: any Fielded.Type] { [.reasons: StatusItem.ReasonItem.self] }

        var summary: String { reasons.map(\.summary).joined(separator: "; ") }
    }

    func run() async throws {
        let session = try common.session()
        let configured = try session.environment(environment)
        let address = configured.address
        let registered = try release.map { try session.release($0, of: address.application) }
        let state = try session.state(address)
        let revisions =
            registered.map { CommitLookup.revisions(in: $0.release, waitedForBy: [state], session) } ?? [:]
        var told: String?
        while true {
            let item = try look(session, configured, registered, revisions[address] ?? [])
            let isOpen = item.reasons.isEmpty
            guard wait, !isOpen else { return try tell(item, isOpen: isOpen) }
            if told != item.summary, output.isForPeople { writeError("\(address): waiting: \(item.summary)") }
            told = item.summary
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func look(
        _ session: Session, _ configured: Configuration.Environment, _ registered: RegisteredRelease?,
        _ revisions: [String]
    ) throws -> Item {
        let (now, address) = (Timestamp.now, configured.address)
        let placed = try session.ledger.freezes()
        let state = try session.state(address)
        let samples = try? SampleStore(besideLedger: session.ledger.path)
        let reasons = gateReasons(
            state, application: try session.ledger.application(address.application),
            release: release, order: registered?.order, freezes: session.frozen(address, at: now, and: placed),
            revisions: revisions, surroundings: try session.surroundings(configured),
            traffic: session.traffic(configured, state, samples, now: now))
        let warnings = session.freezes.problems(in: address)
        return Item(
            application: address.application, environment: address.environment, release: release,
            state: reasons.isEmpty ? "open" : "blocked", reasons: reasons.map { StatusItem.ReasonItem($0) },
            nextChange: session.freezes.nextChange(in: address, at: now, and: placed),
            warnings: warnings.isEmpty ? nil : warnings)
    }

    private func tell(_ item: Item, isOpen: Bool) throws {
        let name = "\(item.application)/\(item.environment)"
        if output.isForPeople { for warning in item.warnings ?? [] { writeError("lastgood: \(warning)") } }
        let isWritten = try output.write("gate", item: item, name: { "\($0.application)/\($0.environment)" })
        guard isOpen else {
            let next = item.nextChange.map { "the next change is due at \($0.rfc3339); " } ?? ""
            throw Failure(.blocked, "\(name) is blocked: \(item.summary)", mend: "\(next)wait for it with --wait")
        }
        if isWritten { return }
        let next = item.nextChange.map { "; the next freeze begins at \($0.rfc3339)" } ?? ""
        print("\(name) is open\(next)")
    }
}
