import Foundation
import TestSupport

/// A TLS server on a loopback port, whose certificate is for `kube.test` alone, and a proxy; gone after the test.
///
/// It answers with the Host header, a blank, and the common name of the client's certificate.
final class SecureServer {
    let bench: Workbench
    let port: Int
    let proxyPort: Int
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init() throws {
        bench = try Workbench()
        try bench.shell(
            """
            make() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@" 2>/dev/null; }
            make -x509 -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
            make -x509 -days 2 -subj /CN=other -keyout other.key -out other.pem
            for name in kube.test ana; do
                make -subj /CN=$name -keyout $name.key -out $name.csr
                echo "subjectAltName=DNS:$name" > ext
                openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $name.pem 2>/dev/null
            done
            cat > server.py <<'P'
            import http.server, select, socket, socketserver, ssl, sys, threading
            class Answer(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    peer = self.connection.getpeercert() or {}
                    name = "".join(v for p in peer.get("subject", ()) for _, v in p)
                    body = f"{self.headers['Host']} {name}".encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *words): pass
            class Proxy(http.server.BaseHTTPRequestHandler):
                def do_CONNECT(self):
                    host, port = self.path.rsplit(":", 1)
                    with open("proxied", "a") as log: log.write(self.path + "\\n")
                    other = socket.create_connection(("127.0.0.1", int(port)))
                    self.send_response(200)
                    self.end_headers()
                    pair = {self.connection: other, other: self.connection}
                    while True:
                        for ready in select.select(list(pair), [], [])[0]:
                            data = ready.recv(65536)
                            if not data: return
                            pair[ready].sendall(data)
                def log_message(self, *words): pass
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("kube.test.pem", "kube.test.key")
            context.load_verify_locations("ca.pem")
            context.verify_mode = ssl.CERT_OPTIONAL
            class Server(http.server.ThreadingHTTPServer):
                def get_request(self):
                    client, address = super().get_request()
                    return context.wrap_socket(client, server_side=True, do_handshake_on_connect=False), address
                def handle_error(self, *words): pass
            secure = Server(("127.0.0.1", 0), Answer)
            proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
            for server in (secure, proxy): threading.Thread(target=server.serve_forever, daemon=True).start()
            print(secure.server_port, proxy.server_port, flush=True)
            sys.stdin.read()
            P
            """)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "server.py"]
        process.currentDirectoryURL = URL(fileURLWithPath: bench.path)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A { line.append(byte) }
        let ports = String(decoding: line, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard ports.count == 2 else { throw NoServer() }
        (port, proxyPort) = (ports[0], ports[1])
    }

    deinit {
        // It ends with its input: signals may be blocked in what a thread of Dispatch starts.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func file(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(bench.path)/\(name)")))
    }
}

/// It does not come up.
struct NoServer: Error {}
