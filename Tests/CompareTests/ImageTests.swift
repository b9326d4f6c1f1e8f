import Foundation
import TestSupport
import Testing

@testable import Compare

@Suite struct ImageTests {
    @Test func referencesAreReadAsEverybodyWritesThem() {
        func read(_ text: String) -> [String]? {
            ImageReference(text).map { [$0.registry, $0.repository, $0.reference, String($0.base.prefix(8))] }
        }
        let zeros = String(repeating: "0", count: 63)
        #expect(read("oci://127.0.0.1:5000/a/b:1.2") == ["127.0.0.1:5000", "a/b", "1.2", "http://1"])
        #expect(read("oci://r.example/a:1@SHA256:\(zeros)A") == ["r.example", "a", "sha256:\(zeros)a", "https://"])
        #expect(read("oci://[::1]:5000/a") == ["[::1]:5000", "a", "latest", "http://["])
        #expect(read("oci://docker.io/debian") == ["registry-1.docker.io", "library/debian", "latest", "https://"])
        #expect(read("/srv/a.tgz") == nil)
        #expect(read("oci://nothing") == nil)
    }

    @Test func twoImagesOfARealRegistryAreCompared() throws {
        let server = try RegistryServer()
        try server.bench.shell(
            "mkdir base one two; echo os > base/os; echo same > base/same; echo 1 > one/app; echo x > one/gone; echo 2 > two/app; touch two/.wh.same"
        )
        try server.push(
            "1", layers: ["base", "one"],
            config:
                #"{"Env": ["LEVEL=info", "API_TOKEN=abc"], "Cmd": ["./app"], "User": "root", "ExposedPorts": {"80/tcp": {}}}"#
        )
        try server.push(
            "2", layers: ["base", "two"],
            config: #"{"Env": ["LEVEL=debug", "API_TOKEN=def"], "Cmd": ["./app"], "User": "app"}"#)
        func compare(_ from: String, _ to: String, _ credentials: String = "docker") throws -> ArtifactComparison {
            let images = try [from, to].map { try #require(ImageReference("oci://\(server.address)/shop/app:\($0)")) }
            return try .between(
                images: images[0], images[1], paths: (from, to),
                credentials: Credentials(folder: "\(server.bench.path)/\(credentials)"))
        }
        let found = try compare("1", "2")
        #expect(found.entries.map { "\($0.status) \($0.path)" } == ["changed app", "removed gone", "removed same"])
        #expect(found.image?.layers.map(\.status) == [.shared, .removed, .added])
        #expect(
            found.image?.settings == [
                SettingChange(name: "env.API_TOKEN", from: "‹hidden›", to: "changed (hidden)"),
                SettingChange(name: "env.LEVEL", from: "info", to: "debug"),
                SettingChange(name: "exposedPorts", from: "80/tcp", to: nil),
                SettingChange(name: "user", from: "root", to: "app"),
            ])
        #expect(found.from.digest?.hasPrefix("sha256:") == true)
        #expect {
            try compare("1", "3")
        } throws: { ($0 as? Problem)?.reason.contains("there is no such image") == true }
        #expect {
            try compare("1", "2", "nowhere")
        } throws: { ($0 as? Problem)?.mend?.contains("docker login") == true }
    }
}
