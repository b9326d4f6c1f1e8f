import Archive
import Foundation
import HTTP

/// Reads images from a registry, by the OCI distribution specification, with what `config.json` of Docker and its
/// like knows of users and passwords.
final class Registry {
    struct Layer: Hashable {
        var digest: String
        var size: Int64
    }

    struct Image {
        var digest: String
        var layers: [Layer]
        /// What it says of running it, by name.
        var settings: [String: String]
    }

    private let reference: ImageReference
    /// The folder with `config.json`.
    private let credentials: String
    private var authorization: String?
    /// Whether it has answered without a login: a layer comes after the manifest only.
    private var isOpen = false
    private static let deadline: Duration = .seconds(30)
    private static let blobDeadline: Duration = .seconds(600)
    private static let largestManifest = 8 << 20
    private static let largestLayer: Int64 = 16 << 30

    init(_ reference: ImageReference, credentials: String = Credentials.folder) {
        self.reference = reference
        self.credentials = credentials
    }

    private static let manifestTypes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ]

    /// The image for this kind of machine.
    func image() throws(Problem) -> Image {
        var manifest = try json("manifests/\(reference.reference)")
        if !manifest.value["manifests"].list.isEmpty {
            let all = manifest.value["manifests"].list
            let fitting = all.first {
                $0["platform"]["os"].text == "linux" && $0["platform"]["architecture"].text == Self.architecture
            }
            guard let digest = (fitting ?? all.first)?["digest"].text else { throw fault("its index names no image") }
            manifest = try json("manifests/\(digest)")
        }
        guard let config = manifest.value["config"]["digest"].text else { throw fault("its manifest has no config") }
        let layers = manifest.value["layers"].list.compactMap { layer in
            layer["digest"].text.map { Layer(digest: $0, size: Int64(layer["size"].number ?? 0)) }
        }
        return Image(
            digest: manifest.digest ?? reference.reference, layers: layers,
            settings: ImageSettings.settings(try json("blobs/\(config)").value["config"]))
    }

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    /// Lists what is in a layer. It is kept in a file for as long as that takes, and its digest is checked.
    func list(_ layer: Layer) throws(Problem) -> ArchiveListing {
        let path = NSTemporaryDirectory() + "lastgood-layer-\(UUID().uuidString)"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Problem("cannot write to \(path): \(String(cString: strerror(errno)))") }
        defer { unlink(path) }
        var total: Int64 = 0
        var isWritten = true
        do throws(Problem) {
            _ = try get("blobs/\(layer.digest)", Self.blobDeadline) { piece in
                total += Int64(piece.count)
                isWritten = total <= Self.largestLayer && write(file, piece.baseAddress, piece.count) == piece.count
                return isWritten
            }
            close(file)
        } catch {
            close(file)
            throw isWritten
                ? error
                : Problem("cannot keep the layer \(layer.digest.prefix(19)): the disk is full, or it is too large")
        }
        do {
            guard try sha256(ofFile: path) == layer.digest else {
                throw fault("the layer \(layer.digest.prefix(19)) is not what its digest says")
            }
            return try Archive.list(path)
        } catch let problem as Problem { throw problem } catch {
            throw fault("the layer \(layer.digest.prefix(19)) cannot be read: \(error)")
        }
    }

    // MARK: asking

    private func fault(_ what: String) -> Problem {
        Problem("\(reference.registry)/\(reference.repository):\(reference.reference): \(what)")
    }

    private func json(_ path: String) throws(Problem) -> (value: JSONValue, digest: String?) {
        var body: [UInt8] = []
        let answer = try get(path, Self.deadline) { piece in
            body.append(contentsOf: piece)
            return body.count <= Self.largestManifest
        }
        do { return (try JSONValue(body), answer.headers["docker-content-digest"]) } catch {
            throw fault("\(path) is no JSON")
        }
    }

    private func get(
        _ path: String, _ deadline: Duration, _ take: (UnsafeRawBufferPointer) -> Bool
    ) throws(Problem) -> HTTPTransfer.Answer {
        for isSecond in [false, true] {
            var headers = Self.manifestTypes.map { "Accept: \($0)" }
            if let authorization { headers.append("Authorization: \(authorization)") }
            // Whether it is what was asked for or a complaint is known only at the end: a first answer is kept back.
            var held: [UInt8] = []
            let answer: HTTPTransfer.Answer
            do {
                answer = try HTTPTransfer.get("\(reference.base)/\(path)", headers: headers, timeout: deadline) {
                    piece in
                    if authorization != nil || isOpen { return take(piece) }
                    held.append(contentsOf: piece)
                    return held.count <= Self.largestManifest
                }
            } catch { throw fault(error.description) }
            switch answer.status {
            case 200..<300:
                isOpen = true
                if !held.isEmpty { _ = held.withUnsafeBytes { take($0) } }
                return answer
            case 401 where !isSecond: try authorize(answer.headers["www-authenticate"] ?? "")
            case 401, 403:
                throw Problem(fault("you may not read it").reason, mend: "log in: `docker login \(reference.registry)`")
            case 404: throw fault("there is no such image")
            default: throw fault("the registry answers \(answer.status)")
            }
        }
        throw fault("the registry refuses it")
    }

    /// Gets the right to read, as the registry's answer says how.
    private func authorize(_ challenge: String) throws(Problem) {
        let basic = Credentials.basic(reference.registry, folder: credentials)
        if challenge.lowercased().hasPrefix("basic") {
            guard let basic else {
                throw Problem(fault("it wants a password").reason, mend: "log in: `docker login \(reference.registry)`")
            }
            authorization = "Basic \(basic)"
            return
        }
        func field(_ name: String) -> String? {
            guard let start = challenge.range(of: "\(name)=\"")?.upperBound else { return nil }
            return String(challenge[start...].prefix { $0 != "\"" })
        }
        guard challenge.lowercased().hasPrefix("bearer"), let realm = field("realm") else {
            throw fault("it asks for a kind of login that lastgood does not know")
        }
        let scope = field("scope") ?? "repository:\(reference.repository):pull"
        let query = [("service", field("service") ?? ""), ("scope", scope)].map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
        var body: [UInt8] = []
        do {
            _ = try HTTPTransfer.get(
                "\(realm)?\(query)", headers: basic.map { ["Authorization: Basic \($0)"] } ?? [], timeout: Self.deadline
            ) { piece in
                body.append(contentsOf: piece)
                return body.count <= Self.largestManifest
            }
        } catch { throw fault("its login at \(realm): \(error.description)") }
        let answer = try? JSONValue(body)
        guard let token = answer?["token"].text ?? answer?["access_token"].text else {
            throw Problem(fault("you may not read it").reason, mend: "log in: `docker login \(reference.registry)`")
        }
        authorization = "Bearer \(token)"
    }
}

/// Users and passwords of registries, from the usual file.
enum Credentials {
    /// Where the file is, as Docker and its like have it.
    static var folder: String {
        let variables = ProcessInfo.processInfo.environment
        return variables["DOCKER_CONFIG"] ?? "\(variables["HOME"] ?? "")/.docker"
    }

    /// `user:password` in Base64; `nil` where none is known.
    static func basic(_ registry: String, folder: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "\(folder)/config.json"),
            let root = try? JSONValue(Array(data))
        else { return nil }
        let names = [
            registry, "https://\(registry)", registry == "registry-1.docker.io" ? "https://index.docker.io/v1/" : "",
        ]
        for name in names {
            let entry = root["auths"][name]
            if let auth = entry["auth"].text, !auth.isEmpty { return auth }
            if let user = entry["username"].text, let password = entry["password"].text {
                return Data("\(user):\(password)".utf8).base64EncodedString()
            }
        }
        return nil
    }
}
