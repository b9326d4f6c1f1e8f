import ArgumentParser
import Controller
import Foundation
import Ledger
import Model

extension HoldCommand {
    struct Place: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Hold an environment: nothing new is deployed there, rollbacks pass.",
            discussion: """
                Without --until-release or --until-commit only a person lifts it. A release is newer than another where \
                it was registered later. Whether a release contains a commit is asked of git when it is deployed with \
                `lastgood deploy`, in the application's repository. With --deploy it goes there as soon as it is \
                registered, through the gates, and waits where they are closed.

                Examples: lastgood hold place checkout/prod-eu --reason 'the schema moves'; lastgood hold place \
                checkout/prod-eu --reason 'the leak' --until-release '>1.8.2'; lastgood hold place checkout/prod-eu \
                --reason 'the leak' --until-commit 3f2a91c --deploy
                """)

        @Argument(
            help: ArgumentHelp("The environment, such as checkout/prod-eu.", valueName: "env"),
            completion: Completions.environments)
        var environment: String
        @Option(help: ArgumentHelp("Why; whoever is held up reads it.", valueName: "text")) var reason: String
        @Option(
            help: ArgumentHelp(
                "Let this release in, or with a > before it any that was registered later, and be lifted by it.",
                valueName: "expr"), completion: Completions.releases)
        var untilRelease: String?
        @Option(
            help: ArgumentHelp("Let a release in whose history contains this commit.", valueName: "sha"))
        var untilCommit: String?
        @Flag(help: "Deploy the release that it waits for as soon as it is registered.") var deploy = false
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        func run() async throws {
            let session = try common.session()
            let address = try session.environment(environment).address
            try ReasonRule.check(reason)
            let until = try end(session, address.application)
            guard until != .person || !deploy else {
                throw Failure(
                    .usage, "--deploy says nothing without what the hold waits for",
                    mend: "give --until-release or --until-commit, too")
            }
            try session.ledger.makeReady([address])
            do {
                try session.ledger.append(
                    .holdPlacedByHand(until: until, reason: reason, deploys: deploy), to: .environment(address),
                    actor: userName(), at: .now)
            } catch FoldError.holdExists(let actor, let since) {
                throw Failure(
                    .refused, "\(address) is held already, by \(actor) since \(since.rfc3339)",
                    mend: "lift that first: `lastgood hold release \(address) --reason …`")
            }
            let hold = HandHold(until: until, reason: reason, actor: userName(), since: .now, deploys: deploy)
            if try output.write("hold", item: Item(address, hold), name: \.name) { return }
            print("\(address) is held \(hold.untilInWords)")
        }

        private func end(_ session: Session, _ application: String) throws -> HoldEnd {
            switch (untilRelease, untilCommit) {
            case (nil, nil): return .person
            case (let text?, nil): return try release(text, session, application)
            case (nil, let commit?): return .commit(try self.commit(commit, session, application))
            case (_?, _?):
                throw Failure(
                    .usage, "a hold waits for a release or for a commit, not for both", mend: "give one of the two")
            }
        }

        private func release(_ text: String, _ session: Session, _ application: String) throws -> HoldEnd {
            let isNewer = text.hasPrefix(">")
            let name = text.dropFirst(isNewer ? 1 : 0).trimmingCharacters(in: .whitespaces)
            guard !name.isEmpty, !name.hasPrefix("="), !name.hasPrefix("<"), !name.hasPrefix(">") else {
                throw Failure(
                    .usage, "--until-release is “\(text)”",
                    mend: "give a release such as 1.9.1, or one with a > before it")
            }
            // Newer than what nobody knows would be nothing, or everything.
            if isNewer { return .newer(than: name, order: try session.release(name, of: application).order) }
            if try session.ledger.release(name, of: application) == nil {
                writeError(
                    "lastgood: \(application) has no release “\(visible(name))” yet: it lifts the hold once it comes")
            }
            return .release(name)
        }

        /// Its whole name where git tells it.
        private func commit(_ text: String, _ session: Session, _ application: String) throws -> String {
            guard (4...64).contains(text.utf8.count), text.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
            else {
                throw Failure(
                    .usage, "--until-commit is “\(text)”", mend: "give a commit's name, 4 to 64 hexadecimal digits")
            }
            switch CommitLookup(session, application).fullName(of: text) {
            case .success(let name): return name
            case .failure(let unknown):
                writeError(
                    "lastgood: \(visible(unknown.reason)): as long as that is so, no release is seen to contain the commit"
                )
                return text.lowercased()
            }
        }
    }
}
