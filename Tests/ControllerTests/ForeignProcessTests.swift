import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// Nothing that this ledger did not start is ever taken for an instance, and nothing of it is ever signalled.
@Suite struct ForeignProcessTests {
    private let shed: ServiceShed

    init() throws { shed = try ServiceShed() }

    private func variables(_ start: InstanceStart, _ ledger: LedgerMark) -> [String: String] {
        MarkClaim.variables(start, directory: shed.directory, ledger: ledger).merging(
            ["PORT": "7001", "RELEASE": start.release]
        ) { $1 }
    }

    /// All that a target may do, while a recorder stands by.
    private func actEverything(_ key: Int64, beside recorder: SignalRecorder) async throws {
        let target = shed.target(grace: .zero)
        try await shed.prepare(target)
        let blank = shed.instance(key)
        let started = try await target.start(blank, of: shed.release)
        #expect(!started.isAdopted)
        #expect(started.process != recorder.process)
        let strays = await shed.target().strays(known: [try shed.running(blank, started)])
        #expect(strays.ours == [])
        #expect(strays.foreign.contains { $0.pid == recorder.process.pid })
        let running = try shed.running(blank, started)
        try await eventually("gone") { try await target.stop(running) }
        #expect(try await target.stopAll() == 0)
        #expect(recorder.isUntouched)
    }

    @Test func marksThatWereGuessedAreNotBelieved() async throws {
        let blank = shed.instance(51)
        var guessed = variables(InstanceStart(blank), ServiceShed.ledger("first"))
        guessed["LASTGOOD_MARK"] = String(repeating: "0", count: 64)
        try await actEverything(51, beside: try await SignalRecorder(in: shed.folder, variables: guessed))
        guessed["LASTGOOD_MARK"] = nil
        try await actEverything(52, beside: try await SignalRecorder(in: shed.folder, variables: guessed))
    }

    /// The worst case: somebody got hold of the very mark of an instance.
    @Test(.enabled(if: getuid() == 0, "NOT CHECKED: only root can run a process as another user"))
    func asRootAnotherUsersProcessIsNeverAnInstanceWhateverItCarries() async throws {
        let copied = variables(InstanceStart(shed.instance(53)), shed.ledger)
        try await actEverything(
            53, beside: try await SignalRecorder(in: shed.folder, variables: copied, user: "nobody"))
    }

    @Test func aPersonsShellWithTheVariablesOfAnInstanceIsNotAnInstance() async throws {
        let copied = variables(InstanceStart(shed.instance(54)), shed.ledger)
        let words = copied.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        try "\(words) sleep 1000; true\n".write(
            toFile: "\(shed.folder.path)/session", atomically: true, encoding: .utf8)
        // The shell leads a session of its own; what it starts has the variables.
        let shell = "\(shed.folder.path)/shell"
        let session = { Int32((try? String(contentsOfFile: shell, encoding: .utf8))?.dropLast() ?? "") ?? 0 }
        let starting = Process()
        starting.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        starting.arguments = ["setsid", "sh", "-c", "echo $$ > shell; exec sh session"]
        starting.currentDirectoryURL = URL(fileURLWithPath: shed.folder.path)
        starting.standardInput = FileHandle.nullDevice
        starting.standardOutput = FileHandle.nullDevice
        starting.standardError = FileHandle.nullDevice
        try starting.run()
        try await eventually("the sleeper is there") {
            ProcessTable.look().session(session()).contains { $0.claim != nil }
        }
        let leader = session()
        defer { for entry in ProcessTable.look().session(leader) { kill(entry.pid, SIGKILL) } }
        let target = shed.target(grace: .zero)
        try await shed.prepare(target)
        let started = try await target.start(shed.instance(54), of: shed.release)
        #expect(!started.isAdopted)
        let running = try shed.running(shed.instance(54), started)
        try await eventually("gone") { try await target.stop(running) }
        #expect(try await target.stopAll() == 0)
        #expect(ProcessTable.look().session(leader).count == 2)
    }

    @Test func whatASecondLedgerRunsInADirectoryOfItsOwnIsNeverTouched() async throws {
        let other = variables(InstanceStart(shed.instance(55)), ServiceShed.ledger("second"))
        try await actEverything(55, beside: try await SignalRecorder(in: shed.folder, variables: other))
    }

    /// What an older version started carries its number and no mark, and the ledger knows it or is about to.
    @Test func whatRanBeforeThereWereMarksIsAdoptedAndNeitherDoubledNorTakenForAStray() async throws {
        let blank = shed.instance(56)
        let numbers = [
            "LASTGOOD_DIRECTORY": shed.directory, "LASTGOOD_START": "56", "PORT": "7001", "RELEASE": "1.0",
        ]
        let old = try await SignalRecorder(in: shed.folder, variables: numbers)
        let upgraded = LedgerMark(identity: "first", place: "", secret: [7], unmarkedUntil: 56)
        let target = shed.target(ledger: upgraded)
        try await shed.prepare(target)
        let found = try await target.start(blank, of: shed.release)
        #expect(found == StartedInstance(process: old.process, port: 7001, isAdopted: true))
        // A start that the ledger began after it could mark is another one, and an instance that is not known is shown.
        let table = ProcessTable.look()
        let processes = InstanceProcesses(ledger: upgraded, directory: shed.directory)
        #expect(processes.leader(of: InstanceStart(shed.instance(57)), in: table) == nil)
        #expect(processes.strays(known: [try shed.running(blank, found)], in: table) == Strays())
        let unknown = processes.strays(known: [], in: table)
        #expect(unknown.ours == [] && unknown.foreign.count == 1)
        let later = LedgerMark(identity: "first", place: "", secret: [7], unmarkedUntil: 55)
        #expect(
            InstanceProcesses(ledger: later, directory: shed.directory).leader(of: InstanceStart(blank), in: table)
                == nil)
        #expect(old.isUntouched)
    }

    @Test func aMarkHoldsForOneStartOfOneLedgerInOneDirectory() throws {
        let start = InstanceStart(key: 1, release: "1.0", startedAt: Timestamp(milliseconds: 5))
        let secret = LedgerMark(identity: "first", place: "", secret: Array(repeating: 8, count: 32))
        var others = [start, start, start]
        others[0].key = 2
        others[1].release = "1.1"
        others[2].startedAt = Timestamp(milliseconds: 6)
        let marks =
            ([start] + others).map { shed.ledger.text($0, directory: "/srv") } + [
                shed.ledger.text(start, directory: "/srv/other"), secret.text(start, directory: "/srv"),
                ServiceShed.ledger("second").text(start, directory: "/srv"),
            ]
        #expect(Set(marks).count == marks.count)
        #expect(marks.allSatisfy { $0.count == 64 })
        #expect(marks[0] == shed.ledger.text(start, directory: "/srv"))
    }
}
