import Archive
import Foundation
import TestSupport
import Testing

@testable import Compare

/// Time that goes on where somebody waits.
final class PlayedTime {
    private(set) var waits: [Duration] = []
    private let stall: Duration

    init(stall: Duration = .seconds(30)) { self.stall = stall }

    var played: RegistryConnection.Time {
        RegistryConnection.Time(
            now: { .now + self.waits.reduce(.zero, +) }, pause: { self.waits.append($0) }, stall: stall)
    }
}

/// A small real server that answers as a registry would, faults included; gone after the test.
final class PlayedRegistry {
    struct Answer: Encodable {
        var status = 200
        var headers: [String: String] = [:]
        /// In Base64.
        var body = ""
        /// Whether the connection is cut in the middle of the body.
        var isCut = false
        /// Whether nothing more comes from the middle of the body on.
        var isStuck = false
        /// What `Authorization` must say; another one is answered with 401 and a challenge.
        var wants: String?

        init(
            _ status: Int = 200, _ body: [UInt8] = [], headers: [String: String] = [:], isCut: Bool = false,
            isStuck: Bool = false,
            wants: String? = nil
        ) {
            self.status = status
            self.headers = headers
            self.body = Data(body).base64EncodedString()
            self.isCut = isCut
            self.isStuck = isStuck
            self.wants = wants
        }
    }

    let bench: Workbench
    let address: String
    /// By path; each answer is given once, the last one again and again.
    private var answers: [String: [Answer]] = [:]
    private let process = Process()

    init() throws {
        bench = try Workbench()
        try Self.server.write(toFile: "\(bench.path)/server.py", atomically: true, encoding: .utf8)
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(bench.path)/server.py", bench.path]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // It says its port once it listens.
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        address = "127.0.0.1:\(line.trimmingCharacters(in: .whitespacesAndNewlines))"
    }

    deinit {
        // Threads that run tests may hold a gentler signal back, and what they start inherits that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static let server = """
        import base64, http.server, json, os, sys
        folder, given = sys.argv[1], {}
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *_): pass
            def do_POST(self):
                self.form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self.do_GET()
            def do_GET(self):
                path = self.path.split("?")[0]
                with open(folder + "/requests", "a") as log:
                    print(self.path, self.headers.get("Authorization", "-"), getattr(self, "form", ""), file=log)
                answers = json.load(open(folder + "/answers")).get(path)
                if not answers: return self.answer(404, {}, b"{}")
                number = given.get(path, 0)
                one = answers[min(number, len(answers) - 1)]
                if one.get("wants") not in (None, self.headers.get("Authorization")):
                    return self.answer(401, {"WWW-Authenticate": one["headers"]["WWW-Authenticate"]}, b'{"errors": "no"}' * 99)
                given[path] = number + 1
                self.answer(one["status"], one["headers"], base64.b64decode(one["body"]), one["isCut"], one["isStuck"])
            def answer(self, status, headers, body, cut=False, stuck=False):
                self.send_response(status)
                for name, value in headers.items(): self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:len(body) // 2] if cut or stuck else body)
                if stuck:
                    self.wfile.flush()
                    # Until whoever asks has gone.
                    self.rfile.read(1)
                    self.close_connection = True
                if cut:
                    self.wfile.flush()
                    self.close_connection = True
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    /// Plays answers under a path; `path` is that below the repository where it does not begin with `/`.
    func play(_ path: String, _ list: Answer...) throws {
        answers[path.hasPrefix("/") ? path : "/v2/shop/app/\(path)"] = list
        try JSONEncoder().encode(answers).write(to: URL(fileURLWithPath: "\(bench.path)/answers"))
    }

    func requests() throws -> [String] {
        try String(contentsOfFile: "\(bench.path)/requests", encoding: .utf8).split(separator: "\n").map(String.init)
    }

    // MARK: images

    /// Keeps bytes as a blob, and describes it in JSON.
    func blob(_ bytes: [UInt8], type: String = "application/vnd.oci.image.layer.v1.tar", more: String = "") throws
        -> String
    {
        let digest = Digest.text(of: bytes)
        try play("blobs/\(digest)", Answer(200, bytes))
        return #"{"mediaType": "\#(type)", "digest": "\#(digest)", "size": \#(bytes.count)\#(more)}"#
    }

    /// Keeps bytes under their digest and under a tag.
    func manifest(_ text: String, tag: String? = nil) throws -> String {
        let digest = Digest.text(of: Array(text.utf8))
        for name in [digest, tag].compactMap(\.self) {
            try play("manifests/\(name)", Answer(200, Array(text.utf8), headers: ["Docker-Content-Digest": digest]))
        }
        return digest
    }

    /// An image of some layers, each packed by a script that writes an archive to its output.
    func image(
        tag: String? = nil, _ layers: [String], config: String = "{}", platform: String = "linux/amd64"
    ) throws -> String {
        let parts = platform.split(separator: "/")
        let described = try blob(
            Array(#"{"os": "\#(parts[0])", "architecture": "\#(parts[1])", "config": \#(config)}"#.utf8),
            type: "application/vnd.oci.image.config.v1+json")
        let packed = try layers.map { try blob(Array(try bench.shell($0))) }
        return try manifest(
            #"{"schemaVersion": 2, "config": \#(described), "layers": [\#(packed.joined(separator: ", "))]}"#, tag: tag)
    }

    /// An index over images that are described in JSON.
    func index(tag: String? = nil, _ entries: [String]) throws -> String {
        try manifest(#"{"schemaVersion": 2, "manifests": [\#(entries.joined(separator: ", "))]}"#, tag: tag)
    }

    /// How an index names an image.
    func entry(_ digest: String, platform: String, more: String = "") -> String {
        let parts = platform.split(separator: "/")
        return #"{"digest": "\#(digest)", "platform": {"os": "\#(parts[0])", "architecture": "\#(parts[1])"}\#(more)}"#
    }

    /// A script that packs files of given contents.
    static func layer(_ files: [String: String]) -> String {
        let lines = files.map { path, content in
            "mkdir -p \"$d/$(dirname '\(path)')\"; printf '%s' '\(content)' > \"$d/\(path)\""
        }
        return "d=$(mktemp -d -p .); \(lines.joined(separator: "; ")); "
            + "tar cf - --sort=name --mtime=@0 --owner=0 --group=0 -C $d $(cd $d; find . -type f | sort); rm -r $d"
    }

    func reference(_ name: String) throws -> ImageReference {
        try ImageReference(checking: "oci://\(address)/shop/app\(name.contains(":") ? "@" : ":")\(name)")
    }

    func registry(
        _ name: String = "1", credentials: Credentials = Credentials(files: []),
        time: PlayedTime = PlayedTime()
    ) throws -> Registry {
        Registry(RegistryConnection(try reference(name), credentials: credentials, time: time.played))
    }

    func compare(
        _ from: String, _ to: String, registered: (String?, String?) = (nil, nil),
        here: ImagePlatform = ImagePlatform(system: "linux", architecture: "amd64")
    ) throws -> ArtifactComparison {
        try .between(
            images: try reference(from), try reference(to), paths: (from, to), registered: registered,
            credentials: Credentials(files: []), here: here)
    }
}
