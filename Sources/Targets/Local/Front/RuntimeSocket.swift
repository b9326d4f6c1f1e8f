import Foundation
import Model

/// A Unix socket in a folder, at which something answers one question a connection.
struct RuntimeSocket: Sendable {
    enum Failure: Error, Equatable {
        /// Nothing listens there.
        case nobody
        /// Something does, and does not answer in time.
        case silent
        /// What came in the way, in words.
        case other(String)
    }

    var folder: String
    var name: String

    /// Asks, and waits for the whole answer no longer than the deadline.
    func ask(_ question: String, within deadline: Duration) async throws(Failure) -> String {
        try await onOwnThread { askNow(question, within: deadline) }.get()
    }

    /// The same, on the thread that asks.
    func askNow(_ question: String, within length: Duration) -> Result<String, Failure> {
        let deadline = ContinuousClock.now + length
        let place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard place >= 0 else { return .failure(errno == ENOENT ? .nobody : .other(lastSystemError())) }
        defer { close(place) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return .failure(.other(lastSystemError())) }
        defer { close(descriptor) }
        // A socket's name has 108 bytes; the way through the open folder is short however deep that lies.
        guard connect(descriptor, to: "/proc/self/fd/\(place)/\(name)") else {
            switch errno {
            case ENOENT, ECONNREFUSED, ENOTSOCK: return .failure(.nobody)
            case EAGAIN: return .failure(.silent)
            default: return .failure(.other(lastSystemError()))
            }
        }
        let bytes = Array("\(question)\n".utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { return .failure(.nobody) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let left = deadline - ContinuousClock.now
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > .zero, poll(&wait, 1, Int32(clamping: left.milliseconds + 1)) == 1 else {
                return .failure(.silent)
            }
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return .success(String(decoding: answer, as: UTF8.self)) }
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                return .failure(.nobody)
            }
            answer += buffer.prefix(count)
        }
    }

    private func connect(_ descriptor: Int32, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            errno = ENAMETOOLONG
            return false
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}

/// Waits for what blocks on a thread of its own, where only the other side's time counts, and not what else this process
/// does.
func onOwnThread<Value: Sendable>(_ wait: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: wait()) }
    }
}
