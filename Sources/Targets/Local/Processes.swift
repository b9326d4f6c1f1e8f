import CProcess
import Foundation
import Model

extension ProcessIdentity {
    /// The process with this number as it is now; `nil` where there is none.
    public init?(running pid: Int32) {
        guard let entry = ProcessTable.entryWithoutClaim(pid) else { return nil }
        self = entry.identity
    }

    /// Whether the process is still there.
    public var isRunning: Bool { ProcessIdentity(running: pid)?.isSame(as: self) == true }

    /// How the process ended; `nil` while it runs.
    func exitReason() -> String? {
        var status: Int32 = 0
        if waitpid(pid, &status, WNOHANG) == pid {
            let signal = status & 0x7F
            return signal == 0 ? "exited with status \((status >> 8) & 0xFF)" : "killed by signal \(signal)"
        }
        return isRunning ? nil : Self.endedSomehow
    }

    /// What is known of the end of a process that is nobody's child here.
    static let endedSomehow = "ended"

    /// What became of a signal.
    enum SignalOutcome: Equatable, Sendable {
        case sent
        /// The process was gone already.
        case gone
        /// The kernel refused, with this error number.
        case refused(Int32)
    }

    /// Sends a signal to this process, and never to a later one with its number.
    func signal(_ number: Int32) -> SignalOutcome {
        let process = process_open(pid)
        guard process >= 0 else { return errno == ESRCH ? .gone : .refused(errno) }
        defer { close(process) }
        // From here on the descriptor means one process; it is ours if the number still leads to it.
        guard isRunning else { return .gone }
        switch process_signal(process, number) {
        case 0: return .sent
        case ESRCH: return .gone
        case let failure: return .refused(failure)
        }
    }
}

/// Of the number that the kernel gives every start of the machine, as much as a process is known by; `nil` where it
/// gives none. See random(4), `boot_id`.
let currentBoot: UInt64? = {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return text.flatMap { UInt64($0.filter(\.isHexDigit).prefix(15), radix: 16) }
}()

/// The way from asking processes to end to forcing them: the signal, and SIGKILL to whatever is left after the grace.
struct StopOrder: Sendable {
    let signal: Int32
    let deadline: ContinuousClock.Instant
    private var told: Set<ProcessIdentity> = []
    /// When it was last gone on with; `nil` before the first time.
    private(set) var advancedAt: ContinuousClock.Instant?

    init(signal: Int32, deadline: ContinuousClock.Instant) {
        self.signal = signal
        self.deadline = deadline
    }

    init(_ specification: LocalTargetSpecification, now: ContinuousClock.Instant) {
        self.init(signal: specification.stopSignal, deadline: now + specification.stopGrace)
    }

    /// Goes on with all that are left, those that were started meanwhile included.
    /// - Throws: at once where a process refuses the signal; the others have got theirs by then.
    mutating func advance(
        _ members: [ProcessTable.Entry], now: ContinuousClock.Instant,
        send: (ProcessIdentity, Int32) -> ProcessIdentity.SignalOutcome = { $0.signal($1) }
    ) throws(TargetError) {
        var refusal: TargetError?
        for member in members {
            let isLate = now >= deadline
            guard isLate || told.insert(member.identity).inserted else {
                // It may have been stopped after it was told, or just after it was looked at.
                if member.isStopped { _ = send(member.identity, SIGCONT) }
                continue
            }
            if case .refused(let failure) = send(member.identity, isLate ? SIGKILL : signal) {
                told.remove(member.identity)
                refusal = Self.refusal(member, failure)
            } else if member.isStopped, !isLate {
                // What was stopped hears nothing until it goes on.
                _ = send(member.identity, SIGCONT)
            }
        }
        advancedAt = .now
        if let refusal { throw refusal }
    }

    private static func refusal(_ member: ProcessTable.Entry, _ failure: Int32) -> TargetError {
        let process = "process \(member.pid) (\(member.name))"
        guard failure == EPERM, let owner = ProcessOwner(of: member.pid) else {
            return TargetError("cannot signal \(process): \(String(cString: strerror(failure)))")
        }
        return TargetError(
            "\(process) belongs to \(owner.name) and takes no signal from \(ProcessOwner.own.name): "
                + "stop it as \(owner.name) or as root")
    }
}
