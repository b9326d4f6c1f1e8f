import Foundation
import TestSupport
import Testing

/// A real registry on a loopback port, which wants a password; gone after the test.
final class RegistryServer {
    let bench: Workbench
    private(set) var address = ""
    private var process = Process()

    init() throws {
        bench = try Workbench()
        // A port may be taken by somebody else: then another one is tried.
        for _ in 0..<5 { if try start(port: Int.random(in: 10_000...17_999)) { break } }
        try #require(process.isRunning, "the registry does not start")
    }

    /// - Returns: whether it has begun to listen there.
    private func start(port: Int) throws -> Bool {
        if process.isRunning { return true }
        address = "127.0.0.1:\(port)"
        try bench.shell(
            """
            python3 -W ignore -c 'import crypt; print("ana:" + crypt.crypt("pw", crypt.mksalt(crypt.METHOD_BLOWFISH)))' > htpasswd
            cat > config.yml <<E
            version: 0.1
            storage: {filesystem: {rootdirectory: $PWD/storage}}
            http: {addr: "\(address)"}
            auth: {htpasswd: {realm: test, path: $PWD/htpasswd}}
            log: {level: error}
            E
            mkdir -p docker; printf '{"auths": {"\(address)": {"auth": "%s"}}}' $(printf ana:pw | base64) > docker/config.json
            """)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["docker-registry", "serve", "\(bench.path)/config.yml"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<300 where process.isRunning {
            let answer = try bench.text("(exec 3<>/dev/tcp/127.0.0.1/\(port)) 2>/dev/null && echo listens || true")
            if answer == "listens" { return true }
            usleep(100_000)
        }
        return false
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    /// Pushes an image of some layers, each a folder, under a tag.
    func push(_ tag: String, layers: [String], config: String) throws {
        try bench.shell(
            """
            python3 - '\(tag)' '\(config)' \(layers.joined(separator: " ")) <<'P'
            import base64, hashlib, io, json, os, sys, tarfile, urllib.request
            tag, config, layers = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
            base = "http://\(address)/v2/shop/app"
            auth = {"Authorization": "Basic " + base64.b64encode(b"ana:pw").decode()}
            def call(method, url, data=None, kind="application/octet-stream"):
                request = urllib.request.Request(url, data, {**auth, "Content-Type": kind}, method=method)
                return urllib.request.urlopen(request)
            def blob(data):
                digest = "sha256:" + hashlib.sha256(data).hexdigest()
                where = call("POST", base + "/blobs/uploads/", b"").headers["Location"]
                call("PUT", where + ("&" if "?" in where else "?") + "digest=" + digest, data)
                return {"digest": digest, "size": len(data)}
            def pack(folder):
                out = io.BytesIO()
                with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
                    for root, _, names in sorted(os.walk(folder)):
                        for name in sorted(names):
                            path = os.path.join(root, name)
                            entry = archive.gettarinfo(path, os.path.relpath(path, folder))
                            entry.mtime = 0
                            archive.addfile(entry, open(path, "rb"))
                data = bytearray(out.getvalue())
                data[4:8] = bytes(4)
                return bytes(data)
            kind = "application/vnd.oci.image.manifest.v1+json"
            manifest = {"schemaVersion": 2, "mediaType": kind,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(json.dumps({"config": config}).encode())},
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(pack(l))} for l in layers]}
            call("PUT", base + "/manifests/" + tag, json.dumps(manifest).encode(), kind)
            P
            """)
    }
}
