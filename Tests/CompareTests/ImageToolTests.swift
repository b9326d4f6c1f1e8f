import Foundation
import Model
import TestSupport
import Testing

@testable import Compare

/// Images as umoci builds and skopeo copies them, read from a real registry; what they hold is known from umoci's own
/// unpacking, and what they say of themselves from skopeo.
@Suite(
    .enabled(
        if: ["umoci", "skopeo", "docker-registry"].allSatisfy(hasProgram),
        "NOT CHECKED: needs umoci, skopeo and docker-registry"))
struct ImageToolTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.shell(Self.building)
    }

    /// Two images, of which the second lies on the first: layers of a repack, of an insert, opaque and whiteouts.
    private static let building = """
        # Whoever is not root unpacks as if everything were his.
        rootless=$([ "$(id -u)" = 0 ] || echo --rootless)
        exec >log 2>&1
        umoci init --layout app; umoci new --image app:1
        umoci unpack $rootless --image app:1 one
        cd one/rootfs; mkdir -p srv/app/sub usr/lib/x etc/conf.d old
        echo os > etc/os-release; echo a==1.0 > srv/app/requirements.txt; echo gone > etc/conf.d/gone
        echo same > usr/lib/x/same; ln usr/lib/x/same usr/lib/x/again; ln -s usr/lib lib
        echo text > srv/app/sub/naïve; echo 1 > old/a; echo 2 > old/b; echo run > srv/app/run; chmod 755 srv/app/run
        cd ../..; umoci repack --image app:1 one
        echo extra > extra; umoci insert $rootless --image app:1 extra /opt/extra
        umoci config --image app:1 --config.env LEVEL=info --config.cmd ./run --config.user 0 \
            --config.exposedports 80/tcp --config.workingdir /srv --config.label team=a
        umoci unpack $rootless --image app:1 two
        cd two/rootfs; echo a==2.0 > srv/app/requirements.txt; rm -r etc/conf.d/gone old; ln -s srv old
        rm usr/lib/x/again; echo other > usr/lib/x/again; mv srv/app/sub srv/app/moved; chmod 700 srv/app/run
        echo n > usr/lib/x/new
        cd ../..; umoci repack --image app:2 two
        mkdir only; echo only > only/only; umoci insert $rootless --image app:2 --opaque only /etc/conf.d
        umoci insert $rootless --image app:2 --whiteout /opt/extra
        umoci config --image app:2 --config.env LEVEL=debug --config.cmd ./run --config.cmd --fast --config.user 1000 \
            --config.workingdir /srv
        for v in 1 2; do umoci unpack $rootless --image app:$v tree$v; done
        """

    /// What differs between the unpacked images: how and where.
    private func truth() throws -> [String] {
        let text = try bench.text(
            """
            python3 - <<'P'
            import hashlib, os, stat
            def tree(top):
                found = {}
                for folder, folders, files in os.walk(top):
                    for name in folders + files:
                        path = os.path.join(folder, name)
                        facts = os.lstat(path)
                        what = [stat.S_IFMT(facts.st_mode)]
                        if stat.S_ISLNK(facts.st_mode): what.append(os.readlink(path))
                        else: what.append(stat.S_IMODE(facts.st_mode))
                        if stat.S_ISREG(facts.st_mode): what.append(hashlib.sha256(open(path, "rb").read()).hexdigest())
                        found[os.path.relpath(path, top)] = what
                return found
            one, two = tree("tree1/rootfs"), tree("tree2/rootfs")
            for path in set(one) | set(two):
                if path not in two: print("removed", path)
                elif path not in one: print("added", path)
                elif one[path] != two[path]: print("changed", path)
            P
            """)
        return text.split(separator: "\n").map(String.init).sorted()
    }

    /// What a tool of a registry tells of an image, as JSON.
    private func inspect(_ server: RegistryServer, _ tag: String, _ options: String = "") throws -> JSONValue {
        let text = try server.bench.shell(
            "skopeo inspect --authfile docker/config.json --tls-verify=false \(options) docker://\(server.address)/shop/app:\(tag)"
        )
        return try JSONValue(Array(text))
    }

    @Test(arguments: [
        ("--format oci", "application/vnd.oci.image.layer.v1.tar+gzip"),
        ("--format oci --dest-compress-format zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
        ("--format v2s2", "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    ])
    func whatSkopeoCopiesIsReadAsUmociUnpacksIt(options: String, layerType: String) throws {
        let server = try RegistryServer()
        for tag in ["1", "2"] {
            // Packed anew, as the way of packing is kept where the layers are packed already.
            try server.bench.shell(
                """
                skopeo copy -q --insecure-policy --dest-decompress oci:\(bench.path)/app:\(tag) dir:plain\(tag)
                skopeo copy -q --insecure-policy --dest-tls-verify=false --authfile docker/config.json \(options) \
                    dir:plain\(tag) docker://\(server.address)/shop/app:\(tag)
                """)
        }
        let raw = try inspect(server, "2", "--raw")
        #expect(raw["layers"].list.map { $0["mediaType"].text } == Array(repeating: layerType, count: 5))

        let images = try ["1", "2"].map { try ImageReference(checking: "oci://\(server.address)/shop/app:\($0)") }
        let found = try ArtifactComparison.between(
            images: images[0], images[1], paths: ("1", "2"),
            credentials: Credentials(folder: "\(server.bench.path)/docker"))
        #expect(found.notes == [] && found.dangers == [])
        let differences = found.entries.map { "\($0.status) \($0.path)" }.sorted()
        let truth = try truth()
        #expect(differences == truth)
        #expect(truth.count > 12, "hardly anything differs")

        #expect(
            [found.from.digest, found.to.digest] == (try ["1", "2"].map { try inspect(server, $0)["Digest"].text }))
        let layers = try ["1", "2"].map { try inspect(server, $0)["Layers"].list.compactMap(\.text) }
        let image = try #require(found.image)
        #expect(image.layers.filter { $0.status != .added }.map(\.digest) == layers[0])
        #expect(image.layers.filter { $0.status != .removed }.map(\.digest) == layers[1])
        #expect(
            image.settings == [
                SettingChange(name: "command", from: "./run", to: "./run --fast"),
                SettingChange(name: "env.LEVEL", from: "info", to: "debug"),
                SettingChange(name: "user", from: "0", to: "1000"),
            ])
        #expect(
            found.dependencies.changes.map { "\($0.file) \($0.name) \($0.from ?? "") \($0.to ?? "")" } == [
                "srv/app/requirements.txt a 1.0 2.0"
            ])
    }
}
