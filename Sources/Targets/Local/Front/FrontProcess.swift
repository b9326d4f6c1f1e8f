import Foundation
import Model

/// The process that is an environment's front, as it is written down beside it.
struct FrontProcess: Equatable, Sendable {
    var identity: ProcessIdentity
    /// Which configuration it was started with.
    var form: String
    /// Whether this ledger started it; one that did not is never ended.
    var isOurs = true

    private static let markVariable = "LASTGOOD_FRONT"
    private static let formVariable = "LASTGOOD_FRONT_FORM"

    /// What it is told, so that it can be found again where its starter died before it could write it down.
    static func variables(mark: String, form: String) -> [String: String] { [markVariable: mark, formVariable: form] }

    // MARK: written down

    private static func path(_ folder: String) -> String { "\(folder)/process" }

    /// The one that is written down, where it still runs. What cannot be read counts as nothing written down: a front
    /// that runs all the same is found by its port before another one is started.
    static func recorded(in folder: String) -> FrontProcess? {
        guard let text = try? String(contentsOfFile: path(folder), encoding: .utf8) else { return nil }
        var fields: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        guard let pid = fields["pid"].flatMap({ Int32($0) }), let start = fields["start"].flatMap({ UInt64($0) }),
            let form = fields["form"]
        else { return nil }
        let identity = ProcessIdentity(pid: pid, startTime: start, boot: fields["boot"].flatMap { UInt64($0) })
        return identity.isRunning ? FrontProcess(identity: identity, form: String(form)) : nil
    }

    func record(in folder: String) throws(TargetError) {
        var text = "pid \(identity.pid)\nstart \(identity.startTime)\nform \(form)\n"
        if let boot = identity.boot { text += "boot \(boot)\n" }
        try Self.write(text, to: Self.path(folder))
    }

    static func forget(in folder: String) { unlink(path(folder)) }

    /// Writes a file of its owner's alone, whole or not at all.
    static func write(_ text: String, to path: String) throws(TargetError) {
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw TargetError("cannot write \(path): \(lastSystemError()); the front of an environment lives there")
        }
        defer { unlink(temporary) }
        let bytes = Array(text.utf8)
        let isWritten = Foundation.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let failure = lastSystemError()
        close(file)
        guard isWritten else { throw TargetError("cannot write \(path): \(failure)") }
        guard rename(temporary, path) == 0 else { throw TargetError("cannot write \(path): \(lastSystemError())") }
    }

    // MARK: started by somebody else

    /// The process with that number, where it listens on the front's port.
    static func stranger(_ pid: Int32, form: String, port: Int) -> FrontProcess? {
        guard let entry = ProcessTable.entryWithoutClaim(pid), PortHolder.of(port: port, members: [entry]) == .instance
        else { return nil }
        return FrontProcess(identity: entry.identity, form: form, isOurs: false)
    }

    // MARK: found by its mark

    /// One that carries the mark and stands as it was started: ours, without a terminal, at the head of its session.
    static func marked(_ mark: String) -> FrontProcess? {
        for pid in ProcessTable.pids() {
            guard let entry = ProcessTable.entryWithoutClaim(pid), entry.isLeader, !entry.hasTerminal,
                ProcessOwner(of: pid)?.isOurs == true, let form = form(of: pid, mark: mark),
                entry.identity.isRunning
            else { continue }
            return FrontProcess(identity: entry.identity, form: form)
        }
        return nil
    }

    private static func form(of pid: Int32, mark: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
            data.range(of: Data("\(markVariable)=\(mark)".utf8)) != nil
        else { return nil }
        let variables = String(decoding: data, as: UTF8.self).split(separator: "\0")
        guard variables.contains("\(markVariable)=\(mark)") else { return nil }
        return variables.first { $0.hasPrefix("\(formVariable)=") }.map { String($0.dropFirst(formVariable.count + 1)) }
    }
}
