import CProcess
import Foundation
import Model
import Synchronization

/// Hands out ports of this machine, none of them twice while it is being taken into use: not by this process, and not by
/// another lastgood.
enum PortPool {
    private static let reserved = Mutex<[Int: Reservation]>([:])
    /// A process that has not taken its port into use by then has failed.
    private static let reservation: Duration = .seconds(30)

    private struct Reservation {
        var until: ContinuousClock.Instant
        var mark: PortMark
    }

    static func take(from range: ClosedRange<Int>?) throws(TargetError) -> Int {
        try reserved.withLock { (reserved) throws(TargetError) in
            let now = ContinuousClock.now
            reserved = reserved.filter { $0.value.until > now }
            var refusal: Int32 = 0
            for port in range.map({ Array($0) }) ?? anyPorts() where reserved[port] == nil {
                let failure = try bindFailure(port)
                if failure == 0, let mark = PortMark(port) {
                    reserved[port] = Reservation(until: now + reservation, mark: mark)
                    return port
                }
                if failure != EADDRINUSE, failure != 0 { refusal = failure }
            }
            guard let range else {
                let port = try freePort()
                reserved[port] = PortMark(port).map { Reservation(until: now + reservation, mark: $0) }
                return port
            }
            let ports = "\(range.lowerBound)-\(range.upperBound)"
            guard refusal != 0 else { throw TargetError("no port of \(ports) is free") }
            throw TargetError(
                "no port of \(ports) can be used by \(ProcessOwner.own.name): \(String(cString: strerror(refusal)))")
        }
    }

    static func giveBack(_ port: Int) { reserved.withLock { $0[port] = nil } }

    static func isFree(_ port: Int) -> Bool { (try? bindFailure(port)) == 0 }

    /// Why the port cannot be taken, as an error number; 0 where it can.
    static func bindFailure(_ port: Int) throws(TargetError) -> Int32 {
        try withSocket { descriptor in bound(descriptor, port) ? 0 : errno }
    }

    /// Some ports, by chance, of those that this machine gives to nobody by itself: to no connection, and to no server that
    /// asks for any. What an instance had is nobody's by accident then, once it is gone.
    private static func anyPorts() -> [Int] {
        let given = portsOfConnections ?? 32_768...60_999
        let above = min(given.upperBound + 1, 65_536)..<65_536
        // Above them there are none that services are known by; below there are more.
        let ports = above.count >= fewest ? above : 10_000..<max(10_000, given.lowerBound)
        // Those that are taken are passed over.
        return ports.isEmpty ? [] : (0..<fewest).map { _ in Int.random(in: ports) }
    }

    private static let fewest = 1000

    /// The ports that this machine gives to connections and to servers that ask for any, see ip(7),
    /// `ip_local_port_range`; `nil` where they cannot be read.
    static var portsOfConnections: ClosedRange<Int>? {
        let text = try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let bounds = text?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } ?? []
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[0]...bounds[1]
    }

    private static func freePort() throws(TargetError) -> Int {
        let port = try withSocket { descriptor -> Int? in
            guard bound(descriptor, 0) else { return nil }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            return result == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
        }
        guard let port else { throw TargetError("no port is free on this machine") }
        return port
    }

    private static func withSocket<Value>(_ body: (Int32) -> Value) throws(TargetError) -> Value {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TargetError("cannot look for a port: \(lastSystemError())") }
        defer { close(descriptor) }
        return body(descriptor)
    }

    private static func bound(_ descriptor: Int32, _ port: Int) -> Bool {
        // Connections of an earlier server that are not quite closed must not keep the port from the next.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = socketAddress(port: port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// Says to every other lastgood on this machine that a port is about to be taken into use, as long as it is kept.
///
/// A name in the kernel's own space (see unix(7), abstract sockets): it is there for whoever shares the network, needs no
/// file, and goes with its process.
final class PortMark: Sendable {
    private let descriptor: Int32

    /// `nil` where another process has the mark.
    init?(_ port: Int) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        // Without a mark it is as it was before there were marks.
        guard descriptor >= 0 else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("\0lastgood-port-\(port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let isOurs = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        if !isOurs, errno == EADDRINUSE { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

/// Whether nothing listens on this port of this machine.
public func isPortFree(_ port: Int) -> Bool { PortPool.isFree(port) }

func socketAddress(port: Int, address: UInt32 = 0) -> sockaddr_in {
    var result = sockaddr_in()
    result.sin_family = sa_family_t(AF_INET)
    // Port 0 stands for none: no connection comes about.
    result.sin_port = (UInt16(exactly: port) ?? 0).bigEndian
    result.sin_addr.s_addr = address.bigEndian
    return result
}

/// Why no connection to the port of this machine comes about within `timeout`; `nil` where one does.
func connectionFailure(port: Int, timeout: Duration) async -> String? {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(returning: connectNow(port, timeout))
        }
    }
}

private func connectNow(_ port: Int, _ timeout: Duration) -> String? {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_INET, type, 0)
    guard descriptor >= 0 else { return lastSystemError() }
    defer { close(descriptor) }
    var address = socketAddress(port: port, address: 0x7F00_0001)
    let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    if result == 0 { return acceptanceFailure(descriptor, port, timeout) }
    guard errno == EINPROGRESS else { return "port \(port): \(lastSystemError().lowercased())" }
    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let milliseconds = Int32(clamping: timeout.milliseconds)
    guard poll(&wait, 1, milliseconds) == 1 else { return "port \(port): no connection in time" }
    var failure: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
    guard failure == 0 else { return "port \(port): \(String(cString: strerror(failure)).lowercased())" }
    return acceptanceFailure(descriptor, port, timeout)
}

/// Why nobody takes the connection within `timeout`; `nil` where somebody does, or where the kernel does not tell.
private func acceptanceFailure(_ descriptor: Int32, _ port: Int, _ timeout: Duration) -> String? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard isKnown == 0 else { return nil }
    let own = Int32(UInt16(bigEndian: address.sin_port))
    let deadline = ContinuousClock.now + timeout
    var pause: useconds_t = 1000
    while process_is_accepted(Int32(port), own) == 0 {
        guard ContinuousClock.now < deadline else {
            return "port \(port): nobody accepts connections (none within \(timeout.inFull))"
        }
        usleep(pause)
        pause = min(pause * 2, 100_000)
    }
    return nil
}
