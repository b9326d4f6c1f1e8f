import Foundation
import TestSupport
import Testing

@testable import Targets

/// The kernel takes connections for a program that does nothing any more.
@Suite struct AcceptanceTests {
    /// A server that accepts, on both families or on one, until it is stopped.
    private static let server = """
        import socket, sys
        family = socket.AF_INET6 if sys.argv[1] == "both" else socket.AF_INET
        server = socket.create_server(("", 0), family=family, dualstack_ipv6=sys.argv[1] == "both")
        print(server.getsockname()[1], flush=True)
        while True:
            server.accept()[0].close()
        """

    @Test(arguments: ["one", "both"]) func aStoppedProgramIsNoServerThoughItsPortTakesConnections(
        _ families: String
    ) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.server, families]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer { kill(process.processIdentifier, SIGKILL) }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))

        #expect(await connectionFailure(port: port, timeout: .seconds(20)) == nil)
        kill(process.processIdentifier, SIGSTOP)
        var failure: String?
        try await eventually("nobody accepts") {
            failure = await connectionFailure(port: port, timeout: .milliseconds(200))
            return failure != nil
        }
        #expect(failure == "port \(port): nobody accepts connections (none within 200 ms)")
        kill(process.processIdentifier, SIGCONT)
        try await eventually("it accepts again") {
            await connectionFailure(port: port, timeout: .seconds(20)) == nil
        }
    }
}
