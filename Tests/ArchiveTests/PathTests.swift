import Foundation
import TestSupport
import Testing

@testable import Archive

/// Names that Unicode takes for something else than a file system does.
@Suite struct PathTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func pack(_ name: String, _ entries: String) throws {
        let script = """
            import io, tarfile
            t = tarfile.open('\(name)', 'w', format=tarfile.PAX_FORMAT)
            def add(name, link=None, kind=tarfile.SYMTYPE, content=b'hi'):
                i = tarfile.TarInfo(name)
                if link: i.type, i.linkname = kind, link
                else: i.size = len(content)
                t.addfile(i, None if link else io.BytesIO(content))
            \(entries)
            t.close()
            """
        try script.write(toFile: "\(bench.path)/make.py", atomically: true, encoding: .utf8)
        try bench.shell("python3 make.py")
    }

    private func complaint(_ artifact: String) -> String {
        do {
            _ = try Archive.unpack("\(bench.path)/\(artifact)", to: "\(bench.path)/out")
            return "it was unpacked"
        } catch { return "\(error)" }
    }

    @Test func aSlashWithAMarkBehindItIsASlash() {
        let path = "/\u{301}etc"
        #expect(!path.hasPrefix("/") && path.isAbsolutePath)
        #expect("d/\u{301}x".pathParts == ["d", "\u{301}x"])
        #expect("a!/\u{301}b".split(atBytes: "!/") == ["a", "\u{301}b"] && "a!/\u{301}b".leadsIntoArchive)
        #expect("/a/\u{301}".startsWithBytes(of: "/a/") && "x/\u{301}".endsWithBytes(of: "\u{301}"))
        #expect(
            Archive.plain("./\u{301}a//") == "\u{301}a" && Archive.plain(".//x") == "x" && Archive.plain("./") == "")
        #expect(Archive.rooted("/a/../\u{301}b/./c") == "\u{301}b/c")
        #expect(!Archive.isInside("/\u{301}etc") && !Archive.isInside("../\u{301}etc"))
    }

    @Test func namesInTwoSpellingsAreTwoNames() {
        #expect("\u{E9}" == "e\u{301}" && ExactPath("\u{E9}") != ExactPath("e\u{301}"))
        #expect(Set([ExactPath("\u{E9}"), ExactPath("e\u{301}"), ExactPath("\u{E9}")]).count == 2)
        #expect([ExactPath("b"), "a"].sorted().map(\.text) == ["a", "b"])
    }

    @Test(arguments: [
        "add('d/link', '/\\u0301etc')", "add('d/link', '../../\\u0301x')", "add('/\\u0301x')", "add('../\\u0301x')",
        "add('a'); add('b', '/\\u0301a', tarfile.LNKTYPE)", "add('a'); add('b', '../\\u0301a', tarfile.LNKTYPE)",
    ])
    func whatLeadsOutsideOverAMarkIsRefused(entries: String) throws {
        try pack("a.tar", entries)
        #expect(complaint("a.tar").contains("outside of its folder"))
    }

    @Test func aFolderWhoseNamesBeginWithAMarkIsCopiedWhole() throws {
        try bench.shell(
            "mkdir -p s/d; echo one > \"$(printf 's/\\314\\201abc')\"; echo two > \"$(printf 's/d/\\314\\201x')\"")
        let unpacked = try Archive.unpack("\(bench.path)/s", to: "\(bench.path)/out")
        #expect(unpacked.manifest.entries.keys.sorted() == ["d", "d/\u{301}x", "\u{301}abc"].sorted())
        try bench.shell("diff -r s out; tar cf s.tar -C s .; rm -r out")
        #expect(complaint("s.tar") == "it was unpacked")
        try bench.shell("diff -r s out")
        #expect(try Archive.content(of: "\u{301}abc", in: "\(bench.path)/s", limit: 10) == Array("one\n".utf8))
    }

    @Test func twoSpellingsOfOneNameAreListedAndNeverUnpackedAsOne() throws {
        try pack("a.tar", "add('\\u00e9'); add('e\\u0301', content=b'other')")
        #expect(try Archive.list("\(bench.path)/a.tar").byPath.count == 2)
        #expect(try Archive.content(of: "e\u{301}", in: "\(bench.path)/a.tar", limit: 10) == Array("other".utf8))
        #expect(complaint("a.tar").hasSuffix(Archive.twoSpellings))
        try pack("b.tar", "add('\\u00e9/a'); add('e\\u0301/b')")
        try bench.shell("rm -r out; mkdir s; tar xf b.tar -C s")
        for artifact in ["b.tar", "s"] {
            #expect(complaint(artifact).hasSuffix(Archive.twoSpellings))
            try bench.shell("rm -rf out")
        }
        // What a service writes beside its files is nothing to us.
        try bench.shell("mkdir t; touch \"$(printf 't/\\303\\251')\"")
        let manifest = try Manifest(ofFolder: "\(bench.path)/t")
        try bench.shell("echo more > \"$(printf 't/e\\314\\201')\"")
        #expect(try manifest.differences(in: "\(bench.path)/t", isThorough: true) == [])
        #expect { try Manifest(ofFolder: "\(bench.path)/s") } throws: { "\($0)".hasSuffix(Archive.twoSpellings) }
    }
}
