import Foundation
import Ledger
import Model

extension Timestamp {
    /// The time now, by the machine's clock.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension LeaseHolder {
    /// This process, as a holder of leases.
    public static let thisProcess: LeaseHolder = {
        let process = ProcessIdentity(running: getpid()) ?? ProcessIdentity(pid: getpid(), startTime: 0)
        let name = "\(userName())@\(hostName()), process \(process.pid)"
        return LeaseHolder(name: name, host: bootIdentity(), process: process)
    }()

    /// Whether the holder can be seen to be no more: its machine is this one, and its process is not there.
    public var isGone: Bool { host == bootIdentity() && !process.isRunning }
}

/// The name of who runs this process, for the record: `$LASTGOOD_ACTOR` where a pipeline sets it, without what looks like
/// a secret.
public func userName() -> String {
    if let actor = ProcessInfo.processInfo.environment["LASTGOOD_ACTOR"], !actor.isEmpty {
        return Secrets.hiding(in: actor)
    }
    let name = ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName()
    return name.isEmpty ? "uid \(getuid())" : name
}

private func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, buffer.count - 1)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The same for all processes of this machine since it started; process numbers mean nothing beyond that.
private func bootIdentity() -> String {
    let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return "\(hostName()) \(boot?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "")"
}
