import Foundation
import Testing

/// A service manager's end of `$NOTIFY_SOCKET`: a real datagram socket, and a process that writes down what comes.
final class NotifySocket {
    let path: String
    private let file: String
    private let process = Process()

    init(in folder: String) throws {
        path = "\(folder)/notify"
        file = "\(folder)/notified"
        let script = """
            import json, socket, sys
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            listening.bind(sys.argv[1])
            print("bound", flush=True)
            while True:
                text = listening.recv(65536).decode()
                with open(sys.argv[2], "a") as file:
                    file.write(json.dumps(text) + "\\n")

            """
        try script.write(toFile: "\(folder)/notify.py", atomically: true, encoding: .utf8)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(folder)/notify.py", path, file]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        try #require(line.hasPrefix("bound"), "the listener does not start")
    }

    deinit { kill(process.processIdentifier, SIGKILL) }

    /// Every assignment that came, in order, each message's as they stood in it.
    var assignments: [String] {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").flatMap { line -> [String] in
            let message = try? JSONDecoder().decode(String.self, from: Data(line.utf8))
            return (message ?? "").split(separator: "\n").map(String.init)
        }
    }

    func count(_ assignment: String) -> Int { assignments.count { $0 == assignment } }
}
