import Foundation
import HTTP
import Model

/// What a request says about who asks.
struct Credentials: Sendable {
    var headers: [HTTPHeader] = []
    var identity: TLSSettings.Identity?
    /// Which answer of the source this is, so that of many that are refused at once only the first asks for others.
    var generation = 0
}

/// Where a cluster's user gets his login from. Files are read each time: they rotate. A plugin is asked once until what
/// it gave has expired or is refused; whoever needs it meanwhile waits for the same answer.
actor CredentialSource {
    private let access: ClusterAccess
    private let now: @Sendable () -> Timestamp
    private let runner: any PluginRunning
    /// What the plugin was last asked, and of which generation that is: from the question on, so that whoever waits for an
    /// answer that is refused meanwhile is not taken for one who has a newer one.
    private var asked: (question: Task<ExecAnswer, any Error>, generation: Int)?
    private var generation = 0

    /// Before it expires by so much, what a plugin gave counts as expired: a request takes its time to arrive.
    private static let margin: Duration = .seconds(10)

    init(_ access: ClusterAccess, now: @escaping @Sendable () -> Timestamp, runner: any PluginRunning) {
        self.access = access
        self.now = now
        self.runner = runner
    }

    /// - Throws: ``KubeconfigFault``.
    func credentials() async throws -> Credentials {
        var result = Credentials()
        let user = access.user
        if let impersonation = user.impersonation { result.headers += Self.headers(impersonation) }
        if let certificate = user.certificate, let key = user.key {
            result.identity = try identity(certificate, key)
        }
        if let token = try token(user) {
            result.headers.append(Self.bearer(token))
        } else if let login = user.login {
            let pair = Data("\(login.name):\(login.password.text)".utf8).base64EncodedString()
            result.headers.append(HTTPHeader("Authorization", "Basic \(pair)"))
        } else if let plugin = user.plugin {
            let (answer, generation) = try await answer(of: plugin)
            result.generation = generation
            if let token = answer.token { result.headers.append(Self.bearer(token)) }
            if let identity = answer.identity { result.identity = identity }
        }
        return result
    }

    /// They were refused.
    /// - Returns: whether others may be had.
    func refuse(_ refused: Credentials) -> Bool {
        guard access.user.plugin != nil || access.user.tokenFile != nil else { return false }
        if asked?.generation == refused.generation { asked = nil }
        return true
    }

    private func answer(of plugin: ExecPlugin) async throws -> (ExecAnswer, generation: Int) {
        // One that has expired when it comes is used all the same: clocks differ, and the server knows better.
        for isLast in [false, true] {
            let (question, generation) = asked ?? ask(plugin)
            do {
                let answer = try await question.value
                let hasExpired = answer.expiresAt.map { now() >= $0 - Self.margin } ?? false
                if !hasExpired || isLast { return (answer, generation) }
            } catch {
                if asked?.generation == generation { asked = nil }
                throw error
            }
            if asked?.generation == generation { asked = nil }
        }
        preconditionFailure("the last of two has returned or thrown")
    }

    private func ask(_ plugin: ExecPlugin) -> (question: Task<ExecAnswer, any Error>, generation: Int) {
        let (runner, access) = (runner, access)
        generation += 1
        let new = (question: Task { try await runner.ask(plugin, for: access) }, generation: generation)
        asked = new
        return new
    }

    private func token(_ user: Kubeconfig.User) throws -> Secret? {
        guard let path = user.tokenFile else { return user.token }
        do {
            let bytes = try access.read(path, "tokenFile")
            let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            return Secret(text)
        } catch {
            // As kubectl has it: the token that is written down helps out.
            if let token = user.token { return token }
            throw error
        }
    }

    private func identity(
        _ certificate: Kubeconfig.Material, _ key: Kubeconfig.SecretMaterial
    ) throws -> TLSSettings.Identity {
        let certificateBytes: [UInt8]
        switch certificate {
        case .bytes(let bytes): certificateBytes = bytes
        case .file(let path): certificateBytes = try access.read(path, "client-certificate")
        }
        switch key {
        case .bytes(let secret): return .init(certificate: certificateBytes, key: secret)
        case .file(let path):
            return .init(certificate: certificateBytes, key: Secret(try access.read(path, "client-key")))
        }
    }

    private static func bearer(_ token: Secret) -> HTTPHeader {
        HTTPHeader("Authorization", Secret(Array("Bearer ".utf8) + token.revealed))
    }

    private static func headers(_ impersonation: Kubeconfig.Impersonation) -> [HTTPHeader] {
        var headers = [HTTPHeader("Impersonate-User", impersonation.user)]
        if let uid = impersonation.uid { headers.append(HTTPHeader("Impersonate-Uid", uid)) }
        headers += impersonation.groups.map { HTTPHeader("Impersonate-Group", $0) }
        for (key, values) in impersonation.extra.sorted(by: { $0.key < $1.key }) {
            let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-._~"))
            let name = key.lowercased().addingPercentEncoding(withAllowedCharacters: plain) ?? key
            headers += values.map { HTTPHeader("Impersonate-Extra-\(name)", $0) }
        }
        return headers
    }
}
