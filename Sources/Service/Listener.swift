import CProcess
import Foundation
import Model
import Synchronization

/// Answers those who watch a service, on a thread of its own: however slow they are, and however many, nothing else in
/// this process waits for them.
public final class Listener: Sendable {
    /// What is to be answered; called on the listener's thread, and must come back at once.
    public typealias Answering = @Sendable (Request) -> Response

    /// Why nothing can be listened to there, for people.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// Where it listens, with the port that it got.
    public let address: ListenAddress
    /// Closing it ends the loop; -1 once that was done.
    private let wake: Mutex<Int32>
    private let ended = DispatchSemaphore(value: 0)

    /// Listens from now on, until ``stop()``.
    /// - Parameters:
    ///   - names: the names by which it may be asked besides those of this machine's loopback; `nil` for any.
    ///   - methods: which are answered; what comes with a `POST` is not read.
    public init(
        _ address: ListenAddress, names: [String]? = [], taking methods: Set<String> = ["GET", "HEAD"],
        answer: @escaping Answering
    ) throws(Failure) {
        let known = names.map { AnsweredNames(address, others: $0) }
        let answer: Answering = { request in known?.refusal(request) ?? answer(request) }
        var place = address
        let listening: Int32
        switch address {
        case .loopback(let host, var port):
            listening = socket_listen_on(host, &port)
            place = .loopback(host: host, port: port)
        case .socket(let path): listening = socket_listen_at(path)
        }
        guard listening >= 0 else {
            throw Failure(description: "cannot listen at \(address): \(String(cString: strerror(errno)))")
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            close(listening)
            throw Failure(description: "cannot listen at \(address): \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.address = place
        wake = Mutex(ends[1])
        let (woken, ended) = (ends[0], ended)
        let thread = Thread {
            var loop = ListenerLoop(listening: listening, woken: woken, methods: methods, answer: answer)
            loop.run()
            ended.signal()
        }
        thread.name = "listener"
        thread.start()
    }

    /// Ends soon; connections that are open are cut.
    public func stop() {
        let isFirst = wake.withLock { wake in
            guard wake >= 0 else { return false }
            close(wake)
            wake = -1
            return true
        }
        guard isFirst else { return }
        _ = ended.wait(timeout: .now() + .seconds(1))
        if case .socket(let path) = address { unlink(path) }
    }
}

/// The connections of a listener, on its own thread.
private struct ListenerLoop {
    private struct Connection {
        var descriptor: Int32
        var exchange: Exchange
    }

    private let listening: Int32
    private let woken: Int32
    private let methods: Set<String>
    private let answer: Listener.Answering
    /// The oldest first.
    private var connections: [Connection] = []
    /// Until when nobody is let in, since this process has no more descriptors.
    private var closedUntil: Duration = .zero

    private static let mostConnections = 32
    private static let pauseWithoutDescriptors: Duration = .milliseconds(200)

    init(listening: Int32, woken: Int32, methods: Set<String>, answer: @escaping Listener.Answering) {
        self.methods = methods
        self.listening = listening
        self.woken = woken
        self.answer = answer
    }

    private var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    mutating func run() {
        while true {
            let isOpen = now >= closedUntil
            var waits = [pollfd(fd: woken, events: Int16(POLLIN), revents: 0)]
            // A negative descriptor is passed over, see poll(2).
            waits.append(pollfd(fd: isOpen ? listening : -1, events: Int16(POLLIN), revents: 0))
            waits += connections.map { connection in
                if case .send = connection.exchange.action {
                    return pollfd(fd: connection.descriptor, events: Int16(POLLOUT), revents: 0)
                }
                return pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
            }
            let due = (connections.map(\.exchange.deadline) + (isOpen ? [] : [closedUntil])).min()
            let pause = due.map { Int32(clamping: max(0, ($0 - now).milliseconds) + 1) } ?? -1
            guard poll(&waits, nfds_t(waits.count), pause) >= 0 || errno == EINTR else { break }
            if waits[0].revents != 0 { break }
            for (index, wait) in zip(connections.indices, waits.dropFirst(2)) {
                let action =
                    wait.revents == 0
                    ? connections[index].exchange.passed(to: now) : serve(&connections[index])
                carryOut(action, &connections[index])
            }
            connections.removeAll { $0.descriptor < 0 }
            if waits[1].revents != 0 { takeConnection() }
        }
        for connection in connections { close(connection.descriptor) }
        close(listening)
        close(woken)
    }

    private mutating func takeConnection() {
        let descriptor = socket_accept(listening)
        guard descriptor >= 0 else {
            if [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) { closedUntil = now + Self.pauseWithoutDescriptors }
            return
        }
        // Whoever holds all places does not keep others out.
        if connections.count >= Self.mostConnections { close(connections.removeFirst().descriptor) }
        connections.append(Connection(descriptor: descriptor, exchange: Exchange(now: now, taking: methods)))
    }

    /// Does what is possible at a connection now.
    private func serve(_ connection: inout Connection) -> Exchange.Action {
        if case .send(let bytes) = connection.exchange.action {
            let count = bytes.withUnsafeBytes { send(connection.descriptor, $0.baseAddress, $0.count, sendFlags) }
            if count >= 0 { return connection.exchange.sent(count, now: now) }
            return isOnlyLater ? connection.exchange.passed(to: now) : .close
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(connection.descriptor, &buffer, buffer.count)
        if count < 0 { return isOnlyLater ? connection.exchange.passed(to: now) : .close }
        // One that goes on and on has its time all the same.
        if connection.exchange.deadline <= now { return connection.exchange.passed(to: now) }
        return connection.exchange.received(buffer.prefix(count), now: now, answer: answer)
    }

    private var sendFlags: Int32 { Int32(MSG_NOSIGNAL) }
    private var isOnlyLater: Bool { errno == EAGAIN || errno == EINTR }

    private func carryOut(_ action: Exchange.Action, _ connection: inout Connection) {
        switch action {
        case .read, .send: return
        case .endSending: shutdown(connection.descriptor, Int32(SHUT_WR))
        case .close:
            close(connection.descriptor)
            connection.descriptor = -1
        }
    }
}
