import Foundation
import HTTP
import Model
import Synchronization
import TestSupport
import Testing

@testable import Kubernetes

@Suite struct PluginTests {
    private let bench: Workbench

    init() async throws {
        await turnsComeSoon()
        bench = try Workbench()
    }

    /// A plugin that is a script of bash.
    private func plugin(_ script: String, version: ExecPlugin.APIVersion = .v1) throws -> ExecPlugin {
        let path = "\(bench.path)/plugin"
        // Written by a process of its own: a file that this one has open for writing, and a fork of another test's with
        // it, cannot be run.
        try bench.shell("cat > plugin <<'END_OF_PLUGIN'\n#!/bin/bash\n\(script)\nEND_OF_PLUGIN")
        try bench.shell("chmod +x plugin")
        return ExecPlugin(command: path, apiVersion: version)
    }

    private func access(_ plugin: ExecPlugin, at address: String = "https://10.0.0.1:6443") throws -> ClusterAccess {
        var user = Kubeconfig.User()
        user.plugin = plugin
        return try .played(at: address, user: user)
    }

    private func ask(_ plugin: ExecPlugin, deadline: Duration = .seconds(20)) async throws -> ExecAnswer {
        try await PluginRun(deadline: deadline).ask(plugin, for: try access(plugin))
    }

    private func fault(_ plugin: ExecPlugin, deadline: Duration = .seconds(20)) async -> KubeconfigFault? {
        do {
            _ = try await ask(plugin, deadline: deadline)
            return nil
        } catch { return error as? KubeconfigFault }
    }

    private static func answer(_ status: String, _ version: ExecPlugin.APIVersion = .v1) -> String {
        "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"\(version.rawValue)\",\"status\":\(status)}'"
    }

    @Test(arguments: ExecPlugin.APIVersion.allCases) func aTokenIsTaken(version: ExecPlugin.APIVersion) async throws {
        let plugin = try plugin(
            Self.answer(#"{"token":"hunter2","expirationTimestamp":"2026-11-27T10:00:00Z"}"#, version), version: version
        )
        let answer = try await ask(plugin)
        #expect(answer.token == Secret("hunter2"))
        #expect(answer.expiresAt == Timestamp(rfc3339: "2026-11-27T10:00:00Z"))
    }

    @Test func aCertificateIsTaken() async throws {
        let plugin = try plugin(Self.answer(#"{"clientCertificateData":"PEM\n","clientKeyData":"KEY"}"#))
        #expect(try await ask(plugin).identity == .init(certificate: Array("PEM\n".utf8), key: Secret("KEY")))
    }

    @Test func argumentsVariablesAndTheClusterReachIt() async throws {
        var plugin = try plugin(
            "printf '%s|' \"$@\" > seen; cd \(bench.path); printf '%s|' \"$A\" \"$1\" > seen; printf '%s' \"$KUBERNETES_EXEC_INFO\" > info; "
                + Self.answer(#"{"token":"t"}"#))
        plugin.arguments = ["get token", "--x"].map { Secret($0) }
        plugin.variables = ["A": Secret("b")]
        plugin.providesClusterInfo = true
        var user = Kubeconfig.User()
        user.plugin = plugin
        var cluster = Kubeconfig.Cluster(server: "https://10.0.0.1:6443")
        cluster.authorities = .bytes(Array("PEM".utf8))
        cluster.serverName = "kube"
        cluster.pluginConfiguration = #"{"audience":"x"}"#
        let access = try ClusterAccess(
            context: "test", cluster: .init(value: cluster, file: "config", line: 1),
            user: .init(value: user, file: "config", line: 2), namespace: "shop", proxies: ProxyRules([:]),
            variables: [:])
        _ = try await PluginRun().ask(plugin, for: access)
        #expect(try bench.text("cat seen") == "b|get token|")
        let info = try JSONReader.read(Array(try bench.shell("cat info"))) { reader throws(JSONFault) in
            String(decoding: try reader.raw(), as: UTF8.self)
        }
        #expect(
            info
                == #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,"#
                + #""cluster":{"server":"https://10.0.0.1:6443","tls-server-name":"kube","#
                + #""certificate-authority-data":"UEVN","config":{"audience":"x"}}}}"#)
    }

    @Test func whatItComplainsOfIsToldWithoutSecrets() async throws {
        var plugin = try plugin("echo 'session expired; password=hunter2hunter2' >&2; exit 3")
        plugin.installHint = "get it at example.com"
        let found = await fault(plugin)
        #expect(found?.message.hasPrefix("its plugin plugin ended with status 3: session expired") == true)
        #expect(found?.message.contains("hunter2") == false)
        #expect(found?.file == "config")
        #expect(found?.context == "test")
        #expect(found?.mend.contains("get it at example.com") == true)
    }

    @Test func onePluginThatIsNotThereNamesItsHint() async throws {
        var plugin = ExecPlugin(command: "no-such-plugin", apiVersion: .v1)
        plugin.installHint = "get it at example.com"
        #expect(await fault(plugin)?.message == "its plugin no-such-plugin is not there: get it at example.com")
    }

    @Test(arguments: [
        ("echo nonsense", "what it printed is no ExecCredential: an object was expected, at byte 0"),
        ("true", "what it printed is no ExecCredential: there is nothing, at byte 0"),
        (answer("{}"), "it gave neither a token nor a certificate"),
        (
            answer("{\"token\":\"t\"}", .v1beta1),
            "it answers in client.authentication.k8s.io/v1beta1, and client.authentication.k8s.io/v1 was asked for"
        ),
        (
            answer("{\"clientKeyData\":\"k\"}"),
            "it gave one of clientCertificateData and clientKeyData, and not the other"
        ),
        (answer("{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}"), "its expirationTimestamp is no time"),
    ]) func anAnswerThatIsNoneIsTold(script: String, message: String) async throws {
        let found = await fault(try plugin(script))?.message
        #expect(found == "its plugin plugin: \(message)")
    }

    @Test func itIsNotWaitedForWithoutEnd() async throws {
        let found = await fault(try plugin("exec sleep 1000"), deadline: .milliseconds(50))
        #expect(found?.message.hasPrefix("its plugin plugin took longer than") == true)
        let endless = await fault(try plugin("exec yes"))
        #expect(endless?.message == "its plugin plugin prints without end")
    }

    @Test func whatItLeavesRunningIsNotWaitedFor() async throws {
        let plugin = try plugin("sleep 1000 & " + Self.answer(#"{"token":"t"}"#))
        #expect(try await ask(plugin, deadline: .seconds(300)).token == Secret("t"))
    }

    @Test func oneThatWantsATerminalIsNotRun() async throws {
        var plugin = try plugin("touch \(bench.path)/ran")
        plugin.interaction = .always
        #expect(await fault(plugin)?.message.contains("wants a terminal") == true)
        #expect(try bench.text("ls") == "plugin")
    }

    @Test func itIsAskedOnceUntilItsAnswerExpires() async throws {
        let counting = CountingPlugin(expiresAt: Timestamp(milliseconds: 1_060_000))
        let hand = HandSurroundings()
        let access = try access(ExecPlugin(command: "x", apiVersion: .v1))
        let source = CredentialSource(access, now: hand.surroundings.now, runner: counting)
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { _ = try? await source.credentials() } }
        }
        #expect(counting.count == 1)
        hand.pass(.seconds(49))
        #expect(try await source.credentials().headers.map(\.value.text) == ["Bearer token-1"])
        hand.pass(.seconds(2))
        #expect(try await source.credentials().headers.map(\.value.text) == ["Bearer token-2"])
    }

    @Test func refusedCredentialsAreRenewedOnce() async throws {
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                if request.headers["authorization"] == "Bearer token-2" {
                    connection.answer(200, ServerSamples.pod("a"))
                } else {
                    connection.answer(401, ServerSamples.status(401, "Unauthorized", "Unauthorized"))
                }
            }
        }
        let counting = CountingPlugin(expiresAt: nil)
        let access = try access(ExecPlugin(command: "x", apiVersion: .v1), at: server.address)
        let client = APIClient(
            access, transport: HTTPStreams.shared, surroundings: HandSurroundings().surroundings, runner: counting)
        let pods = try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { try await client.get(Pod.self, .pods, namespace: "shop", name: "a").meta.name }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(pods == Array(repeating: "a", count: 8))
        #expect(counting.count == 2)
    }

    @Test func credentialsThatAreNeverTakenAreAnError() async throws {
        let asked = Gathered<String>()
        let server = try PlayedServer { connection in
            while let request = connection.nextRequest() {
                asked.add(request.path)
                connection.answer(401, ServerSamples.status(401, "Unauthorized", "Unauthorized"))
            }
        }
        let counting = CountingPlugin(expiresAt: nil)
        let client = APIClient(
            try access(ExecPlugin(command: "x", apiVersion: .v1), at: server.address), transport: HTTPStreams.shared,
            surroundings: HandSurroundings().surroundings, runner: counting)
        await #expect {
            try await client.get(Pod.self, .pods, namespace: "shop", name: "a")
        } throws: { error in
            "\(error)" == "context test does not know who asks to get pod a in namespace shop (Unauthorized)"
        }
        #expect(asked.all.count == 2)
        #expect(counting.count == 2)
    }
}

/// Gives another token each time.
private final class CountingPlugin: PluginRunning {
    private let counter = Mutex(0)
    private let expiresAt: Timestamp?

    init(expiresAt: Timestamp?) { self.expiresAt = expiresAt }

    var count: Int { counter.withLock { $0 } }

    func ask(_ plugin: ExecPlugin, for access: ClusterAccess) async throws -> ExecAnswer {
        let number = counter.withLock { counter in
            counter += 1
            return counter
        }
        await Task.yield()
        let expires =
            expiresAt.map { ",\"expirationTimestamp\":\"\(($0 + .seconds(number == 1 ? 0 : 1000)).rfc3339)\"" } ?? ""
        let json = """
            {"kind":"ExecCredential","apiVersion":"\(plugin.apiVersion.rawValue)","status":{"token":"token-\(number)"\(expires)}}
            """
        return try ExecAnswer(Array(json.utf8), from: plugin)
    }
}
