import Foundation
import TestSupport
import Testing

@testable import Service

/// A real listener, and those who watch a service: curl, and a few lines of Python that mean no good.
@Suite struct ListenerTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func listen(_ address: ListenAddress) throws -> Listener {
        try Listener(address) { Response(status: $0.path == "/none" ? 404 : 200, body: "asked for \($0.path)\n") }
    }

    @Test func itAnswersOnLoopbackAndAtASocket() throws {
        for host in ["127.0.0.1", "::1"] {
            let listener = try listen(.loopback(host: host, port: 0))
            defer { listener.stop() }
            #expect(try bench.text("curl -gsS http://\(listener.address)/a?b") == "asked for /a")
            #expect(try bench.text("curl -gsS -o /dev/null -w '%{http_code}' http://\(listener.address)/none") == "404")
            #expect(try bench.text("curl -gsSI http://\(listener.address)/a").hasPrefix("HTTP/1.1 200 OK"))
            #expect(try bench.text("curl -gsS -d a=b http://\(listener.address)/a") == "only GET and HEAD")
        }
        let named = try Listener(.loopback(host: "127.0.0.1", port: 0), names: ["shop.example"]) { _ in
            Response(body: "told\n")
        }
        defer { named.stop() }
        #expect(try bench.text("curl -gsS -H 'Host: shop.example' http://\(named.address)/a") == "told")
        let refused = try bench.text("curl -gsS -w '%{http_code}' -H 'Host: evil.example' http://\(named.address)/a")
        #expect(refused.contains("“evil.example” is no name of this service") && refused.hasSuffix("421"), "\(refused)")
        let path = "\(bench.path)/s"
        let listener = try listen(.socket(path: path))
        #expect(try bench.text("curl -sS --unix-socket s http://localhost/a") == "asked for /a")
        #expect(try bench.text("stat -c %a s") == "660")
        listener.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aSocketThatADeadProcessLeftIsTakenAndALivingOnesOrAFileIsNot() throws {
        try bench.shell(
            """
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")'
            echo mine > file
            """)
        let listener = try listen(.socket(path: "\(bench.path)/s"))
        defer { listener.stop() }
        #expect(try bench.text("curl -sS --unix-socket s http://localhost/a") == "asked for /a")
        for name in ["s", "file"] {
            let failure = #expect(throws: Listener.Failure.self) { try listen(.socket(path: "\(bench.path)/\(name)")) }
            #expect(failure?.description.contains("Address already in use") == true)
        }
        #expect(try bench.text("cat file; curl -sS --unix-socket s http://localhost/a") == "mine\nasked for /a")
    }

    @Test func whoeverIsSlowOrManyKeepsNobodyOut() throws {
        let listener = try listen(.loopback(host: "127.0.0.1", port: 0))
        defer { listener.stop() }
        guard case .loopback(_, let port) = listener.address else { return }
        let script = """
            import socket, urllib.request
            def connect():
                one = socket.create_connection(("127.0.0.1", \(port)), timeout=30)
                one.sendall(b"GET /slow")
                return one
            slow = [connect() for _ in range(200)]
            for _ in range(20):
                assert urllib.request.urlopen("http://127.0.0.1:\(port)/a", timeout=30).read() == b"asked for /a\\n"
            big = connect()
            try:
                big.sendall(b"x" * 1000000)
            except OSError:
                pass
            # The oldest were cut off.
            assert slow[0].recv(100) == b""
            print("well")
            """
        try script.write(toFile: "\(bench.path)/script.py", atomically: true, encoding: .utf8)
        #expect(try bench.text("python3 script.py") == "well")
    }
}
