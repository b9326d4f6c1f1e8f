import Archive
import ArgumentParser
import Compare
import Controller
import Foundation
import Ledger
import Model

struct RegisterCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Tell lastgood of a release; a build pipeline calls it.",
        discussion: """
            The same facts again change nothing; other facts under a known name are refused.

            Example: lastgood register checkout 1.9.0 --revision $(git rev-parse HEAD) \
            --artifact build/checkout-1.9.0.tar.gz
            """)

    @Argument(help: ArgumentHelp("The application.", valueName: "app"), completion: Completions.applications)
    var application: String
    @Argument(help: ArgumentHelp("The name of the release.", valueName: "release")) var release: String
    @Option(help: ArgumentHelp("The source revision, usually a git commit.", valueName: "sha")) var revision: String?
    @Option(
        help: ArgumentHelp(
            "The artifact: a folder, an archive, or an image: oci://REGISTRY/NAME:TAG.", valueName: "ref"),
        completion: .file())
    var artifact: String
    @Option(
        help: ArgumentHelp(
            "Its digest, sha256:…; computed from the archive or folder, or asked of the registry, where it is left out.",
            valueName: "digest"))
    var digest: String?
    @Option(
        help: ArgumentHelp(
            "A lockfile or SBOM, in the repository or on this machine; may be given several times.", valueName: "file"),
        completion: .file())
    var dependencies: [String] = []
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var application: String
        var release: String
        var artifact: String
        var digest: String?
        var isNew: Bool
        /// Where a hold waited for it, so that it is deployed.
        var deployedTo: [String]?
        /// Where a hold waited for it and something else is under way, after which it is deployed.
        var deployedLater: [String]?

        enum CodingKeys: CodingKey, CaseIterable {
            case application, release, artifact, digest, isNew, deployedTo, deployedLater
        }
    }

    func run() async throws {
        let session = try common.session()
        let configured = session.configuration.applications
        guard let settings = configured.first(where: { $0.name == application }) else {
            throw Failure(
                .usage, "there is no application “\(application)”", meant: application,
                among: configured.map(\.name))
        }
        let check = RegistrationCheck(application: settings)
        try check.name(release)
        for (option, value) in [("--artifact", artifact), ("--revision", revision)] {
            try check.given(value, option: option)
        }
        let commit = try revision.map { try revisionKept($0, check, session.ledger) }
        let lists = try dependencies.map { try check.list($0, revision: revision ?? release) }
        let isImage = artifact.hasPrefix(Release.imageScheme)
        let path = isImage ? Self.plain(artifact) : URL(fileURLWithPath: artifact).standardizedFileURL.path
        guard !isImage || Secrets.hiding(in: path) == path else {
            throw Failure(
                .usage, "the address \(Secrets.hiding(in: path)) holds a password, which everybody would read",
                mend: "leave it out; registries are logged in to by ~/.docker/config.json")
        }
        guard isImage || FileManager.default.fileExists(atPath: path) else {
            throw Failure(.usage, "there is no artifact at \(path)", mend: "correct --artifact, or build it first")
        }
        let verified = try isImage ? digestOfImage(path, session.ledger) : digestOfFiles(path)
        let facts = Release(
            application: application, version: release, revision: commit, artifact: path, digest: verified,
            dependencies: lists)
        let isNew: Bool
        do { isNew = try session.ledger.register(facts, actor: userName(), at: .now) } catch let error as LedgerError {
            guard case .conflictingRelease = error else { throw error }
            throw Failure(.refused, error.description, mend: error.mend)
        }
        let awaited = try session.deployWhereAwaited(try session.release(release, of: application))
        if !(awaited.begun.isEmpty && awaited.later.isEmpty), try !session.isLed() { _ = try session.handOver() }
        var item = Item(application: application, release: release, artifact: path, digest: verified, isNew: isNew)
        if !awaited.begun.isEmpty { item.deployedTo = awaited.begun.compactMap { $0.address?.description } }
        if !awaited.later.isEmpty { item.deployedLater = awaited.later.map(\.address.description) }
        if try output.write("release", item: item, name: \.release) { return }
        print(isNew ? "registered \(application) \(release)" : "\(application) \(release) was registered already")
        for event in awaited.begun {
            print("#\(event.sequence) \(event.address?.description ?? ""): a hold waited for it, and it is deployed")
        }
        for (address, why) in awaited.later {
            print(
                "\(address): a hold waited for it, and it is deployed once what is under way has ended: \(visible(why))"
            )
        }
    }

    /// The commit, unless it is known by other words for the same one, as before whole names were kept.
    private func revisionKept(_ revision: String, _ check: RegistrationCheck, _ ledger: SQLiteLedger) throws -> String {
        let commit = try check.commit(revision)
        guard let known = try ledger.release(release, of: application)?.release.revision, known != commit,
            let same = try? check.commit(known), same == commit
        else { return commit }
        return known
    }

    private func digestOfFiles(_ path: String) throws -> String {
        if let fault = Archive.fault(at: path, isWhole: true) {
            throw Failure(.usage, fault, mend: "correct --artifact, or build it anew")
        }
        let actual = try artifactDigest(path)
        guard let digest else { return actual }
        guard let wanted = ArtifactDigest.normalized(digest) else {
            throw Failure(.usage, "“\(digest)” is no digest", mend: "write sha256: and 64 hexadecimal digits")
        }
        guard wanted == actual else {
            throw Failure(.usage, "the artifact's digest is \(actual), not \(wanted)", mend: "correct --digest")
        }
        return actual
    }

    /// An image's reference with its digest, where it has one, in small letters.
    private static func plain(_ artifact: String) -> String {
        guard let at = artifact.firstIndex(of: "@"),
            let digest = ArtifactDigest.normalized(String(artifact[artifact.index(after: at)...]))
        else { return artifact }
        return "\(artifact[...at])\(digest)"
    }

    /// The same again changes nothing: what was registered by a tag before its digest was asked for stays so, and what is
    /// known already needs no registry that answers.
    private func digestOfImage(_ artifact: String, _ ledger: SQLiteLedger) throws -> String? {
        let known = try ledger.release(release, of: application)?.release
        let isKnown = known?.artifact == artifact
        if isKnown, digest == nil, known?.digest == nil { return nil }
        if isKnown, let digest = digest.flatMap(ArtifactDigest.normalized),
            digest == known?.digest.flatMap(ArtifactDigest.normalized)
        {
            return known?.digest
        }
        do throws(Problem) { return try imageDigest(of: artifact, given: digest) } catch {
            if isKnown, digest == nil { return known?.digest }
            throw Failure(.usage, error.reason, mend: error.mend ?? "correct --artifact")
        }
    }
}

struct MarkCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "mark", abstract: "Give a verdict on a release: good or bad.",
        discussion: "A release marked bad is never last good, anywhere; one marked good is no longer suspect.")

    enum Word: String, ExpressibleByArgument, CaseIterable { case good, bad }

    @Argument(help: ArgumentHelp("The application.", valueName: "app"), completion: Completions.applications)
    var application: String
    @Argument(help: ArgumentHelp("The release.", valueName: "release"), completion: Completions.releases)
    var release: String
    @Argument(help: "good or bad.") var verdict: Word
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { Item.self }

    struct Item: Fielded {
        var application: String
        var release: String
        var verdict: String
        var reason: String

        enum CodingKeys: CodingKey, CaseIterable { case application, release, verdict, reason }
    }

    func run() async throws {
        try ReasonRule.check(reason)
        let session = try common.session()
        _ = try session.release(release, of: application)
        let body = EventBody.releaseMarked(
            release: release, verdict: verdict == .good ? .good : .bad, reason: reason)
        try session.ledger.append(body, to: .application(application), actor: userName(), at: .now)
        let item = Item(application: application, release: release, verdict: verdict.rawValue, reason: reason)
        if try output.write("mark", item: item, name: \.release) { return }
        print("\(application) \(release) is marked \(verdict.rawValue)")
    }
}
