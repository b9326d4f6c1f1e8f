import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// A start that fails says why, whose fault it is, and leaves nothing taken.
@Suite struct StartFailureTests {
    private let shed: ServiceShed

    init() throws { shed = try ServiceShed() }

    private func failure(_ target: LocalTarget, prepared: Bool = true) async throws -> TargetError {
        if prepared { try await shed.prepare(target) }
        return try #require(
            await #expect(throws: TargetError.self) { try await target.start(shed.instance(31), of: shed.release) })
    }

    @Test func aProgramThatTheReleaseLeftOutIsTheReleasesFault() async throws {
        let error = try await failure(shed.target(["./missing"]))
        #expect(error.description.hasPrefix("the release has no program ./missing"))
        #expect(error.cause == .release)
    }

    @Test func aProgramThatIsNotMarkedAsOneIsTheReleasesFault() async throws {
        let error = try await failure(shed.target(["./healthz"]))
        #expect(error.description.contains("is not marked as executable"))
        #expect(error.cause == .release)
    }

    @Test func aScriptWhoseInterpreterIsMissingIsTheReleasesFault() async throws {
        try shed.write("script", "#!/opt/nowhere/ruby\n")
        let error = try await failure(shed.target(["./script"]))
        #expect(error.description.contains("the interpreter that its first line names"))
        #expect(error.cause == .release)
    }

    @Test func aFolderThatVanishesBeforeTheStartIsNotTheReleasesFault() async throws {
        try shed.folder.shell("mkdir gone; cp source/server gone")
        let spawn = Spawn(
            command: ["./server"], variables: [:], folder: "\(shed.folder.path)/gone", log: shed.log())
        try spawn.check()
        try shed.folder.shell("rm -r gone")
        let error = try #require(#expect(throws: TargetError.self) { try spawn.start() })
        #expect(error.description.contains("was removed meanwhile"))
        #expect(error.cause == .infrastructure)
    }

    @Test func aLogThatCannotBeReadHasNoLastLine() throws {
        try shed.folder.shell("mkdir -p run/logs; printf 'a\\nlast\\n' > run/log")
        #expect(lastLine(of: "\(shed.directory)/logs") == nil)
        #expect(lastLine(of: "\(shed.directory)/log") == "last")
    }

    @Test func aProgramOfTheMachineThatIsMissingIsNotTheReleasesFault() async throws {
        for program in ["no-such-program", "/opt/nowhere/server"] {
            let error = try await failure(shed.target([program]))
            #expect(error.description.contains("there is no program \(program)"))
            #expect(error.cause == .infrastructure)
        }
    }

    @Test func whereNoFolderForLogsCanBeMadeThatIsSaidAtOnce() async throws {
        let target = shed.target()
        try await shed.prepare(target)
        try "".write(toFile: "\(shed.directory)/logs", atomically: true, encoding: .utf8)
        let error = try await failure(target)
        #expect(error.description.contains("\(shed.directory)/logs"))
        #expect(error.cause == .infrastructure)
    }

    @Test func aMissingProgramIsSaidAlsoWhereNoPortIsFree() async throws {
        let taken = try Listening()
        let ports = taken.port...taken.port
        let error = try await failure(shed.target(["./missing"], ports: ports))
        #expect(error.cause == .release)
        let second = try await failure(shed.target(ports: ports))
        #expect(second.description == "no port of \(taken.port)-\(taken.port) is free")
        #expect(second.cause == .infrastructure)
    }

    @Test func aFailedStartGivesItsPortBackAtOnce() async throws {
        let port = try PortPool.take(from: nil)
        PortPool.giveBack(port)
        let failing = shed.target(ports: port...port)
        try await shed.prepare(failing)
        try "".write(toFile: "\(shed.directory)/logs", atomically: true, encoding: .utf8)
        _ = try await failure(failing)
        try FileManager.default.removeItem(atPath: "\(shed.directory)/logs")
        let started = try await failing.start(shed.instance(32), of: shed.release)
        #expect(started.port == port)
    }
}

/// A port of this machine that this process listens on while the value lives.
final class Listening: Sendable {
    let port: Int
    private let descriptor: Int32

    struct Refused: Error {}

    init(port wanted: Int = 0) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = socketAddress(port: wanted, address: 0x7F00_0001)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else { throw Refused() }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
