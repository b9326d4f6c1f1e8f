import Alarms
import Foundation
import Model
import YAML

/// What is read of a source, for the alarms that name it.
struct ReadSource {
    var specification: SourceSpecification
    /// What metrics are called there, where alarms do not say otherwise.
    var names = QueriedNames()
    var join = InstanceJoin()
}

/// The sources of alarms besides the one that is built in.
extension ConfigurationReader {
    /// The kinds of sources, each with the keys that only it has and its own reader.
    static let sourceKinds: [(name: String, keys: [String], read: SourceReading)] = [
        ("prometheus", ["names", "instanceLabel", "instanceName"], { $0.prometheus($1, $2, $3) }),
        ("alertmanager", ["listen", "every"], { $0.alertmanager($1, $2, $3) }),
    ]

    typealias SourceReading =
        @Sendable (inout ConfigurationReader, String, ServerAccess, [String: YAMLNode]) -> ReadSource?

    static let accessKeys = [
        "url", "bearerTokenFile", "basic", "caFile", "certFile", "keyFile", "insecureSkipVerify", "serverName",
        "timeout",
    ]

    /// What to do about secrets that stand in the configuration themselves.
    private static let secretKeys = [
        "bearerToken": "put it into a file, and name that with bearerTokenFile",
        "token": "put it into a file, and name that with bearerTokenFile",
        "password": "put it into a file, and name that: basic: {username: …, passwordFile: …}",
        "username": "write it as basic: {username: …, passwordFile: …}",
    ]

    mutating func readSources(_ node: YAMLNode) {
        for pair in reader.freeMapping(node, of: "sources") where !Reader.isExtension(pair.key) {
            checkLook(pair.key, "a source", pair.keyMark)
            let name = pair.key
            let kindNode = pair.value.pairs?.first { $0.key == "kind" }?.value
            guard let kindName = kindNode.map({ reader.text($0, "kind") }) ?? name else { continue }
            guard let kind = Self.sourceKinds.first(where: { $0.name == kindName }) else {
                let known = Self.sourceKinds.map(\.name)
                reader.report(
                    kindNode?.mark ?? pair.keyMark,
                    kindNode == nil
                        ? "source “\(name)” has no kind" : "there is no source of kind “\(kindName)”",
                    mend: nearest(kindName, known).map { "did you mean “\($0)”?" }
                        ?? "add “kind:” with one of \(known.joined(separator: ", "))")
                continue
            }
            if name == Self.builtInSource {
                reader.report(
                    pair.keyMark, "a source cannot be called “\(name)”: that is the one that is built in",
                    mend: "give it another name")
            }
            let keys = reader.mapping(
                pair.value, known: ["kind"] + Self.accessKeys + kind.keys, of: "source \(name)",
                elsewhere: Self.secretKeys)
            guard let access = serverAccess(keys, pair.keyMark, name) else {
                faultySources.insert(name)
                continue
            }
            sources[name] = kind.read(&self, name, access, keys)
        }
    }

    /// What an alarm names that is answered by the instances themselves.
    static let builtInSource = "scrape"

    private mutating func prometheus(
        _ name: String, _ access: ServerAccess, _ keys: [String: YAMLNode]
    ) -> ReadSource? {
        var result = ReadSource(specification: SourceSpecification(name: name, kind: .prometheus(access)))
        result.names = names(keys["names"], result.names)
        result.join = join(keys, result.join)
        return result
    }

    func names(_ node: YAMLNode?, _ usual: QueriedNames) -> QueriedNames {
        guard let node else { return usual }
        var result = usual
        let keys = reader.mapping(node, known: QueriedNames.keys.map(\.key) + ["status"], of: "names")
        for (key, path) in QueriedNames.keys {
            if let node = keys[key], let name = metricName(node, key) { result[keyPath: path] = name }
        }
        if let node = keys["status"], let label = labelName(node, "status") { result.status = label }
        return result
    }

    /// See Prometheus, "Data model": what is no name would be another query than it looks like.
    func metricName(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = reader.text(node, what) else { return nil }
        guard text.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil else {
            reader.report(node.mark, "\(what) is “\(text)”, which is no name of a metric", mend: "give its name alone")
            return nil
        }
        return text
    }

    func labelName(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = reader.text(node, what) else { return nil }
        guard text.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil else {
            reader.report(node.mark, "\(what) is “\(text)”, which is no name of a label", mend: "give its name alone")
            return nil
        }
        return text
    }

    func join(_ keys: [String: YAMLNode], _ usual: InstanceJoin) -> InstanceJoin {
        var result = usual
        if let node = keys["instanceLabel"], let label = labelName(node, "instanceLabel") { result.label = label }
        if let node = keys["instanceName"], let name = reader.text(node, "instanceName") {
            result.name = name
            if !name.contains("${PORT}"), !name.contains("${INSTANCE}") {
                reader.report(
                    node.mark, "instanceName is “\(name)”, which is the same for all instances",
                    mend: "write where they differ: 10.0.0.5:${PORT}, or checkout-${INSTANCE}")
            }
        }
        return result
    }

    // MARK: access

    /// - Returns: `nil` where it cannot be reached like that.
    private mutating func serverAccess(_ keys: [String: YAMLNode], _ mark: Mark, _ name: String) -> ServerAccess? {
        guard let urlNode = keys["url"] else {
            reader.report(mark, "source \(name) has no url", mend: "add “url: https://host:port”")
            return nil
        }
        guard let url = serverURL(urlNode, name) else { return nil }
        var result = ServerAccess(url: url)
        result.login = login(keys, name)
        result.trust.caFile = keys["caFile"].flatMap { secretFile($0, "caFile") }
        result.trust.certFile = keys["certFile"].flatMap { secretFile($0, "certFile") }
        result.trust.keyFile = keys["keyFile"].flatMap { secretFile($0, "keyFile") }
        if let lone = keys["certFile"] ?? keys["keyFile"], (keys["certFile"] == nil) != (keys["keyFile"] == nil) {
            reader.report(
                lone.mark, "source \(name) has a certificate without its key, or a key without its certificate",
                mend: "give both certFile and keyFile")
        }
        result.trust.serverName = keys["serverName"].flatMap { reader.text($0, "serverName") }
        result.trust.insecureSkipVerify =
            keys["insecureSkipVerify"].flatMap { reader.flag($0, "insecureSkipVerify") } ?? false
        if result.trust.insecureSkipVerify, let node = keys["insecureSkipVerify"] {
            remark(
                node.mark, "source \(name) is believed whoever it is: anybody in between may answer in its place",
                mend: "give the caFile that its certificate is signed by")
        }
        if let node = keys["timeout"], let timeout = reader.duration(node, "timeout") {
            result.timeout = timeout
            if !(.milliseconds(100) ... .seconds(120)).contains(timeout) {
                reader.report(node.mark, "timeout is \(timeout.inFull)", mend: "give 100ms to 2m")
            }
        }
        if url.hasPrefix("http:") {
            let host = URLComponents(string: url)?.host ?? ""
            if result.login != .none, !["localhost", "::1", "[::1]"].contains(host), !host.hasPrefix("127.") {
                remark(
                    urlNode.mark, "source \(name) is shown over http who asks: whoever listens in may ask as well",
                    mend: "write the url with https, where it answers so")
            }
            for key in ["caFile", "certFile", "keyFile", "serverName", "insecureSkipVerify"] {
                guard let node = keys[key] else { continue }
                remark(node.mark, "“\(key)” means nothing to an address of http", mend: "write the url with https")
            }
        }
        return result
    }

    private func serverURL(_ node: YAMLNode, _ name: String) -> String? {
        guard let text = reader.text(node, "url") else { return nil }
        let parts = URLComponents(string: text)
        guard let parts, ["http", "https"].contains(parts.scheme ?? ""), !(parts.host ?? "").isEmpty else {
            // It may hold a password all the same.
            reader.report(
                node.mark, "the url of source \(name) is no address of http or https",
                mend: "write it as https://host:port")
            return nil
        }
        guard parts.user == nil, parts.password == nil else {
            reader.report(
                node.mark, "the url of source \(name) has a login in it, which would be shown with it",
                mend: "give “basic: {username, passwordFile}” instead")
            return nil
        }
        guard parts.query == nil, parts.fragment == nil else {
            reader.report(
                node.mark, "the url of source \(name) has more than a path",
                mend: "end it before the “?” or “#”")
            return nil
        }
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    private mutating func login(_ keys: [String: YAMLNode], _ name: String) -> ServerAccess.Login {
        if let node = keys["basic"], keys["bearerTokenFile"] != nil {
            reader.report(
                node.mark, "source \(name) shows who asks in two ways", mend: "keep one of basic and bearerTokenFile")
        }
        if let node = keys["bearerTokenFile"] {
            return secretFile(node, "bearerTokenFile").map { .bearer(tokenFile: $0) } ?? .none
        }
        guard let node = keys["basic"] else { return .none }
        let basic = reader.mapping(
            node, known: ["username", "passwordFile"], of: "basic",
            elsewhere: ["password": "put it into a file, and name that with passwordFile"])
        guard let username = basic["username"].flatMap({ reader.text($0, "username") }),
            let password = basic["passwordFile"].flatMap({ secretFile($0, "passwordFile") })
        else {
            for key in ["username", "passwordFile"] where basic[key] == nil {
                reader.report(node.mark, "basic has no \(key)", mend: "write it as {username: …, passwordFile: …}")
            }
            return .none
        }
        if username.contains(":") {
            reader.report(node.mark, "the username has a colon, at which a server would end it", mend: "give another")
        }
        return .basic(username: username, passwordFile: password)
    }

    private mutating func secretFile(_ node: YAMLNode, _ what: String) -> String? {
        guard let path = path(node, what) else { return nil }
        if access(path, R_OK) != 0 {
            remark(
                node.mark, "\(what) \(path) cannot be read: \(String(cString: strerror(errno)))",
                mend: "make it readable to whoever runs lastgood; it is read each time when it is needed")
        }
        return path
    }
}
