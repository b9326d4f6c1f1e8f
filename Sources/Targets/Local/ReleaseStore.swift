import Archive
import Foundation
import Model

/// The folder `releases` of a target: each release's own folder, and beside it `.VERSION.manifest`, which says what is
/// in it. A release appears in one step, whole and with its manifest, or not at all.
struct ReleaseStore: Sendable {
    let folder: String

    func path(_ version: String) -> String { "\(folder)/\(version)" }
    private func manifestPath(_ version: String) -> String { "\(folder)/.\(version).manifest" }

    // MARK: looking

    /// Whether a release's files are what was unpacked.
    /// - Parameter digest: of the artifact that it must come from; `nil` where any will do.
    func look(_ version: String, digest: String?, isThorough: Bool, _ attempt: Attempt) throws -> ReleaseFound {
        try attempt.step("looking at \(path(version))")
        guard FileManager.default.fileExists(atPath: path(version)) else { return .absent }
        guard let manifest = manifest(version) else { return .absent }
        if let digest, !manifest.artifact.isEmpty, manifest.artifact != digest {
            return .changed("they come from another artifact, \(manifest.artifact)")
        }
        let differences = try manifest.differences(in: path(version), isThorough: isThorough) {
            try attempt.step("reading \(path(version))")
        }
        guard let first = differences.first else { return .whole }
        return .changed(differences.count > 1 ? "\(first), and \(differences.count - 1) more" : first)
    }

    private func manifest(_ version: String) -> Manifest? {
        guard let data = FileManager.default.contents(atPath: manifestPath(version)) else { return nil }
        return try? JSONDecoder().decode(Manifest.self, from: data)
    }

    // MARK: unpacking

    /// Makes a release ready: by finding it so, or by unpacking its artifact.
    /// - Parameter knownChange: how its files are known to differ, where they are.
    func prepare(_ release: Release, knownChange: String? = nil, _ attempt: Attempt) throws -> ReleaseFound {
        var change = knownChange
        if change == nil {
            switch try look(release.version, digest: release.digest, isThorough: true, attempt) {
            case .whole: return .whole
            case .changed(let how): change = how
            case .absent, .unpacked: break
            }
        }
        if release.isImage {
            throw ArchiveError(
                "the artifact of \(release.version) is an image, and a local target runs folders and archives")
        }
        try attempt.step("looking for \(release.artifact)")
        guard FileManager.default.fileExists(atPath: release.artifact) else {
            return try doWithout(release, change, attempt)
        }
        removeLeftovers()
        return try unpack(release, attempt)
    }

    /// The artifact is gone: what an earlier version has unpacked is better than nothing; what was changed is not.
    private func doWithout(_ release: Release, _ change: String?, _ attempt: Attempt) throws -> ReleaseFound {
        let gone = "the artifact of \(release.version) is gone: \(release.artifact)"
        if let change { throw ArchiveError("\(gone), and the files that were unpacked of it have changed: \(change)") }
        guard FileManager.default.fileExists(atPath: path(release.version)) else { throw ArchiveError(gone) }
        var manifest = try Manifest(ofFolder: path(release.version)) {
            try attempt.step("reading \(path(release.version))")
        }
        manifest.artifact = ""
        try write(manifest, release.version)
        return .unpacked(["\(gone); it runs from files that nobody can check, which lay there"])
    }

    private func unpack(_ release: Release, _ attempt: Attempt) throws -> ReleaseFound {
        try makeFolder()
        let temporary = "\(folder)/.\(release.version).\(Self.mark).\(UUID().uuidString).unpacking"
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        let unpacked = try Archive.unpack(
            release.artifact, to: temporary,
            check: { actual in
                guard let registered = release.digest, registered != actual else { return }
                throw ArchiveError(
                    otherArtifact(release.version, release.artifact, actual: actual, registered: registered))
            }, step: attempt.step)
        try attempt.step("putting \(path(release.version)) in place")
        // First what it must be: a folder without it would have to be unpacked again.
        try write(unpacked.manifest, release.version)
        try place(temporary, release.version)
        return .unpacked(unpacked.leftOut)
    }

    private func makeFolder() throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch { throw ArchiveError("cannot make \(folder): \(error.localizedDescription)") }
    }

    /// What was there stays for as long as something runs from it.
    private func place(_ temporary: String, _ version: String) throws {
        if FileManager.default.fileExists(atPath: path(version)) {
            try exchange(temporary, path(version))
            retire(temporary)
        } else {
            guard rename(temporary, path(version)) == 0 else {
                throw ArchiveError("cannot move the unpacked artifact to \(path(version)): \(lastSystemError())")
            }
        }
        try syncFolder(folder)
    }

    private func write(_ manifest: Manifest, _ version: String) throws {
        let temporary = "\(folder)/.\(version).\(Self.mark).\(UUID().uuidString).manifest.unpacking"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ArchiveError("cannot write \(temporary): \(lastSystemError())") }
        defer { unlink(temporary) }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: try JSONEncoder().encode(manifest))
            try handle.synchronize()
            try handle.close()
        } catch { throw ArchiveError("cannot write \(temporary): \(error.localizedDescription)") }
        guard rename(temporary, manifestPath(version)) == 0 else {
            throw ArchiveError("cannot write \(manifestPath(version)): \(lastSystemError())")
        }
    }

    // MARK: clearing away

    private static let retiredSuffix = ".replaced"

    /// By which another process knows whether what was begun is still worked on.
    private static var mark: String {
        guard let me = ProcessIdentity(running: getpid()) else { return "\(getpid())-0" }
        return "\(me.pid)-\(me.startTime)"
    }

    private static func isWorkedOn(_ name: String) -> Bool {
        name.split(separator: ".").contains { part in
            let numbers = part.split(separator: "-")
            guard numbers.count == 2, let pid = Int32(numbers[0]), let start = UInt64(numbers[1]) else { return false }
            return ProcessIdentity(pid: pid, startTime: start).isRunning
        }
    }

    private func retire(_ path: String) {
        let retired = "\(folder)/.\(UUID().uuidString)\(Self.retiredSuffix)"
        guard rename(path, retired) == 0 else { return }
        if !Self.isInUse(retired) { try? FileManager.default.removeItem(atPath: retired) }
    }

    /// Whether a process runs in a folder, or a program out of it.
    private static func isInUse(_ path: String) -> Bool {
        let manager = FileManager.default
        let processes = ((try? manager.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int32($0) != nil }
        return processes.contains { process in
            ["cwd", "exe"].contains { link in
                let target = try? manager.destinationOfSymbolicLink(atPath: "/proc/\(process)/\(link)")
                return target.map { $0 == path || $0.startsWithBytes(of: "\(path)/") } ?? false
            }
        }
    }

    /// Removes what processes that are no more have begun, and what was replaced and is not in use any more.
    private func removeLeftovers() {
        let manager = FileManager.default
        for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            let isLeftover =
                name.hasSuffix(".unpacking") && !Self.isWorkedOn(name)
                || name.hasSuffix(Self.retiredSuffix) && !Self.isInUse(path)
            if isLeftover { try? manager.removeItem(atPath: path) }
        }
    }

    /// Removes releases beyond the newest `keep` of those that are not needed.
    func prune(needed: Set<String>, keep: Int) {
        let manager = FileManager.default
        removeLeftovers()
        guard let names = try? manager.contentsOfDirectory(atPath: folder) else { return }
        let dated = names.filter { !needed.contains($0) && !$0.hasPrefix(".") }.map { name in
            (name, (try? manager.attributesOfItem(atPath: path(name)))?[.modificationDate] as? Date)
        }
        let newestFirst = dated.sorted { ($0.1 ?? .distantPast) > ($1.1 ?? .distantPast) }
        for (name, _) in newestFirst.dropFirst(max(0, keep)) {
            retire(path(name))
            unlink(manifestPath(name))
        }
    }
}
