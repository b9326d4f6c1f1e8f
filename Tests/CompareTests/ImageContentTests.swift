import Archive
import Foundation
import TestSupport
import Testing

@testable import Compare

@Suite struct ImageContentTests {
    // MARK: settings

    private func settings(_ config: String) throws -> ImageSettings {
        ImageSettings(try JSONValue(Array(config.utf8)))
    }

    private func changes(_ from: String, _ to: String) throws -> [String] {
        ImageSettings.changes(try settings(from), try settings(to)).map {
            "\($0.name): \($0.from ?? "–") → \($0.to ?? "–")"
        }
    }

    @Test func everythingThatAnImageSaysOfRunningItIsCompared() throws {
        let found = try changes(
            "{}",
            #"""
            {"Healthcheck": {"Test": ["CMD-SHELL", "curl -f x"], "Interval": 30000000000, "Timeout": 1500000000, "Retries": 3},
            "StopSignal": "SIGQUIT", "StopTimeout": 20, "Volumes": {"/data": {}, "/cache": {}}, "Shell": ["/bin/bash", "-c"],
            "OnBuild": ["RUN x"], "User": "app", "WorkingDir": "/srv", "Labels": {"a": "b"}, "ExposedPorts": {"80/tcp": {}},
            "NewThing": {"x": 1}, "Tty": false, "Image": "", "Entrypoint": null, "Cmd": []}
            """#)
        #expect(
            found == [
                #"config.NewThing: – → {"x":1}"#, "exposedPorts: – → 80/tcp", "healthCheck.interval: – → 30 s",
                "healthCheck.retries: – → 3", "healthCheck.test: – → CMD-SHELL 'curl -f x'",
                "healthCheck.timeout: – → 1.5 s", "label.a: – → b", "onBuild: – → 'RUN x'",
                "shell: – → /bin/bash -c", "stopSignal: – → SIGQUIT", "stopTimeout: – → 20 s", "user: – → app",
                "volumes: – → /cache, /data", "workingDirectory: – → /srv",
            ])
        #expect(try changes(#"{"Healthcheck": {"Test": ["NONE"]}}"#, "{}") == ["healthCheck.test: NONE → –"])
    }

    @Test func entryPointsThatDifferInTheirWordsOnlyDiffer() throws {
        let found = try changes(
            #"{"Entrypoint": ["sh", "-c", "a b"]}"#, #"{"Entrypoint": ["sh", "-c", "a", "b"]}"#)
        #expect(found == ["entryPoint: sh -c 'a b' → sh -c a b"])
        #expect(try changes(#"{"Cmd": ["it's"]}"#, #"{"Cmd": [""]}"#) == [#"command: 'it'\''s' → ''"#])
    }

    @Test func aSecretThatChangedSaysSoAndIsNotShown() throws {
        let before =
            #"{"Env": ["API_TOKEN=abc", "X=1"], "Cmd": ["run", "--password=abc"], "Labels": {"db.password": "abc"}}"#
        let found = try changes(before, before.replacing("abc", with: "xyz"))
        #expect(
            found == [
                "command: run --password=‹hidden› → run --password=‹hidden› changed (hidden)",
                "env.API_TOKEN: ‹hidden› → changed (hidden)", "label.db.password: ‹hidden› → changed (hidden)",
            ])
        #expect(try changes(before, before) == [])
    }

    // MARK: platforms

    @Test func likeIsComparedWithLike() {
        func pair(_ from: [String], _ to: [String]) -> String? {
            func platforms(_ list: [String]) -> [ImagePlatform] {
                list.map {
                    let parts = $0.split(separator: "/").map(String.init)
                    return ImagePlatform(
                        system: parts[0], architecture: parts[1], variant: parts.count > 2 ? parts[2] : nil)
                }
            }
            return ImagePlatform.pair(
                platforms(from), platforms(to), here: ImagePlatform(system: "linux", architecture: "amd64")
            ).map { "\($0.from) \($0.to)" }
        }
        #expect(pair(["linux/arm64", "linux/amd64"], ["linux/amd64"]) == "linux/amd64 linux/amd64")
        #expect(pair(["linux/arm64", "linux/amd64"], ["linux/s390x", "linux/arm64"]) == "linux/arm64 linux/arm64")
        #expect(pair(["linux/arm/v6", "linux/arm/v7"], ["linux/arm/v7"]) == "linux/arm/v7 linux/arm/v7")
        #expect(pair(["linux/arm/v6"], ["linux/arm/v7"]) == nil)
        #expect(pair(["linux/amd64"], ["windows/amd64"]) == nil)
        #expect(pair(["linux/arm64"], []) == nil)
        // Images of Windows run on their own build of it only, whatever its revision.
        let windows = ["10.0.17763.1", "10.0.20348.2"].map {
            ImagePlatform(JSONValue(value: ["os": "windows", "architecture": "amd64", "os.version": $0]))
        }
        #expect(windows.map { $0?.description } == ["windows/amd64/10.0.17763", "windows/amd64/10.0.20348"])
    }

    @Test func anIndexWithoutThisPlatformSaysWhichThereAreAndOneOfThemIsCompared() throws {
        let played = try PlayedRegistry()
        func image(_ content: String, _ platform: String) throws -> String {
            try played.image([PlayedRegistry.layer(["app": content])], platform: platform)
        }
        let arms = try ["one", "two"].map { try image($0, "linux/arm64") }
        // The index of the second lies within another, and says nothing of the platform itself.
        let inner = try played.index([played.entry(arms[1], platform: "linux/arm64")])
        _ = try played.index(
            tag: "1",
            [
                played.entry(try image("other", "windows/amd64"), platform: "windows/amd64"),
                played.entry(arms[0], platform: "linux/arm64"),
            ])
        _ = try played.index(
            tag: "2", [#"{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "\#(inner)"}"#])
        let found = try played.compare("1", "2")
        #expect(found.entries.map { "\($0.status) \($0.path)" } == ["changed app"])
        #expect(found.image?.platforms == ["linux/arm64", "linux/arm64"])
        #expect(found.notes.count == 1)
        #expect(found.notes.first?.contains("windows/amd64, linux/arm64") == true)
        // A single image says itself what it is for.
        _ = try played.image(tag: "3", [PlayedRegistry.layer(["app": "three"])], platform: "linux/arm64")
        #expect(try played.compare("1", "3").image?.platforms == ["linux/arm64", "linux/arm64"])
        _ = try played.index(tag: "4", [played.entry(try image("x", "linux/s390x"), platform: "linux/s390x")])
        #expect {
            try played.compare("1", "4")
        } throws: {
            let reason = ($0 as? Problem)?.reason ?? ""
            return reason.contains("no kind of machine that both are for") && reason.contains("linux/s390x")
        }
        #expect(try played.compare("3", "4").notes.first?.contains("most of what differs") == true)
    }

    @Test func anImageAgainstAnArchiveSaysSo() {
        #expect {
            try ArtifactComparison.between("oci://r.example/a:1", digest: nil, "/srv/a.tgz", digest: nil)
        } throws: { ($0 as? Problem)?.reason.contains("is an image, and /srv/a.tgz is a folder or an archive") == true }
    }

    // MARK: any bytes

    @Test func anyAnswerOfARegistryCanBeRead() throws {
        let good = [
            #"{"schemaVersion": 2, "mediaType": "m", "config": {"digest": "sha256:\#(String(repeating: "a", count: 64))", "size": 7}, "layers": [{"digest": "sha256:\#(String(repeating: "b", count: 64))", "size": 1e3, "annotations": {"a": "b"}}]}"#,
            #"{"manifests": [{"digest": "sha512:\#(String(repeating: "b", count: 128))", "platform": {"os": "linux", "architecture": "arm", "variant": "v7"}}]}"#,
            #"{"Env": ["A=b", "C"], "Healthcheck": {"Test": ["CMD", "x"], "Interval": 1000000000, "Retries": 3}, "Labels": {"a": "b"}, "Cmd": "x", "Volumes": {"/a": {}}, "StopTimeout": 3}"#,
            #"Bearer realm="https://a/t",service=s, Basic realm="a\"b", error=x"#,
            "Package: a\nStatus: install ok installed\nVersion: 1:2-3\nDescription: x\n more\n\nPackage: b\nVersion: 2\n",
            "C:Q1\nP:musl\nV:1.2\nF:lib\nR:x\n\nP:a\nV:1\n", "oci://registry.example:5000/a/b:1.2@sha256:ab",
            #"{"auths": {"https://r.example/v1/": {"auth": "YTpi"}}, "credHelpers": {"x": ""}}"#,
        ].map { Array($0.utf8) }
        var mutator = Mutator(seed: testSeed())
        for number in 0..<fuzzCount() {
            let bytes = mutator.mutate(good[number % good.count])
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? ImageDocument.parse(bytes)
            if let value = try? JSONValue(bytes) {
                let settings = ImageSettings(value)
                _ = ImageSettings.changes(settings, ImageSettings(value["config"]))
            }
            for challenge in AuthenticationChallenge.parse(text) { #expect(!challenge.scheme.isEmpty) }
            _ = try? DpkgStatus.parse(bytes)
            _ = try? APKInstalled.parse(bytes)
            if let root = try? JSONValue(bytes) { _ = try? Credentials.login(in: root, "r.example", repository: "a/b") }
            if let reference = ImageReference(text) { #expect(!reference.repository.contains("..")) }
            _ = RegistryConnection.wait(text, now: Date(timeIntervalSince1970: 0))
        }
    }
}
