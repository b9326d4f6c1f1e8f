import Foundation
import HTTP
import TestSupport
import Testing

@Suite(.enabled(if: hasProgram("openssl") && hasProgram("python3")))
struct SecurityTests {
    private func ask(
        _ server: SecureServer, _ security: TLSSettings, host: String = "127.0.0.1", proxy: HTTPProxy = .none
    ) async throws -> String {
        let request = StreamRequest(.get, "https://\(host):\(server.port)/", security: security, proxy: proxy)
        let answer = try await HTTPStreams.shared.open(request)
        return String(decoding: try await answer.whole(limit: 1000), as: UTF8.self)
    }

    @Test func theCertificateIsCheckedAgainstTheGivenAuthoritiesAndName() async throws {
        let server = try SecureServer()
        let (ours, other) = (try server.file("ca.pem"), try server.file("other.pem"))
        let named = TLSSettings(authorities: ours, serverName: "kube.test")
        #expect(try await ask(server, named) == "127.0.0.1:\(server.port) ")
        for settings in [
            TLSSettings(), TLSSettings(authorities: ours), TLSSettings(authorities: other, serverName: "kube.test"),
            TLSSettings(authorities: ours, serverName: "other.test"),
        ] {
            await #expect {
                try await ask(server, settings)
            } throws: { error in
                guard case HTTPFailure.notTrusted(let authority, _) = error else { return false }
                return authority == "127.0.0.1:\(server.port)"
            }
        }
        #expect(try await ask(server, TLSSettings(isVerified: false)).hasPrefix("127.0.0.1"))
        // What was believed once is not believed for others.
        await #expect(throws: HTTPFailure.self) { try await ask(server, TLSSettings()) }
    }

    @Test func aClientsCertificateIsShownAndNotToOthersConnections() async throws {
        let server = try SecureServer()
        var settings = TLSSettings(authorities: try server.file("ca.pem"), serverName: "kube.test")
        #expect(try await ask(server, settings).hasSuffix(" "))
        settings.identity = .init(certificate: try server.file("ana.pem"), key: Secret(try server.file("ana.key")))
        #expect(try await ask(server, settings).hasSuffix(" ana"))
        settings.identity = nil
        #expect(try await ask(server, settings).hasSuffix(" "))
    }

    @Test func materialThatIsNoneIsTold() async throws {
        let server = try SecureServer()
        var settings = TLSSettings(authorities: try server.file("ca.pem"), serverName: "kube.test")
        settings.identity = .init(certificate: Array("no PEM".utf8), key: Secret("no PEM"))
        await #expect {
            try await ask(server, settings)
        } throws: { error in
            guard case HTTPFailure.unusableMaterial = error else { return false }
            return true
        }
        await #expect(throws: HTTPFailure.self) {
            try await ask(server, TLSSettings(authorities: Array("no PEM".utf8), serverName: "kube.test"))
        }
    }

    @Test func aProxyIsUsedForTheServerItself() async throws {
        let server = try SecureServer()
        let proxy = HTTPProxy.through(Secret("http://127.0.0.1:\(server.proxyPort)"))
        let settings = TLSSettings(authorities: try server.file("ca.pem"), serverName: "kube.test")
        #expect(try await ask(server, settings, proxy: proxy) == "127.0.0.1:\(server.port) ")
        #expect(try server.bench.text("cat proxied") == "127.0.0.1:\(server.port)")
        let plain = TLSSettings(authorities: try server.file("ca.pem"))
        #expect(try await ask(server, plain, host: "kube.test", proxy: proxy) == "kube.test:\(server.port) ")
        await #expect(throws: HTTPFailure.self) {
            try await ask(server, settings, proxy: .through(Secret("http://127.0.0.1:1")))
        }
    }
}
