import ArgumentParser
import Compare
import Controller
import Foundation
import Ledger
import Model
import Synchronization
import Terminal

struct CompareCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show what changes between two releases: live and last good, or any two.",
        discussion: """
            From what is live to where one would go: commits, files, dependencies, the artifact, the configuration, \
            and what makes going back unsafe. A release that is not registered may be any revision of the repository.

            Examples: lastgood compare checkout/prod-eu
                      lastgood compare checkout/prod-eu --to 1.8.0 --output json
                      lastgood compare checkout/prod-eu --from v1.9.0 --to v1.8.0 --part commits
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case summary, safety, commits, files, dependencies, artifact, configuration
    }

    @Argument(
        help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
        completion: Completions.environments)
    var environment: String
    @Option(
        help: ArgumentHelp("The release to compare with; what is live where it is left out.", valueName: "release"),
        completion: Completions.releases)
    var from: String?
    @Option(
        help: ArgumentHelp("The release to go to; last good where it is left out.", valueName: "release"),
        completion: Completions.releases)
    var to: String?
    @Option(
        help:
            "Only this part of the table, in full: summary, safety, commits, files, dependencies, artifact, configuration."
    )
    var part: Part?
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { ComparisonItem.self }

    func run() async throws {
        let session = try common.session()
        let chosen = try session.environment(environment)
        let request = try session.ledger.compareRequest(
            chosen.address, from: from, to: to, configuration: session.configuration)
        for word in [from, to].compactMap(\.self) { try confirm(word, chosen.address, session) }
        let lastProgress = Mutex("")
        let comparison = Comparison.run(request) { known in
            guard isatty(STDERR_FILENO) == 1, let text = known.progress else { return }
            let isNew = lastProgress.withLock { last in
                defer { last = text }
                return last != text
            }
            if isNew { writeError("lastgood: \(visible(text))") }
        }
        let item = ComparisonItem(chosen.address, request, comparison)
        if try output.write("comparison", item: item, name: { _ in request.to.version }) { return }
        ComparisonText(request: request, comparison: comparison, part: part).write()
    }

    /// - Throws: a ``Failure`` where a word is no release, and no revision of a repository that is at hand.
    private func confirm(_ word: String, _ address: EnvironmentAddress, _ session: Session) throws {
        guard try session.ledger.release(word, of: address.application) == nil else { return }
        let application = session.configuration.applications.first { $0.name == address.application }
        if let location = application?.repository {
            // What cannot be asked, or lies elsewhere, is told by the comparison.
            guard let repository = try? Repository.onThisMachine(location) else { return }
            do throws(Problem) { if try repository.fullName(of: word) != nil { return } } catch { return }
        }
        let known = try session.ledger.releases(of: address.application, limit: 50).map(\.release.version)
        throw Failure(
            .usage, "“\(word)” is neither a release of \(address.application) nor a revision of its repository",
            meant: word, among: known)
    }
}
