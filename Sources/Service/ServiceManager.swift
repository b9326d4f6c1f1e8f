import CProcess
import Foundation
import Model
import Synchronization

/// The service manager that started this process, where it wants to be told how it is; see sd_notify(3).
///
/// Nothing that it does is waited for: what cannot be told now is told the next time, or not.
public final class ServiceManager: Sendable {
    /// What it can be told.
    public enum Message: Equatable, Sendable {
        /// It has started, or has taken up what it was to read again.
        case ready
        /// It reads its configuration again, as of this time of `CLOCK_MONOTONIC`.
        case reloading(at: Duration)
        case stopping
        /// It goes on: the manager ends, and starts again, what does not say so for longer than it has agreed to.
        case alive
        /// How it is, in a few words for people.
        case status(String)

        /// The assignments that say it, without what would end a line and begin another assignment.
        var lines: [String] {
            switch self {
            case .ready: return ["READY=1"]
            case .reloading(let time):
                let (seconds, attoseconds) = time.components
                return ["RELOADING=1", "MONOTONIC_USEC=\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)"]
            case .stopping: return ["STOPPING=1"]
            case .alive: return ["WATCHDOG=1"]
            case .status(let words):
                let harmless = words.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
                return ["STATUS=\(harmless.joined())"]
            }
        }
    }

    private let socket: String
    /// How long it waits to hear that this process goes on; `nil` where it does not.
    public let patience: Duration?
    private let lastSign = Mutex<Duration?>(nil)

    /// - Parameters:
    ///   - variables: those of this process's environment; `nil` comes back where nobody asks to be told.
    ///   - pid: the number of this process: a watchdog may be another's.
    public init?(variables: [String: String], pid: Int32) {
        guard let socket = variables["NOTIFY_SOCKET"], socket.hasPrefix("/") || socket.hasPrefix("@") else {
            return nil
        }
        self.socket = socket
        let isOurs = variables["WATCHDOG_PID"].map { $0 == String(pid) } ?? true
        let agreed = variables["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
        patience = isOurs ? agreed.map { .microseconds($0) } : nil
    }

    /// Takes what is meant for this process alone out of its environment: what it starts must not speak in its name.
    public static func takeVariables() {
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
    }

    /// - Returns: whether it was handed over.
    @discardableResult
    public func tell(_ messages: Message...) -> Bool {
        let text = messages.flatMap(\.lines).joined(separator: "\n")
        return socket_tell(socket, text, text.utf8.count) == 0
    }

    /// Says that this process goes on, where half of the manager's patience is over; to be called by what would stand
    /// still where this process hangs, as often as it comes round.
    /// - Parameter now: the time since the machine's start.
    public func noteRound(at now: Duration) {
        guard let patience else { return }
        let isDue = lastSign.withLock { last in last.map { now - $0 >= patience / 2 } ?? true }
        guard isDue, tell(.alive) else { return }
        lastSign.withLock { $0 = now }
    }

    /// The time by which ``Message/reloading(at:)`` goes.
    public static var monotonicTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
