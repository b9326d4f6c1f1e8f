import ArgumentParser
import Dispatch
import Foundation
import Model
import Synchronization

/// How the lines of the log are written.
enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case text, json }

/// What a service tells of itself on standard error, a line each, written on a queue of its own: nobody waits for whoever
/// reads it, or does not.
final class ServiceLog: Sendable {
    private struct State {
        var waiting = 0
        var leftOut = 0
    }

    let format: LogFormat
    private let level: LogLevel
    /// Whether the system's journal reads it: it has times of its own, and wants priorities.
    private let isJournal: Bool
    private let output: FileHandle
    private let queue = DispatchQueue(label: "log", qos: .utility)
    private let state = Mutex(State())
    /// More wait only where nobody reads.
    private static let mostWaiting = 4096

    init(
        _ format: LogFormat, _ level: LogLevel, isJournal: Bool = false, output: FileHandle = .standardError
    ) {
        self.format = format
        self.level = level
        self.isJournal = isJournal
        self.output = output
    }

    /// Whether standard error goes to the system's journal: it says which device and inode that is, in case something was
    /// redirected since; see systemd.exec(5), `$JOURNAL_STREAM`.
    static func isJournal(_ variables: [String: String], descriptor: Int32 = STDERR_FILENO) -> Bool {
        var status = stat()
        guard let stream = variables["JOURNAL_STREAM"], fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Writes a line in its turn, where it matters enough; comes back at once.
    func write(_ record: LogRecord) {
        guard record.level <= level else { return }
        let leftOut: Int? = state.withLock { state in
            guard state.waiting < Self.mostWaiting else {
                state.leftOut += 1
                return nil
            }
            state.waiting += 1
            defer { state.leftOut = 0 }
            return state.leftOut
        }
        guard let leftOut else { return }
        queue.async { [self] in
            if leftOut > 0 {
                put(LogRecord(.warning, "\(counted(leftOut, "line")) left out here, since nobody read them"))
            }
            put(record)
            state.withLock { $0.waiting -= 1 }
        }
    }

    func write(_ level: LogLevel, _ message: String) { write(LogRecord(level, message)) }

    /// Waits until all is written, but not for ever.
    func flush() {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + .seconds(1))
    }

    private func put(_ record: LogRecord) {
        // Where it cannot be written, nobody can be told.
        try? output.write(contentsOf: Data((line(record) + "\n").utf8))
    }

    /// A record as a line: without what looks like a secret, and harmless to a terminal.
    func line(_ record: LogRecord) -> String {
        switch format {
        case .json: return (try? JSON.line(record)) ?? #"{"level":"error","message":"a line could not be written"}"#
        case .text:
            let place = record.environment.map { "\($0): " } ?? ""
            let text = visible("\(place)\(record.message)")
            if isJournal { return "<\(record.level.priority)>\(text)" }
            return "\(record.time.rfc3339)  \(record.level.rawValue.padding(to: 7))  \(text)"
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
