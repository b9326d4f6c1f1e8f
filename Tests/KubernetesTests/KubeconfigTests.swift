import Foundation
import HTTP
import TestSupport
import Testing

@testable import Kubernetes

@Suite struct KubeconfigTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func write(_ name: String, _ text: String) throws -> String {
        let path = "\(bench.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static let whole = """
        apiVersion: v1
        kind: Config
        current-context: prod
        contexts:
        - {name: prod, context: {cluster: c, user: u, namespace: shop}}
        - {name: lost, context: {cluster: nowhere, user: u}}
        clusters:
        - {name: c, cluster: {server: "https://10.0.0.1:6443/base", certificate-authority: pki/ca.crt, tls-server-name: kube}}
        users:
        - {name: u, user: {token: hunter2}}
        """

    private func fault(_ body: () throws -> some Any) -> KubeconfigFault? {
        do {
            _ = try body()
            return nil
        } catch { return error as? KubeconfigFault }
    }

    @Test func theCurrentContextIsFollowed() throws {
        let path = try write("config", Self.whole)
        let access = try KubeconfigSearch(file: path, variables: [:]).access()
        #expect(access.context == "prod")
        #expect(access.namespace == "shop")
        #expect(access.server.authority == "10.0.0.1:6443")
        #expect(access.url("/api/v1/pods") == "https://10.0.0.1:6443/base/api/v1/pods")
        #expect(access.cluster.authorities == .file("\(bench.path)/pki/ca.crt"))
        #expect(!access.isInsecure)
        #expect(throws: KubeconfigFault.self) { try access.security(nil) }
        try bench.shell("mkdir pki; echo PEM > pki/ca.crt")
        #expect(try access.security(nil) == TLSSettings(authorities: Array("PEM\n".utf8), serverName: "kube"))
    }

    @Test func ofSeveralFilesTheFirstCountsAndPathsStartAtTheirOwnFile() throws {
        let first = try write(
            "a/config",
            """
            contexts: [{name: prod, context: {cluster: c, user: u}}]
            users: [{name: u, user: {client-certificate: me.crt, client-key: ../me.key}}]
            """)
        let second = try write(
            "b/config",
            """
            current-context: prod
            contexts: [{name: prod, context: {cluster: other, user: other, namespace: lost}}]
            clusters: [{name: c, cluster: {server: "https://a", certificate-authority: ca.crt}}]
            users: [{name: u, user: {token: lost}}]
            """)
        let search = KubeconfigSearch(variables: ["KUBECONFIG": "\(first):\(bench.path)/missing::\(second)"])
        let access = try search.access()
        #expect(access.namespace == "default")
        #expect(access.user.certificate == .file("\(bench.path)/a/me.crt"))
        #expect(access.user.key == .file("\(bench.path)/me.key"))
        #expect(access.user.token == nil)
        #expect(access.cluster.authorities == .file("\(bench.path)/b/ca.crt"))
    }

    @Test(.enabled(if: hasProgram("kubectl")))
    func severalFilesAreMergedAsKubectlMergesThem() throws {
        let first = try write(
            "x/config",
            """
            current-context: one
            contexts: [{name: one, context: {cluster: c, user: u}}, {name: two, context: {cluster: d, user: v}}]
            clusters: [{name: d, cluster: {server: "https://first"}}]
            """)
        let second = try write(
            "y/config",
            """
            current-context: two
            contexts: [{name: two, context: {cluster: c, user: u, namespace: lost}}]
            clusters:
            - {name: c, cluster: {server: "https://second", certificate-authority: ../ca.crt, tls-server-name: k}}
            - {name: d, cluster: {server: "https://lost", insecure-skip-tls-verify: true}}
            users: [{name: u, user: {tokenFile: ./t}}, {name: v, user: {username: ana}}]
            """)
        for context in ["one", "two"] {
            let list = "\(first):\(second)"
            let access = try KubeconfigSearch(context: context, variables: ["KUBECONFIG": list]).access()
            let known = try bench.text(
                """
                KUBECONFIG='\(list)' kubectl --context \(context) config view --minify -o jsonpath='\
                {.clusters[0].cluster.server} {.clusters[0].cluster.certificate-authority} \
                {.clusters[0].cluster.tls-server-name} {.contexts[0].context.namespace} {.users[0].user.tokenFile} \
                {.users[0].user.username} {.clusters[0].cluster.insecure-skip-tls-verify}'
                """)
            var authority = ""
            if case .file(let path) = access.cluster.authorities { authority = path }
            let mine = [
                access.cluster.server, authority, access.cluster.serverName ?? "",
                access.namespace == "default" ? "" : access.namespace, access.user.tokenFile ?? "",
                access.user.login?.name ?? "", access.cluster.isVerified ? "" : "true",
            ]
            // kubectl shows relative paths as they are written, and nothing for what is empty.
            let paths = ["../ca.crt": "\(bench.path)/ca.crt", "./t": "\(bench.path)/y/t"]
            let words = known.split(separator: " ").map { paths[String($0)] ?? String($0) }
            #expect(words == mine.filter { !$0.isEmpty }, "context \(context)")
        }
    }

    @Test func faultsNameFileLineContextAndMend() throws {
        let path = try write("config", Self.whole)
        let missing = fault { try KubeconfigSearch(file: path, context: "prid", variables: [:]).access() }
        #expect(missing?.description == "\(path), context prid: there is no such context; known are lost, prod")
        #expect(missing?.mend == "did you mean “prod”?")
        let lost = fault { try KubeconfigSearch(file: path, context: "lost", variables: [:]).access() }
        #expect(lost?.description == "\(path):6, context lost: its cluster “nowhere” is nowhere; known are c")
        let none = fault { try KubeconfigSearch(variables: [:], home: bench.path).access() }
        #expect(none?.message == "there is no kubeconfig, and this is no pod of a cluster")
        let absent = fault { try KubeconfigSearch(file: "\(bench.path)/no", variables: [:]).access() }
        #expect(absent?.message == "there is no such file")
    }

    @Test(arguments: [
        ("kind: Pod", "this is a Pod, not a Config"), ("[]", "this is no kubeconfig"),
        ("users: {}", "“users” must be a list"), ("users: [{user: {}}]", "a user has no name"),
        ("users: [{name: a}, {name: a}]", "the user “a” stands twice"),
        ("users: [{name: a, user: {client-key: x}}]", "there is a client-key and no client-certificate"),
        ("users: [{name: a, user: {client-key-data: '!'}}]", "client-key-data is no base64"),
        ("users: [{name: a, user: {exec: {}}}]", "exec has no command"),
        (
            "users: [{name: a, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}}]",
            "exec speaks client.authentication.k8s.io/v1alpha1, which is not known here"
        ),
        (
            "users: [{name: a, user: {exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}}]",
            "exec has no interactiveMode, which v1 wants"
        ),
    ]) func whatIsWrongWithAFileIsTold(text: String, message: String) throws {
        let path = try write("config", text)
        let found = fault { try KubeconfigSearch(file: path, variables: [:]).read() }
        #expect(found?.message == message)
        #expect(found?.file == path)
        #expect(found?.mend.isEmpty == false)
    }

    @Test func whatCannotBeReachedIsTold() throws {
        for (cluster, user, message) in [
            ("{}", "{}", "its cluster has no server"),
            ("{server: 'ftp://x'}", "{}", "its server is no http or https address"),
            ("{server: 'https://x', proxy-url: 'ftp://p'}", "{}", "its proxy-url is no http, https or socks5 address"),
            (
                "{server: 'https://x', certificate-authority: a, insecure-skip-tls-verify: true}", "{}",
                "it has a certificate-authority and insecure-skip-tls-verify"
            ),
            (
                "{server: 'https://x'}", "{auth-provider: {name: gcp}}",
                "its user logs in by the auth-provider “gcp”, which Kubernetes has given up"
            ),
        ] {
            let path = try write(
                "config",
                """
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: \(cluster)}]
                users: [{name: u, user: \(user)}]
                """)
            #expect(fault { try KubeconfigSearch(file: path, variables: [:]).access() }?.message == message)
        }
    }

    @Test func insecureIsAFactThatCanBeShown() throws {
        for (cluster, isInsecure) in [
            ("{server: 'https://x', insecure-skip-tls-verify: true}", true), ("{server: 'http://x'}", true),
            ("{server: 'x:8080'}", true), ("{server: 'https://x'}", false),
        ] {
            let path = try write(
                "config",
                """
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: ''}}]
                clusters: [{name: c, cluster: \(cluster)}]
                """)
            #expect(try KubeconfigSearch(file: path, variables: [:]).access().isInsecure == isInsecure)
        }
    }

    @Test func aPodsServiceAccountIsUsedAndItsTokenReadAgain() async throws {
        let folder = "\(bench.path)/account"
        _ = try write("account/token", "first\n")
        _ = try write("account/namespace", "shop")
        _ = try write("account/ca.crt", "PEM")
        var search = KubeconfigSearch(
            variables: ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"], home: bench.path)
        search.serviceAccountFolder = folder
        let access = try search.access()
        #expect(access.server.origin == "https://[fd00::1]:443")
        #expect(access.namespace == "shop")
        #expect(access.name == "this cluster")
        let source = CredentialSource(access, now: { .init(milliseconds: 0) }, runner: PluginRun())
        #expect(try await source.credentials().headers.map(\.value.text) == ["Bearer first"])
        _ = try write("account/token", "second")
        #expect(try await source.credentials().headers.map(\.value.text) == ["Bearer second"])
    }

    @Test func usersSayWhoTheyAre() async throws {
        for (user, headers) in [
            ("{token: t}", ["Authorization: Bearer t"]),
            ("{username: ana, password: pw}", ["Authorization: Basic YW5hOnB3"]),
            ("{token: t, tokenFile: gone}", ["Authorization: Bearer t"]),
            (
                "{token: t, as: bo, as-uid: '7', as-groups: [g, h], as-user-extra: {Scope/x: [v]}}",
                [
                    "Impersonate-User: bo", "Impersonate-Uid: 7", "Impersonate-Group: g", "Impersonate-Group: h",
                    "Impersonate-Extra-scope%2Fx: v", "Authorization: Bearer t",
                ]
            ),
            ("{client-certificate-data: UEVN, client-key-data: S0VZ}", []),
        ] {
            let path = try write(
                "config",
                """
                current-context: x
                contexts: [{name: x, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: "https://x"}}]
                users: [{name: u, user: \(user)}]
                """)
            let access = try KubeconfigSearch(file: path, variables: [:]).access()
            let source = CredentialSource(access, now: { .init(milliseconds: 0) }, runner: PluginRun())
            let found = try await source.credentials()
            #expect(found.headers.map { "\($0.name): \($0.value.text)" } == headers)
            if headers.isEmpty {
                #expect(found.identity == .init(certificate: Array("PEM".utf8), key: Secret("KEY")))
            }
        }
    }

    @Test func secretsAreShownByNothing() throws {
        let path = try write(
            "config",
            """
            current-context: x
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://x", proxy-url: "http://me:hunter2@proxy:1"}}]
            users:
            - name: u
              user:
                token: hunter2
                username: ana
                password: hunter2
                client-certificate-data: UEVN
                client-key-data: aHVudGVyMg==
                exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1, env: [{name: A, value: hunter2}], args: [hunter2]}
            """)
        let search = KubeconfigSearch(file: path, variables: [:])
        let (config, access) = (try search.read(), try search.access())
        var text = "\(config) \(access) \(String(reflecting: config)) \(String(reflecting: access))"
        dump(config, to: &text)
        dump(access, to: &text)
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("104, 117, 110, 116, 101, 114"))
    }
}
