import Foundation
import HTTP
import YAML

/// Reads one kubeconfig file. Keys that it does not know are left to those who do, as kubectl does.
struct KubeconfigReader {
    let file: String

    /// Relative paths start at the file's folder.
    private var folder: String { (file as NSString).deletingLastPathComponent }

    static func read(file: String) throws(KubeconfigFault) -> Kubeconfig {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            let isMissing = !FileManager.default.fileExists(atPath: file)
            throw KubeconfigFault(
                file: file, message: isMissing ? "there is no such file" : "it cannot be read",
                mend: isMissing ? "name another, or leave it out" : "let this user read it")
        }
        return try KubeconfigReader(file: file).read(String(decoding: data, as: UTF8.self))
    }

    func read(_ text: String) throws(KubeconfigFault) -> Kubeconfig {
        let root: YAMLNode
        do {
            root = try YAMLNode(parsing: text)
        } catch {
            throw KubeconfigFault(file: file, line: error.mark.line, message: error.message, mend: error.mend)
        }
        var result = Kubeconfig()
        result.files = [file]
        guard let pairs = root.pairs else {
            throw fault(root, "this is no kubeconfig", "begin with “apiVersion: v1” and “kind: Config”")
        }
        for pair in pairs {
            switch pair.key {
            case "kind":
                if let kind = pair.value.text, !kind.isEmpty, kind != "Config" {
                    throw fault(pair.value, "this is a \(kind), not a Config", "name a kubeconfig")
                }
            case "current-context":
                if let name = pair.value.text, !name.isEmpty, !pair.value.isNull {
                    result.currentContext = .init(value: name, file: file, line: pair.value.mark.line)
                }
            case "contexts": result.contexts = try entries(pair, "context", context)
            case "clusters": result.clusters = try entries(pair, "cluster", cluster)
            case "users": result.users = try entries(pair, "user", user)
            default: break
            }
        }
        return result
    }

    private func entries<Value>(
        _ list: YAMLNode.Pair, _ kind: String, _ read: (YAMLNode) throws(KubeconfigFault) -> Value
    ) throws(KubeconfigFault) -> [String: Kubeconfig.Entry<Value>] {
        if list.value.isNull { return [:] }
        guard let items = list.value.items else {
            throw fault(list.value, "“\(list.key)” must be a list", "begin each with “- name: …”")
        }
        var result: [String: Kubeconfig.Entry<Value>] = [:]
        for item in items {
            guard let name = text(item, "name") else {
                throw fault(item, "a \(kind) has no name", "give it one: “- name: …”")
            }
            guard result[name] == nil else {
                throw fault(item, "the \(kind) “\(name)” stands twice", "rename or remove one")
            }
            let body = child(item, kind) ?? YAMLNode(.mapping([]), mark: item.mark)
            result[name] = .init(value: try read(body), file: file, line: item.mark.line)
        }
        return result
    }

    private func context(_ node: YAMLNode) throws(KubeconfigFault) -> Kubeconfig.Context {
        Kubeconfig.Context(
            cluster: text(node, "cluster") ?? "", user: text(node, "user") ?? "", namespace: text(node, "namespace"))
    }

    private func cluster(_ node: YAMLNode) throws(KubeconfigFault) -> Kubeconfig.Cluster {
        var result = Kubeconfig.Cluster(server: text(node, "server") ?? "")
        result.authorities = try material(node, "certificate-authority")
        result.serverName = text(node, "tls-server-name")
        result.isVerified = text(node, "insecure-skip-tls-verify") != "true"
        result.proxy = text(node, "proxy-url").map { Secret($0) }
        let extensions = child(node, "extensions")?.items ?? []
        let plugin = extensions.first { text($0, "name") == "client.authentication.k8s.io/exec" }
        result.pluginConfiguration = plugin.flatMap { child($0, "extension") }.map(Self.json)
        return result
    }

    private func user(_ node: YAMLNode) throws(KubeconfigFault) -> Kubeconfig.User {
        var result = Kubeconfig.User()
        result.certificate = try material(node, "client-certificate")
        switch try material(node, "client-key") {
        case .bytes(let bytes): result.key = .bytes(Secret(bytes))
        case .file(let path): result.key = .file(path)
        case nil: break
        }
        if (result.certificate == nil) != (result.key == nil) {
            let (has, wants) = result.key == nil ? ("certificate", "key") : ("key", "certificate")
            throw fault(node, "there is a client-\(has) and no client-\(wants)", "give both, as files or as -data")
        }
        result.token = text(node, "token").map { Secret($0) }
        result.tokenFile = text(node, "tokenFile").map(absolute)
        if let name = text(node, "username") {
            result.login = (name, Secret(text(node, "password") ?? ""))
        }
        if let plugin = child(node, "exec"), !plugin.isNull { result.plugin = try self.plugin(plugin) }
        result.formerProvider = child(node, "auth-provider").flatMap { text($0, "name") }
        if let name = text(node, "as") {
            var impersonation = Kubeconfig.Impersonation(user: name)
            impersonation.uid = text(node, "as-uid")
            impersonation.groups = (child(node, "as-groups")?.items ?? []).compactMap(\.text)
            for pair in child(node, "as-user-extra")?.pairs ?? [] {
                impersonation.extra[pair.key] = (pair.value.items ?? []).compactMap(\.text)
            }
            result.impersonation = impersonation
        }
        return result
    }

    private func plugin(_ node: YAMLNode) throws(KubeconfigFault) -> ExecPlugin {
        guard let command = text(node, "command") else {
            throw fault(node, "exec has no command", "name the program: “command: …”")
        }
        guard let written = text(node, "apiVersion"), let version = ExecPlugin.APIVersion(rawValue: written) else {
            let known = ExecPlugin.APIVersion.allCases.map(\.rawValue).joined(separator: " or ")
            throw fault(
                node, "exec speaks \(text(node, "apiVersion") ?? "no apiVersion"), which is not known here",
                "make it \(known), and see whether the plugin is up to date")
        }
        var result = ExecPlugin(
            command: command.contains("/") ? absolute(command) : command, apiVersion: version)
        result.arguments = (child(node, "args")?.items ?? []).compactMap { $0.text.map { Secret($0) } }
        for item in child(node, "env")?.items ?? [] {
            if let name = text(item, "name") { result.variables[name] = Secret(text(item, "value") ?? "") }
        }
        result.providesClusterInfo = text(node, "provideClusterInfo") == "true"
        result.installHint = text(node, "installHint")
        if let mode = text(node, "interactiveMode") {
            guard let known = ExecPlugin.Interaction(rawValue: mode) else {
                let modes = ExecPlugin.Interaction.allCases.map(\.rawValue).joined(separator: ", ")
                throw fault(node, "interactiveMode is “\(mode)”", "make it one of \(modes)")
            }
            result.interaction = known
        } else if version == .v1 {
            throw fault(node, "exec has no interactiveMode, which v1 wants", "add “interactiveMode: IfAvailable”")
        }
        return result
    }

    /// `KEY-data` in base64, or else the path `KEY`.
    private func material(_ node: YAMLNode, _ key: String) throws(KubeconfigFault) -> Kubeconfig.Material? {
        if let written = text(node, "\(key)-data") {
            let compact = written.filter { !$0.isWhitespace }
            guard let data = Data(base64Encoded: compact) else {
                throw fault(
                    child(node, "\(key)-data") ?? node, "\(key)-data is no base64", "encode the PEM file with base64")
            }
            return .bytes([UInt8](data))
        }
        return text(node, key).map { .file(absolute($0)) }
    }

    private func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        if path.hasPrefix("~/") { return NSString(string: path).expandingTildeInPath }
        // As Go joins paths: by their words, whatever is a link.
        var words: [Substring] = []
        for word in "\(folder)/\(path)".split(separator: "/") where word != "." {
            if word == ".." { _ = words.popLast() } else { words.append(word) }
        }
        return "/" + words.joined(separator: "/")
    }

    private func child(_ node: YAMLNode, _ key: String) -> YAMLNode? { node.pairs?.last { $0.key == key }?.value }

    private func text(_ node: YAMLNode, _ key: String) -> String? {
        guard let value = child(node, key), !value.isNull, let text = value.text, !text.isEmpty else { return nil }
        return text
    }

    private func fault(_ node: YAMLNode, _ message: String, _ mend: String) -> KubeconfigFault {
        KubeconfigFault(file: file, line: node.mark.line, message: message, mend: mend)
    }

    /// YAML as JSON, by YAML 1.2's rules of what is no text.
    private static func json(_ node: YAMLNode) -> String {
        switch node.content {
        case .mapping(let pairs): JSONText.object(pairs.map { ($0.key, json($0.value)) })
        case .sequence(let items): "[" + items.map(json).joined(separator: ",") + "]"
        case .scalar(let text, let isPlain):
            if isPlain, node.isNull {
                "null"
            } else if isPlain, text == "true" || text == "false" || text.wholeMatch(of: /-?(0|[1-9]\d{0,17})/) != nil {
                text
            } else {
                JSONText.quoted(text)
            }
        }
    }
}
