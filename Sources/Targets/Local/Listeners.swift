import Foundation
import Model

/// Who listens on a port of this machine.
///
/// Source: proc(5) and the kernel's `Documentation/networking/proc_net_tcp.rst`: listening sockets come first, addresses
/// are words of the machine's byte order in hexadecimal digits.
struct Listener: Hashable, Sendable {
    var inode: UInt64
    /// Who opened the socket.
    var user: UInt32

    /// The listeners that a connection to this machine's own address on `port` may reach.
    static func on(_ port: Int) -> [Listener] {
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path in
            reading(path) { parse($0, port: port) }
        }
    }

    /// Reads the table's head only: what follows the listening sockets may be hundreds of thousands of connections.
    private static func reading(_ path: String, _ parse: (Substring) -> Line) -> [Listener] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var found: [Listener] = []
        var isHeader = true
        while getline(&line, &capacity, file) > 0, let text = line {
            if isHeader {
                isHeader = false
                continue
            }
            switch parse(Substring(String(cString: text))) {
            case .listener(let listener): found.append(listener)
            case .other: continue
            case .end: return found
            }
        }
        return found
    }

    enum Line: Equatable {
        case listener(Listener)
        /// A listener elsewhere, or what cannot be read.
        case other
        /// The listening sockets are over.
        case end
    }

    static func parse(_ line: Substring, port: Int) -> Line {
        let fields = line.split(separator: " ")
        guard fields.count > 9 else { return .other }
        guard fields[3] == "0A" else { return .end }
        let address = fields[1].split(separator: ":")
        guard address.count == 2, Int(address[1], radix: 16) == port, isReachable(address[0]) else { return .other }
        guard let inode = UInt64(fields[9]), let user = UInt32(fields[7]) else { return .other }
        return .listener(Listener(inode: inode, user: user))
    }

    /// Every address, this machine's own, or either written as one of IPv6.
    private static func isReachable(_ address: Substring) -> Bool {
        let own = ["00000000", "0100007F"]
        if address.count == 8 { return own.contains(String(address)) }
        return address.allSatisfy { $0 == "0" } || own.contains { address == "0000000000000000FFFF0000\($0)" }
    }
}

/// Whether those who listen on an instance's port are the instance.
enum PortHolder: Equatable, Sendable {
    case nobody
    case instance
    /// Somebody else, in words.
    case foreign(String)

    static func of(port: Int, members: [ProcessTable.Entry]) -> PortHolder {
        let listeners = Listener.on(port)
        guard !listeners.isEmpty else { return .nobody }
        var unexplained = Set(listeners.map(\.inode))
        var isUnreadable = false
        for member in members where !unexplained.isEmpty {
            guard let sockets = sockets(of: member.pid) else {
                isUnreadable = true
                continue
            }
            unexplained.subtract(sockets)
        }
        // A program with capabilities shows its files to root alone; that its user listens must be enough then.
        if isUnreadable {
            let users = Set(members.compactMap { ProcessOwner(of: $0.pid)?.effective })
            for listener in listeners where users.contains(listener.user) { unexplained.remove(listener.inode) }
        }
        // Two may share a port, and a more exact address is preferred: with one foreign listener nobody knows who
        // answered.
        if let inode = unexplained.sorted().first, let listener = listeners.first(where: { $0.inode == inode }) {
            return .foreign(words(listener))
        }
        return .instance
    }

    private static func words(_ listener: Listener) -> String {
        for pid in ProcessTable.pids() where sockets(of: pid)?.contains(listener.inode) == true {
            guard let entry = ProcessTable.entryWithoutClaim(pid) else { continue }
            return "process \(pid) (\(entry.name)) of \(ProcessOwner(of: pid)?.name ?? userName(listener.user))"
        }
        return "a process of \(userName(listener.user))"
    }

    /// The inodes of the process's sockets; `nil` where they may not be read.
    private static func sockets(of pid: Int32) -> Set<UInt64>? {
        guard let folder = opendir("/proc/\(pid)/fd") else { return nil }
        defer { closedir(folder) }
        var found: Set<UInt64> = []
        var target = [CChar](repeating: 0, count: 64)
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let length = readlinkat(dirfd(folder), name, &target, target.count)
            guard length > 0 else { continue }
            let text = String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("socket:["), let inode = UInt64(text.dropFirst(8).dropLast()) { found.insert(inode) }
        }
        return found
    }
}
