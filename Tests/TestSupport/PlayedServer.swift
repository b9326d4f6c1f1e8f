import Foundation
import Synchronization

/// A server on a loopback port that does, connection by connection, what a test tells it to: trickle, fall silent, cut.
public final class PlayedServer: Sendable {
    public let port: Int
    private let listener: Int32
    private let open = Mutex<[Int32]>([])

    /// - Parameter script: is run on a thread of its own for each connection; the connection ends with it.
    public init(_ script: @escaping @Sendable (PlayedConnection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isListening else { throw ScriptFailure(description: "no port to listen at") }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 {
                open.withLock { $0.append(client) }
                Thread.detachNewThread { [self] in
                    let connection = PlayedConnection(client)
                    script(connection)
                    open.withLock { open in open.removeAll { $0 == client } }
                    connection.end()
                }
            }
            close(listener)
        }
    }

    /// It listens no more, and every connection ends. Without that, it lives as long as the process: a test need not
    /// hold it.
    public func stop() {
        // It is closed by the thread that listens: before, its number may be somebody else's.
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { for client in $0 { shutdown(client, Int32(SHUT_RDWR)) } }
    }

    public var address: String { "http://127.0.0.1:\(port)" }
}

/// What a client asked.
public struct PlayedRequest: Sendable {
    public var method: String
    public var path: String
    /// By their names in small letters.
    public var headers: [String: String]
    public var body: String
}

/// One client's connection to a ``PlayedServer``.
public final class PlayedConnection: Sendable {
    private let descriptor: Int32
    private let unread = Mutex<[UInt8]>([])

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next request; `nil` where the client has gone.
    public func nextRequest() -> PlayedRequest? {
        guard let head = read(until: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        let body = headers["content-length"].flatMap { Int($0) }.map { read(count: $0) ?? [] } ?? []
        return PlayedRequest(
            method: String(words[0]), path: String(words[1]), headers: headers,
            body: String(decoding: body, as: UTF8.self))
    }

    /// - Returns: whether the client still takes it.
    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// A whole answer.
    @discardableResult
    public func answer(_ status: Int, headers: [String] = [], _ body: String = "") -> Bool {
        let lines = ["HTTP/1.1 \(status) Any", "Content-Length: \(body.utf8.count)"] + headers
        return send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// The head of an answer whose body follows in ``chunk(_:)``s.
    public func beginChunks(_ status: Int = 200, headers: [String] = []) {
        send(
            (["HTTP/1.1 \(status) Any", "Transfer-Encoding: chunked"] + headers).joined(separator: "\r\n") + "\r\n\r\n")
    }

    @discardableResult
    public func chunk(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
    }

    public func endChunks() { send("0\r\n\r\n") }

    /// Waits until the client has gone.
    public func waitForEnd() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    /// Ends the connection without a word, as a machine does that is switched off and comes back.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    fileprivate func end() { close(descriptor) }

    private func read(until end: [UInt8]) -> [UInt8]? {
        unread.withLock { unread in
            while true {
                if let range = unread.firstRange(of: end) {
                    defer { unread.removeSubrange(..<range.upperBound) }
                    return Array(unread[..<range.lowerBound])
                }
                guard more(&unread) else { return nil }
            }
        }
    }

    private func read(count: Int) -> [UInt8]? {
        unread.withLock { unread in
            while unread.count < count { guard more(&unread) else { return nil } }
            defer { unread.removeFirst(count) }
            return Array(unread.prefix(count))
        }
    }

    private func more(_ unread: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        unread.append(contentsOf: buffer.prefix(count))
        return true
    }
}

/// Holds a thread of a test back until the test says so.
public final class Latch: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    public init() {}

    /// Lets one that waits, or the next that will, go on.
    public func open() { semaphore.signal() }

    /// A test that never opens it ends all the same.
    public func wait() { _ = semaphore.wait(timeout: .now() + 300) }

    /// The same for a task, whose thread others need meanwhile.
    public func opened() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.wait()
                continuation.resume()
            }
        }
    }
}
