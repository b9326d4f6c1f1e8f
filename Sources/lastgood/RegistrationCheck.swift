import Compare
import Controller
import Foundation
import Model

/// What is wrong with the facts that a pipeline registers: where a step before it failed, they are empty or name what is
/// not there.
struct RegistrationCheck {
    let application: Configuration.Application

    /// - Throws: a ``Failure`` where a release cannot have that name.
    func name(_ release: String) throws {
        if let (reason, mend) = NameRule.fault(release, isRelease: true) {
            throw Failure(.usage, "a release \(reason)", mend: mend)
        }
        guard Secrets.hiding(in: release) == release else {
            throw Failure(
                .usage, "a release cannot be called “\(Secrets.hiding(in: release))”: that looks like a secret",
                mend:
                    "it would be hidden wherever it is shown; give it another name, and where it is a secret, a new one"
            )
        }
    }

    /// - Throws: a ``Failure`` where an option has no value, as of a variable that is not set.
    func given(_ value: String?, option: String) throws {
        guard let value else { return }
        if value.allSatisfy(\.isWhitespace) {
            throw Failure(.usage, "\(option) is empty", mend: "give it a value, or leave it out")
        }
        if value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) || value.count > 1000 {
            throw Failure(
                .usage, "\(option) is “\(value.prefix(60))…”, which has control characters or is too long",
                mend: "give it one word")
        }
    }

    /// The commit that a revision stands for now: branches and tags move, and a release never does. As it was given where
    /// the repository is not at hand.
    /// - Throws: a ``Failure`` where the repository is at hand and has no such revision.
    func commit(_ revision: String) throws -> String {
        guard let repository = openRepository() else { return revision }
        do throws(Problem) {
            if let commit = try repository.fullName(of: revision) { return commit }
        } catch {
            note(error)
            return revision
        }
        throw Failure(
            .usage, "the repository \(repository.location) has no revision “\(revision)”",
            mend: "push it there first, or correct --revision")
    }

    /// The list of dependencies as it is kept: a file on this machine by its whole path, one in the repository by its
    /// path there.
    /// - Throws: a ``Failure`` where it is in neither.
    func list(_ path: String, revision: String) throws -> String {
        try given(path, option: "--dependencies")
        let repository = openRepository()
        if !path.hasPrefix("/"), let repository,
            let isThere = try? repository.hadFile(path, at: revision), isThere
        {
            return path
        }
        let onDisk = URL(fileURLWithPath: path).standardizedFileURL.path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: onDisk, isDirectory: &isFolder) {
            guard !isFolder.boolValue else {
                throw Failure(
                    .usage, "--dependencies names a folder, \(onDisk)", mend: "name the lockfile or SBOM in it")
            }
            return onDisk
        }
        // What a repository elsewhere holds is known once it is compared.
        if !path.hasPrefix("/"), application.repository != nil, repository == nil { return path }
        let places = [repository.map { "in \($0.location) at \(revision)" }, "at \(onDisk)"].compactMap(\.self)
        throw Failure(
            .usage, "there is no list of dependencies \(places.joined(separator: ", and none "))",
            mend: "correct --dependencies, or make the list first")
    }

    /// Where it cannot be read, nothing can be said of what it holds; comparing will say so.
    private func openRepository() -> Repository? {
        guard let location = application.repository else { return nil }
        do throws(Problem) { return try Repository.onThisMachine(location) } catch {
            note(error)
            return nil
        }
    }

    private func note(_ problem: Problem) {
        writeError("lastgood: what is registered was not looked up: \(visible(problem.reason))")
    }
}
