import Foundation

/// What is known of a user of a registry.
enum Login: Equatable {
    /// `user:password` in Base64.
    case basic(String)
    /// A token that is exchanged for the right to read.
    case identity(String)
    /// A token that is the right to read.
    case token(String)
}

/// Users and passwords of registries, from the files that Docker, Podman and their like keep.
///
/// Keys and order are those of
/// [containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md), helpers speak the
/// protocol of [docker-credential-helpers](https://github.com/docker/docker-credential-helpers#development).
struct Credentials {
    /// Files that may hold logins; the first that knows one is used.
    var files: [String]

    init(files: [String]) { self.files = files }

    /// - Parameter folder: the folder with `config.json`.
    init(folder: String) { files = ["\(folder)/config.json"] }

    /// Where the user's tools keep them.
    static var usual: Credentials {
        let variables = ProcessInfo.processInfo.environment
        if let file = variables["REGISTRY_AUTH_FILE"] { return Credentials(files: [file]) }
        let home = variables["HOME"] ?? ""
        var files = ["\(variables["DOCKER_CONFIG"] ?? "\(home)/.docker")/config.json"]
        if let folder = variables["XDG_RUNTIME_DIR"] { files.append("\(folder)/containers/auth.json") }
        files.append("\(variables["XDG_CONFIG_HOME"] ?? "\(home)/.config")/containers/auth.json")
        return Credentials(files: files)
    }

    /// The login for a repository, and what could not be used on the way to it, in sentences.
    func login(_ registry: String, repository: String) -> (login: Login?, faults: [String]) {
        var faults: [String] = []
        for file in files {
            var facts = stat()
            guard stat(file, &facts) == 0 else { continue }
            guard let data = FileManager.default.contents(atPath: file) else {
                faults.append("\(file) cannot be read")
                continue
            }
            guard let root = try? JSONValue(Array(data)), root.isObject else {
                faults.append("\(file) is no JSON, so that no login in it is used")
                continue
            }
            do throws(Problem) {
                if let login = try Self.login(in: root, registry, repository: repository) { return (login, faults) }
            } catch { faults.append("\(file): \(error.reason)") }
        }
        return (nil, faults)
    }

    static func login(
        in root: JSONValue, _ registry: String, repository: String
    ) throws(Problem) -> Login? {
        var names: [String] = []
        var path = "\(registry)/\(repository)"
        // The most special name first: `registry/team/app`, `registry/team`, `registry`.
        while let slash = path.lastIndex(of: "/") {
            names.append(path)
            path = String(path[..<slash])
        }
        names.append(registry)
        if registry == "registry-1.docker.io" { names += ["index.docker.io", "docker.io"] }
        let helpers = root["credHelpers"].members
        for name in names {
            if let helper = helpers.first(where: { plain($0.key) == name })?.value.text, !helper.isEmpty {
                if let login = try ask(helper, for: helpers.first { plain($0.key) == name }?.key ?? name) {
                    return login
                }
            }
            for (key, entry) in root["auths"].members where plain(key) == name {
                if let login = try read(entry, key) { return login }
            }
        }
        guard let store = root["credsStore"].text, !store.isEmpty else { return nil }
        let server = registry == "registry-1.docker.io" ? "https://index.docker.io/v1/" : registry
        return try ask(store, for: server)
    }

    /// A key without what tools put around it: `https://registry/v1/` is `registry`.
    private static func plain(_ key: String) -> String {
        var name = key[...]
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
        while name.hasSuffix("/") { name.removeLast() }
        for end in ["/v1", "/v2"] where name.hasSuffix(end) { name = name.dropLast(end.count) }
        return String(name)
    }

    private static func read(_ entry: JSONValue, _ key: String) throws(Problem) -> Login? {
        if let token = entry["identitytoken"].text, !token.isEmpty { return .identity(token) }
        if let token = entry["registrytoken"].text, !token.isEmpty { return .token(token) }
        if let auth = entry["auth"].text, !auth.isEmpty {
            guard let plain = Data(base64Encoded: auth), plain.contains(UInt8(ascii: ":")) else {
                throw Problem("the login for \(key) is no user and password in Base64")
            }
            return .basic(auth)
        }
        guard let user = entry["username"].text, let password = entry["password"].text else { return nil }
        return basic(user, password)
    }

    private static func basic(_ user: String, _ password: String) -> Login {
        // Helpers call it so where they keep a token instead of a password.
        user == "<token>" ? .identity(password) : .basic(Data("\(user):\(password)".utf8).base64EncodedString())
    }

    private static let helperDeadline: Duration = .seconds(20)

    /// What a helper knows; `nil` where it knows no login.
    /// - Parameter folder: where it lies, where it is not looked for on the path.
    static func ask(_ helper: String, for server: String, folder: String? = nil) throws(Problem) -> Login? {
        let program = (folder.map { "\($0)/" } ?? "") + "docker-credential-\(helper)"
        guard helper.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil else {
            throw Problem("“\(helper)” is no name of a helper for logins")
        }
        var answer: [UInt8] = []
        do throws(SubprocessError) {
            // The server's name is its input; only a shell that is told to gives it one.
            try Subprocess.stream(
                ["/bin/sh", "-c", "printf '%s\\n' \"$1\" | \"$0\" get", program, server], deadline: helperDeadline
            ) { piece in
                answer.append(contentsOf: piece)
                return answer.count <= 1 << 20
            }
        } catch {
            let text = String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            // The words are part of its protocol.
            if text.contains("credentials not found") { return nil }
            let why = text.isEmpty ? error.sentence(program) : String(text.prefix(200))
            throw Problem("\(program) gives no login for \(server): \(why)")
        }
        let root = try? JSONValue(answer)
        guard let user = root?["Username"].text, let secret = root?["Secret"].text else {
            throw Problem("\(program) does not answer as helpers for logins do")
        }
        return secret.isEmpty ? nil : basic(user, secret)
    }
}
