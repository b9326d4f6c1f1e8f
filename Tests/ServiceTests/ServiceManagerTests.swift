import CProcess
import Foundation
import TestSupport
import Testing

@testable import Service

@Suite struct ServiceManagerTests {
    @Test func itIsToldInItsOwnWordsAndNothingCanBeSmuggledIn() {
        #expect(ServiceManager.Message.ready.lines == ["READY=1"])
        #expect(
            ServiceManager.Message.reloading(at: .seconds(2) + .microseconds(5)).lines
                == ["RELOADING=1", "MONOTONIC_USEC=2000005"])
        #expect(ServiceManager.Message.status("a\nREADY=1\u{0}b").lines == ["STATUS=a READY=1 b"])
    }

    @Test func aWatchdogOfAnotherProcessIsNotOurs() {
        func patience(_ variables: [String: String]) -> Duration? {
            ServiceManager(variables: variables.merging(["NOTIFY_SOCKET": "@a"]) { $1 }, pid: 7)?.patience
        }
        #expect(patience(["WATCHDOG_USEC": "2000000"]) == .seconds(2))
        #expect(patience(["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"]) == .seconds(2))
        #expect(patience(["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"]) == nil)
        for text in ["0", "-1", "x", ""] { #expect(patience(["WATCHDOG_USEC": text]) == nil, "\(text)") }
        #expect(ServiceManager(variables: [:], pid: 7) == nil)
        #expect(ServiceManager(variables: ["NOTIFY_SOCKET": "vsock:1:2"], pid: 7) == nil)
    }

    @Test(arguments: [false, true]) func itHearsOfSignsOfLifeHalfItsPatienceApart(isAbstract: Bool) throws {
        let bench = try Workbench()
        let name = isAbstract ? "@lastgood-\(UUID().uuidString)" : "\(bench.path)/notify"
        let listener = try DatagramSocket(name)
        let manager = try #require(
            ServiceManager(variables: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000000"], pid: 7))
        #expect(manager.tell(.ready, .status("leading")))
        for tenths in 0...30 { manager.noteRound(at: .milliseconds(tenths * 100)) }
        #expect(listener.received() == ["READY=1\nSTATUS=leading"] + [String](repeating: "WATCHDOG=1", count: 4))
    }

    @Test func nobodyWaitsForAManagerThatDoesNotRead() throws {
        let bench = try Workbench()
        let listener = try DatagramSocket("\(bench.path)/notify")
        let manager = try #require(ServiceManager(variables: ["NOTIFY_SOCKET": "\(bench.path)/notify"], pid: 7))
        // The kernel keeps a few; see unix(7) and `net.unix.max_dgram_qlen`.
        var told = 0
        while manager.tell(.alive), told < 100_000 { told += 1 }
        #expect(told > 0 && told < 100_000)
        _ = listener.received()
        #expect(manager.tell(.alive))
        #expect(ServiceManager(variables: ["NOTIFY_SOCKET": "\(bench.path)/none"], pid: 7)?.tell(.ready) == false)
    }
}

/// A service manager's end of the socket.
private final class DatagramSocket {
    private let descriptor: Int32

    init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = name.hasPrefix("@")
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: name.utf8)
            if isAbstract { bytes[0] = 0 }
        }
        let length = MemoryLayout<sa_family_t>.size + name.utf8.count + (isAbstract ? 0 : 1)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) }
        }
        try #require(result == 0, "\(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// What came until now.
    func received() -> [String] {
        var texts: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 { return texts }
            texts.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}
