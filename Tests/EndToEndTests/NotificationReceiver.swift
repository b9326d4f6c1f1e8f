import Foundation
import Testing

/// Somebody who is told of events: a real HTTP server, which writes down what it was told and what it answered.
final class NotificationReceiver {
    /// What it does with what comes.
    enum Mode: String { case takes = "200", fails = "500", refuses = "404", hangs }

    struct Told {
        var path: String
        var answer: String
        var sequence: Int64
        /// Whether the signature is right, as a few lines of Python see it; `nil` where there was none.
        var isSigned: Bool?
        var body: [String: Any]
    }

    static let secret = "a secret that both know"
    private let folder: String
    private var process: Process?
    private(set) var port = 0
    var mode: Mode { didSet { try? write() } }

    init(_ mode: Mode, in folder: String) throws {
        self.folder = "\(folder)/receiver-\(UUID().uuidString.prefix(8))"
        self.mode = mode
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        try Self.server.write(toFile: "\(self.folder)/server.py", atomically: true, encoding: .utf8)
        try write()
        try start()
    }

    deinit { stop() }

    var url: String { "http://127.0.0.1:\(port)/hook" }

    private func write() throws {
        try mode.rawValue.write(toFile: "\(folder)/mode", atomically: true, encoding: .utf8)
    }

    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(folder)/server.py", folder, "\(port)", Self.secret]
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        self.process = process
        // Its first line is the port on which it listens.
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)), "the receiver does not start")
    }

    func stop() {
        if let process { kill(process.processIdentifier, SIGKILL) }
        process?.waitUntilExit()
        process = nil
    }

    var told: [Told] {
        let text = (try? String(contentsOfFile: "\(folder)/told", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                return nil
            }
            return Told(
                path: object["path"] as? String ?? "", answer: object["answer"] as? String ?? "",
                sequence: (object["sequence"] as? String).flatMap { Int64($0) } ?? -1,
                isSigned: object["signed"] as? Bool, body: object["body"] as? [String: Any] ?? [:])
        }
    }

    /// The events that it has taken, in the order in which they came.
    var taken: [Int64] { told.filter { $0.answer == "200" && $0.path == "/hook" }.map(\.sequence) }

    private static let server = """
        import hashlib, hmac, json, sys, threading, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        folder, port, secret = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        lock = threading.Lock()
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature, signed = self.headers.get("Lastgood-Signature"), None
                if signature:
                    moment = self.headers["Lastgood-Time"]
                    right = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
                    signed = hmac.compare_digest(signature, "sha256=" + right) and abs(time.time() - int(moment)) < 300
                mode = open(folder + "/mode").read()
                with lock, open(folder + "/told", "a") as file:
                    file.write(json.dumps({"path": self.path, "answer": mode, "signed": signed,
                        "sequence": self.headers.get("Lastgood-Event"), "body": json.loads(body)}) + "\\n")
                if mode == "hangs":
                    time.sleep(3600)
                self.send_response(int(mode))
                self.send_header("Content-Length", "0")
                self.end_headers()
            def log_message(self, *arguments):
                pass
        ThreadingHTTPServer.daemon_threads = True
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()

        """
}
