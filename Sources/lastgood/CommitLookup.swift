import Compare
import Controller
import Ledger
import Model

/// What git tells of the commits for which holds wait, in the repository of one application.
struct CommitLookup {
    let application: String
    private let repository: Repository?
    /// Why nothing can be told.
    private let obstacle: String?

    init(_ session: Session, _ application: String) {
        self.application = application
        guard let location = session.configuration.applications.first(where: { $0.name == application })?.repository
        else {
            (repository, obstacle) = (nil, "no repository of \(application) is configured")
            return
        }
        do throws(Problem) {
            let opened = try Repository(location, mirrors: SQLiteLedger.mirrors)
            try opened.refresh()
            (repository, obstacle) = (opened, nil)
        } catch { (repository, obstacle) = (nil, error.reason) }
    }

    enum Answer: Equatable {
        case yes, no
        /// Why it cannot be told.
        case unknown(String)
    }

    /// The whole name of a commit.
    func fullName(of commit: String) -> Result<String, Unknown> {
        guard let repository else { return .failure(Unknown(reason: obstacle ?? "")) }
        do throws(Problem) {
            if let name = try repository.fullName(of: commit) { return .success(name) }
            return .failure(Unknown(reason: "the repository \(repository.location) has no commit \(commit)"))
        } catch { return .failure(Unknown(reason: error.reason)) }
    }

    struct Unknown: Error, Equatable { var reason: String }

    /// Whether a release was built from history that contains a commit.
    func release(_ release: Release, contains commit: String) -> Answer {
        guard let revision = release.revision else {
            return .unknown("\(release.version) was registered without a revision")
        }
        guard let repository else { return .unknown(obstacle ?? "") }
        do throws(Problem) {
            guard let answer = try repository.history(of: revision, contains: commit) else {
                return .unknown("\(repository.location) does not have all of their history")
            }
            return answer ? .yes : .no
        } catch { return .unknown(error.reason) }
    }

    /// The commits for which environments wait by a hold and that a release contains; says on standard error where that
    /// cannot be told.
    static func revisions(
        in release: Release, waitedForBy states: [EnvironmentState], _ session: Session
    ) -> [EnvironmentAddress: [String]] {
        var found: [EnvironmentAddress: [String]] = [:]
        var lookup: CommitLookup?
        for state in states {
            guard case .commit(let commit)? = state.handHold?.until else { continue }
            let asked = lookup ?? CommitLookup(session, release.application)
            lookup = asked
            switch asked.release(release, contains: commit) {
            case .yes: found[state.address] = [commit]
            case .no: break
            case .unknown(let reason):
                writeError(
                    "lastgood: \(state.address): whether \(release.version) contains \(commit.prefix(12)) is not known: "
                        + visible(reason))
            }
        }
        return found
    }
}
