import Archive
import Foundation
import TestSupport
import Testing

@testable import Compare

@Suite struct LayerTests {
    private func listing(_ entries: ArchiveEntry...) -> ArchiveListing {
        var listing = ArchiveListing()
        listing.entries = entries
        return listing
    }

    private func file(_ path: String, _ content: String = "x", mode: UInt32 = 0o644) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .file, size: Int64(content.count), mode: mode, digest: Array(content.utf8))
    }

    private func folder(_ path: String) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .folder, size: 0, mode: 0o755)
    }

    private func link(_ path: String, _ target: String, hard: Bool = false) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: hard ? .hardLink : .link, size: 0, mode: 0o777, target: target)
    }

    private func paths(_ layers: ArchiveListing...) -> [String] { LayerStack(layers).entries.keys.map(\.text).sorted() }

    @Test func aLayerReplacesAndItsWhiteoutsTakeAway() {
        let below = listing(file("a"), file("d/x"), file("d/y"), file("e/z"), file("f/g/h"))
        let above = listing(file(".wh.a"), file("d/.wh..wh..opq"), file("d/new"), file("f/.wh.g"))
        #expect(paths(below, above) == ["d/new", "e/z"])
        // Whiteouts are of what lies below, wherever in the layer they stand.
        #expect(
            paths(below, listing(file("a", "y"), file(".wh.a"), file("d/new"), file("d/.wh..wh..opq"))).contains("a"))
        #expect(paths(listing(file("d/x")), listing(file("d/new"), file("d/.wh..wh..opq"))) == ["d/new"])
        #expect(paths(listing(folder("d"), file("d/x")), listing(file("d/new"), file(".wh.d"))) == ["d/new"])
        #expect(paths(listing(file("d/x")), listing(file("d/.wh..wh.aufs"))) == ["d/x"])
    }

    @Test func aFolderThatBecomesAFileOrALinkTakesItsContentsAway() {
        let below = listing(folder("d"), file("d/x"), folder("d/e"), file("d/e/y"), file("other"))
        #expect(paths(below, listing(file("d"))) == ["d", "other"])
        #expect(paths(below, listing(link("d", "other"))) == ["d", "other"])
        // And what was a file or a link becomes a folder.
        #expect(paths(listing(file("d")), listing(folder("d"), file("d/x"))) == ["d", "d/x"])
        #expect(paths(listing(file("d")), listing(file("d/x"))) == ["d/x"])
        #expect(paths(listing(link("d", "e"), file("e/y")), listing(folder("d"), file("d/x"))) == ["d", "d/x", "e/y"])
    }

    @Test func aFolderWhoseNameEndsAsAnArchivesDoesIsAFolder() {
        let below = listing(file("a!/x"), file("a.jar!/y"), file("a.jar"), file("b!/z"))
        #expect(paths(below) == ["a!/x", "a.jar", "a.jar!/y", "b!/z"])
        #expect(paths(below, listing(file(".wh.a!"), file(".wh.a.jar"), file(".wh.b!"))) == [])
    }

    @Test func namesAreWhatTheirBytesSay() {
        // With a combining mark behind it, a `/` or `.` is another character, and the same byte.
        let below = listing(file("\u{301}x"), file("d/\u{301}x"), file("a.jar!/\u{301}y"), file("a.jar"))
        #expect(paths(below).count == 4)
        #expect(paths(below, listing(file(".wh.\u{301}x"))).contains("\u{301}x") == false)
        #expect(paths(below, listing(file("d/.wh..wh..opq"))).contains("d/\u{301}x") == false)
        #expect(paths(below, listing(file(".wh.a.jar"))) == ["d/\u{301}x", "\u{301}x"])
        #expect(paths(listing(link("l", "/\u{301}d")), listing(file("l/x"))) == ["l", "\u{301}d/x"])
        // One character to Unicode, two names.
        let names = [file("\u{E9}"), file("e\u{301}", "other")]
        let stack = LayerStack([listing(names[0], names[1])])
        #expect(stack.entries.count == 2 && stack.entries[ExactPath("e\u{301}")]?.digest == Array("other".utf8))
        #expect(LayerStack([listing(names[0], names[1]), listing(file(".wh.\u{E9}"))]).entries.count == 1)
        let found = ArtifactComparison.compare(
            ["\u{E9}": names[0]], [ExactPath("e\u{301}"): names[1]], ("1", "2"), (nil, nil))
        #expect(found.entries.map(\.status).count == 2)
    }

    @Test func whatIsPutBehindALinkLiesWhereItLeads() {
        let below = listing(folder("usr/lib"), file("usr/lib/x", "old"), link("lib", "usr/lib"), link("loop", "loop"))
        let stack = LayerStack([below, listing(file("lib/x", "new"), file("lib/y"), file("loop/z"))])
        #expect(stack.entries["usr/lib/x"]?.digest == Array("new".utf8))
        #expect(stack.entries["usr/lib/y"] != nil && stack.entries["lib/y"] == nil)
        #expect(stack.notes.count == 1)
        #expect(paths(below, listing(file("lib/.wh.x"))).contains("usr/lib/x") == false)
        #expect(paths(listing(link("a/b", "/c"), file("c/d")), listing(file("a/b/e"))) == ["a/b", "c/d", "c/e"])
        #expect(paths(listing(link("a", "../../c")), listing(file("a/e"))) == ["a", "c/e"])
    }

    @Test func whichNameOfAFileComesFirstSaysNothing() {
        let first = LayerStack([listing(file("a", "same"), link("b", "a", hard: true))]).entries
        let second = LayerStack([listing(file("b", "same"), link("a", "b", hard: true))]).entries
        #expect(ArtifactComparison.compare(first, second, ("1", "2"), (nil, nil)).entries == [])
        // A name keeps its content where the other one gets a new one.
        let changed = LayerStack([listing(file("a", "same"), link("b", "a", hard: true)), listing(file("a", "new"))])
        #expect(changed.entries["b"]?.digest == Array("same".utf8))
        #expect(LayerStack([listing(link("b", "gone", hard: true))]).notes.count == 1)
        // In an archive inside a layer, too.
        func inner(_ name: String, _ other: String) -> [ExactPath: ArchiveEntry] {
            let link = link("x.tar!/\(other)", "x.tar!/\(name)", hard: true)
            return LayerStack([listing(file("x.tar!/\(name)", "same"), link, file("x.tar"))]).entries
        }
        #expect(ArtifactComparison.compare(inner("a", "b"), inner("b", "a"), ("1", "2"), (nil, nil)).entries == [])
    }

    @Test func ownersCapabilitiesAbsolutePathsAndTargetsOfLayersAreCompared() throws {
        let bench = try Workbench()
        try bench.shell(
            """
            python3 - <<'P'
            import io, tarfile
            def pack(name, root, uid, gid, caps, target, mode):
                with tarfile.open(name, "w", format=tarfile.PAX_FORMAT) as archive:
                    def add(path, **more):
                        entry = tarfile.TarInfo(root + path); entry.size = 1
                        for key, value in more.items(): setattr(entry, key, value)
                        archive.addfile(entry, io.BytesIO(b"x") if entry.isreg() else None)
                    add("same"); add("bin/user", uid=uid); add("bin/group", gid=gid); add("bin/mode", mode=mode)
                    add("bin/ping", pax_headers={"SCHILY.xattr.security.capability": caps} if caps else {})
                    add("link", type=tarfile.SYMTYPE, linkname=target, size=0)
            pack("1.tar", "/", 0, 0, "", "old", 0o755)
            pack("2.tar", "./", 1000, 50, "\\x01\\x02", "/new", 0o4755)
            P
            """)
        let listings = try ["1.tar", "2.tar"].map { try Archive.list("\(bench.path)/\($0)", root: .fileSystem) }
        #expect(listings.flatMap(\.notes) == [])
        let (before, after) = (LayerStack([listings[0]]).entries, LayerStack([listings[1]]).entries)
        let found = ArtifactComparison.compare(before, after, ("1", "2"), (nil, nil))
        #expect(
            found.entries.map { "\($0.path): \($0.differences.joined(separator: ", "))" } == [
                "bin/group: group 0 → 50", "bin/mode: mode 755 → 4755", "bin/ping: capabilities none → 0102",
                "bin/user: user 0 → 1000", "link: leads to old → /new",
            ])
        // Whoever unpacks an archive owns it all: there, owners say nothing.
        #expect(try Archive.list("\(bench.path)/2.tar").entries.allSatisfy { $0.owner == nil })
    }

    @Test func aSecondNameInAnArchiveHasTheContentOfTheFirst() throws {
        let bench = try Workbench()
        try bench.shell(
            """
            mkdir 1 2; echo same > 1/a; ln 1/a 1/b; cp 1/a 2/b; ln 2/b 2/a
            tar cf 1.tar -C 1 a b; tar cf 2.tar -C 2 b a
            # The archives inside differ, what is in them does not.
            cp 1.tar 1/x.tar; cp 2.tar 2/x.tar; tar rf 1.tar -C 1 x.tar; tar rf 2.tar -C 2 x.tar
            """)
        let found = try ArtifactComparison.between(
            "\(bench.path)/1.tar", digest: nil, "\(bench.path)/2.tar", digest: nil)
        #expect(found.entries.map(\.path) == ["x.tar"])
        #expect(try Archive.content(of: "b", in: "\(bench.path)/1.tar", limit: 100) == Array("same\n".utf8))
    }

    @Test func theContentOfAListIsNotThatOfAnotherName() {
        var below = listing(file("list"), link("copy", "list", hard: true))
        below.contents["list"] = Array("a".utf8)
        #expect(LayerStack([below]).contents.keys.sorted() == ["copy", "list"])
        #expect(LayerStack([below], isWanted: { $0 == "list" }).contents.keys.sorted() == ["list"])
    }

    @Test func layersInAnotherOrderAreSaidToBeSo() {
        func layers(_ names: String) -> [Registry.Layer] { names.map { .init(digest: String($0), size: 1) } }
        func words(_ from: String, _ to: String) -> [String] {
            ImageComparison.layers(layers(from), layers(to)).map { "\($0.digest) \($0.status)" }
        }
        #expect(words("ab", "ab") == ["a shared", "b shared"])
        #expect(words("ab", "ba").contains { $0.hasSuffix("moved") })
        #expect(words("ab", "ac") == ["a shared", "b removed", "c added"])
        // The same layer twice, as empty ones are, is twice a layer.
        #expect(words("aab", "ab").count { $0.hasSuffix("removed") } == 1)
    }

    @Test func archivesTwoDeepAreLookedIntoAndDeeperOnesNamed() throws {
        let bench = try Workbench()
        try bench.shell(
            """
            for t in a b; do mkdir $t; cd $t; echo $t > f; tar cf deep.tar f; echo $t > g; zip -qr low.jar deep.tar g; rm f g deep.tar
            zip -q0 top.war low.jar; rm low.jar; tar czf ../$t.tgz top.war; cd ..; done
            """)
        let found = try ArtifactComparison.between(
            "\(bench.path)/a.tgz", digest: nil, "\(bench.path)/b.tgz", digest: nil)
        #expect(
            found.entries.map(\.path) == [
                "top.war", "top.war!/low.jar", "top.war!/low.jar!/deep.tar", "top.war!/low.jar!/g",
            ])
        #expect(
            found.notes.count == 1 && found.notes[0].hasPrefix("top.war!/low.jar!/deep.tar: archives that lie so deep"))
        let content = try Archive.content(of: "top.war!/low.jar!/g", in: "\(bench.path)/b.tgz", limit: 100)
        #expect(content == Array("b\n".utf8))
    }

    @Test func anyLayersCanBeLaid() {
        var generator = SeededGenerator(seed: testSeed())
        let names = ["a", "b", "..", ".", ".wh.a", ".wh..wh..opq", ".wh.", "c!", "d"]
        func path() -> String {
            (0..<Int.random(in: 1...5, using: &generator)).map { _ in names.randomElement(using: &generator) ?? "" }
                .joined(separator: "/")
        }
        for _ in 0..<fuzzCount() {
            let layers = (0..<3).map { _ in
                var listing = ArchiveListing()
                listing.entries = (0..<12).map { _ in
                    let kinds: [ArchiveEntry.Kind] = [.file, .folder, .link, .hardLink, .other]
                    let kind = kinds.randomElement(using: &generator) ?? .file
                    return ArchiveEntry(
                        path: path(), kind: kind, size: 0, mode: 0,
                        target: Bool.random(using: &generator) ? path() : "/" + path())
                }
                return listing
            }
            for (path, entry) in LayerStack(layers).entries {
                #expect(path.text == entry.path && !path.text.split(separator: "/").contains(".."))
            }
        }
    }
}
