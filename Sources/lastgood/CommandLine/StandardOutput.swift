import ArgumentParser
import CProcess
import Foundation
import Synchronization

/// Standard output, no failure of which is missed: what was written to a full disk, or to nobody, must not look done.
enum StandardOutput {
    /// The first error number.
    private static let failure = Mutex<Int32?>(nil)

    static func write(_ text: String) {
        var text = text
        note(
            text.withUTF8 { bytes in bytes.withMemoryRebound(to: CChar.self) { process_print($0.baseAddress, $0.count) }
            })
    }

    static func write(_ bytes: ArraySlice<UInt8>) {
        note(bytes.withUnsafeBytes { process_print($0.baseAddress, $0.count) })
    }

    private static func note(_ number: Int32) { if number != 0 { failure.withLock { $0 = $0 ?? number } } }

    /// - Throws: where something could not be written: whoever goes on in a loop ends then.
    static func check() throws {
        note(process_flush())
        if isReaderGone { note(EPIPE) }
        guard let number = failure.withLock({ $0 }) else { return }
        // Whoever reads no further knows why.
        throw number == EPIPE ? ExitCode(Status.failed.rawValue) : Failure(unwritten: number)
    }

    /// Whether nobody can read any more what is written, as after `| head`.
    private static var isReaderGone: Bool {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLERR) != 0
    }

    /// Ends the output, and turns the status of a command that went well into that of one whose output was lost.
    static func finish(_ status: Int32, asJSON: Bool) -> Int32 {
        note(process_flush())
        guard status == 0, let number = failure.withLock({ $0 }) else { return status }
        let failure = Failure(unwritten: number)
        if number != EPIPE { failure.report(asJSON: asJSON) }
        return failure.status.rawValue
    }
}

/// Prints a line; all that commands print goes this way.
func print(_ text: String, terminator: String = "\n") { StandardOutput.write(text + terminator) }

func print() { StandardOutput.write("\n") }

extension Failure {
    fileprivate init(unwritten number: Int32) {
        self.init(.failed, "cannot write the output: \(String(cString: strerror(number)))")
    }
}
