import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// An image is known by its digest from its registration on.
    @Suite struct ImageRegistrationTests {
        private let commands: CommandBench
        private var bench: Workbench { commands.bench }
        private let server = Process()
        private let address: String

        /// A manifest is a file under a tag or a digest: a plain server of files is a registry of it.
        init() throws {
            commands = try CommandBench()
            let bench = commands.bench
            try bench.shell("mkdir -p web/v2/shop/app/manifests")
            let output = Pipe()
            server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            server.arguments = [
                "python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", "\(bench.path)/web",
            ]
            server.standardOutput = output
            server.standardError = FileHandle.nullDevice
            try server.run()
            // "Serving HTTP on 127.0.0.1 port 8000 (…"
            let words = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).split(separator: " ")
            let port = try #require(words.firstIndex(of: "port").map { words[$0 + 1] })
            address = "127.0.0.1:\(port)"
        }

        /// Puts another image under the tag `1`, and says its digest.
        private func push(_ comment: String) throws -> String {
            let zeros = String(repeating: "0", count: 64)
            let digest = try bench.text(
                """
                cd web/v2/shop/app/manifests
                echo '{"schemaVersion": 2, "config": {"digest": "sha256:\(zeros)"}, "layers": [], "c": "\(comment)"}' > 1
                d=sha256:$(sha256sum 1 | cut -d' ' -f1); cp 1 $d; echo $d
                """)
            return digest
        }

        private func register(_ words: String) throws -> (status: Int, text: String, errors: String) {
            try commands.run("register shop \(words)")
        }

        @Test func anImageIsKnownByItsDigestFromItsRegistrationOn() throws {
            defer {
                kill(server.processIdentifier, SIGKILL)
                server.waitUntilExit()
            }
            let digest = try push("first")
            let image = "--artifact oci://\(address)/shop/app:1"
            let first = try register("1.0 \(image) -o json")
            #expect(first.status == 0 && first.text.contains(digest), "\(first)")
            // The same again, in capitals, changes nothing.
            for same in [image, "\(image) --digest \(digest.uppercased())"] {
                let again = try register("1.0 \(same)")
                #expect(again.status == 0 && again.text.contains("was registered already"), "\(again)")
            }
            let capitals = try register("1.1 --artifact oci://\(address)/shop/app:1@\(digest.uppercased()) -o json")
            #expect(capitals.status == 0 && capitals.text.contains("app:1@\(digest)"), "\(capitals)")
            for nonsense in ["latest", "sha256:12", digest + "0", "''"] {
                let refused = try register("1.2 \(image) --digest \(nonsense)")
                #expect(refused.status == 2 && refused.errors.contains("is no digest"), "\(nonsense): \(refused)")
            }
            let other = try register("1.2 \(image) --digest sha256:\(String(repeating: "0", count: 64))")
            #expect(other.status == 2 && other.errors.contains("is \(digest), not"), "\(other)")
            let missing = try register("1.2 --artifact oci://\(address)/shop/app:2")
            #expect(missing.status == 2 && missing.errors.contains("there is no image"), "\(missing)")
            let zero = try register(
                "1.2 --artifact oci://\(address)/shop/app@sha256:\(String(repeating: "0", count: 64))")
            #expect(zero.status == 2 && zero.errors.contains("there is no image"), "\(zero)")

            // Once its tag names something else, it is another image.
            _ = try push("second")
            let moved = try register("1.0 \(image)")
            #expect(moved.status == 5 && moved.errors.contains(digest), "\(moved)")
            // What is known already needs no registry that answers.
            try bench.shell("rm -r web/v2")
            #expect(try register("1.0 \(image)").status == 0)
        }
    }
}
