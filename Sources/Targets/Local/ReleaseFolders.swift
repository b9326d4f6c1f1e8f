import Archive
import Foundation
import Model
import Synchronization

/// The releases that lie unpacked below a target's directory, as far as this process knows.
///
/// Every look at a disk and everything that may hang happens on a thread of its own; what is asked here is answered at
/// once, from what is known.
actor ReleaseFolders {
    private enum State {
        case underWay(Attempt)
        case ready
        case absent
        case failed(String, until: ContinuousClock.Instant)
    }

    private struct Check {
        var use: ReleaseUse?
        var isThorough: Bool
        var at: ContinuousClock.Instant
    }

    private let store: ReleaseStore
    private let deadline: Duration
    private var states: [String: State] = [:]
    /// The newest use that a release's files were asked for.
    private var uses: [String: ReleaseUse] = [:]
    private var checks: [String: Check] = [:]
    /// Releases of which the files are known not to be as they were unpacked, and how they differ.
    private var changed: [String: String] = [:]
    private var untold: [String] = []

    /// How long a failure is told, until it is tried again.
    private static let failureLasts: Duration = .seconds(5)
    /// A check of the files that is younger serves whoever asks next.
    private static let checkLasts: Duration = .seconds(5)
    /// A deployment that takes its time has the files looked at again.
    private static let useLasts: Duration = .seconds(60)

    /// - Parameter deadline: how long nothing may move until an attempt is given up.
    init(store: ReleaseStore, deadline: Duration) {
        self.store = store
        self.deadline = deadline
    }

    /// What is to be told of releases, once.
    func news() -> [String] {
        defer { untold = [] }
        return untold
    }

    func preparation(of version: String) -> Preparation {
        giveUpWhatHangs(version)
        switch states[version] {
        case .ready: return .ready
        case .absent: return .absent
        case .failed(let reason, let until) where ContinuousClock.now < until: return .failed(reason)
        case .underWay: return .inProgress
        case .failed, nil:
            look(version, digest: nil, isThorough: false, use: nil)
            return .inProgress
        }
    }

    func examine(_ release: Release, before use: ReleaseUse) {
        giveUpWhatHangs(release.version)
        let isNew = uses.updateValue(use, forKey: release.version) != use
        switch states[release.version] {
        case .failed where isNew:
            // Why it failed may be over: whoever orders anew is told what is so now.
            states[release.version] = nil
            return
        case .underWay, .absent, .failed: return
        case .ready, nil: break
        }
        let isThorough = if case .deployment = use { true } else { false }
        if let last = checks[release.version] {
            let age = ContinuousClock.now - last.at
            if last.use == use, age < Self.useLasts { return }
            if last.isThorough || !isThorough, age < Self.checkLasts { return }
        }
        look(release.version, digest: release.digest, isThorough: isThorough, use: use)
    }

    func prepare(_ release: Release) {
        giveUpWhatHangs(release.version)
        if case .underWay = states[release.version] { return }
        let known = changed[release.version]
        begin(release.version) { store, attempt in try store.prepare(release, knownChange: known, attempt) }
    }

    func prune(needed: Set<String>, keep: Int) {
        let busy = states.filter { if case .underWay = $0.value { true } else { false } }.keys
        let store = store
        for version in states.keys where !needed.contains(version) && !busy.contains(version) {
            states[version] = nil
            uses[version] = nil
        }
        onItsOwnThread { store.prune(needed: needed.union(busy), keep: keep) }
    }

    // MARK: attempts

    private func look(_ version: String, digest: String?, isThorough: Bool, use: ReleaseUse?) {
        checks[version] = Check(use: use, isThorough: isThorough, at: .now)
        begin(version) { store, attempt in
            try store.look(version, digest: digest, isThorough: isThorough, attempt)
        }
    }

    private func begin(_ version: String, _ work: @escaping @Sendable (ReleaseStore, Attempt) throws -> ReleaseFound) {
        let attempt = Attempt()
        states[version] = .underWay(attempt)
        let store = store
        onItsOwnThread {
            let result: Result<ReleaseFound, ArchiveError>
            do { result = .success(try work(store, attempt)) } catch let error as ArchiveError {
                result = .failure(error)
            } catch { result = .failure(ArchiveError(error.localizedDescription)) }
            Task { await self.end(attempt, version, result) }
        }
    }

    private func end(_ attempt: Attempt, _ version: String, _ result: Result<ReleaseFound, ArchiveError>) {
        // One that was given up and came back has nothing to say any more.
        guard case .underWay(let current) = states[version], current === attempt else { return }
        switch result {
        case .success(.whole): states[version] = .ready
        case .success(.unpacked(let notes)):
            states[version] = .ready
            changed[version] = nil
            checks[version] = Check(use: nil, isThorough: true, at: .now)
            untold += notes.map { "\(version): \($0)" }
        case .success(.absent): states[version] = .absent
        case .success(.changed(let how)):
            states[version] = .absent
            changed[version] = how
            untold.append("the files of \(version) are not as they were unpacked: \(how)")
        case .failure(let error):
            states[version] = .failed(error.description, until: .now + Self.failureLasts)
        }
    }

    private func giveUpWhatHangs(_ version: String) {
        guard case .underWay(let attempt) = states[version], let what = attempt.giveUp(after: deadline) else { return }
        let reason = "\(what) has not gone on for \(deadline.inFull)"
        states[version] = .failed(reason, until: .now + Self.failureLasts)
    }
}

/// What a look at a release's folder has found, or what was made of it.
enum ReleaseFound: Equatable, Sendable {
    case whole
    case absent
    /// It differs from what was unpacked, in words.
    case changed(String)
    /// It was unpacked now; with what there is to say of it.
    case unpacked([String])
}

/// One piece of work that may hang, and may be given up: its thread is left then, and does no harm when it comes back.
final class Attempt: Sendable {
    private struct State {
        var doing = "looking at its folder"
        var movedAt = ContinuousClock.now
        var isGivenUp = false
    }

    private let state = Mutex(State())

    /// Says what is done next.
    /// - Throws: where it must not be done any more.
    func step(_ doing: String) throws {
        try state.withLock { state in
            if state.isGivenUp { throw ArchiveError("given up") }
            state.doing = doing
            state.movedAt = .now
        }
    }

    /// Ends the attempt where nothing has moved for that long.
    /// - Returns: what it hung in; `nil` where it still moves.
    func giveUp(after deadline: Duration) -> String? {
        state.withLock { state in
            guard ContinuousClock.now - state.movedAt > deadline else { return nil }
            state.isGivenUp = true
            return state.doing
        }
    }
}

/// Not one of a pool's threads: what hangs must not take the place of what does not.
private func onItsOwnThread(_ work: @escaping @Sendable () -> Void) {
    let thread = Thread(block: work)
    thread.name = "releases"
    thread.start()
}
