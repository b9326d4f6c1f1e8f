import Synchronization

/// Whoever sits before the screen, as what goes on beside it knows them.
final class Audience: Sendable {
    private let deciding = Mutex(false)
    private let mailbox: Mailbox

    init(mailbox: Mailbox) { self.mailbox = mailbox }

    /// Shows them something in the last line.
    func say(_ text: String) { mailbox.post(.notice(text)) }

    /// Whether they have a question or a plan before them.
    var isDeciding: Bool { deciding.withLock { $0 } }

    /// - Parameter isDeciding: whether that is so now, as the screen has it.
    func note(isDeciding: Bool) { deciding.withLock { $0 = isDeciding } }

    /// Comes back once they have nothing to decide upon, or when the task is cancelled.
    func hasDecided() async {
        while isDeciding, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(50)) }
    }
}
