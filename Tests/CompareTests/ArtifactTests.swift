import Archive
import Foundation
import TestSupport
import Testing

@testable import Compare

@Suite struct ArtifactTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func compare(_ from: String, _ to: String, limits: Archive.Limits = .init()) throws -> ArtifactComparison {
        try .between("\(bench.path)/\(from)", digest: nil, "\(bench.path)/\(to)", digest: nil, limits: limits)
    }

    private func lines(_ comparison: ArtifactComparison) -> [String] {
        comparison.entries.map { "\($0.status) \($0.path)" }
    }

    private static let trees = """
        mkdir -p a/d b/d; echo same > a/same; cp a/same b/same; echo one > a/d/f; echo two > b/d/f; echo x > a/gone
        echo y > b/new; echo run > a/s; echo run > b/s; chmod 755 b/s; chmod 644 a/s; ln -s same a/l; ln -s new b/l
        """

    @Test(arguments: [
        "tar cf %.tar -C % .", "tar czf %.tar -C % .", "tar --zstd -cf %.tar -C % .", "(cd %; zip -qry ../%.tar .)",
    ])
    func archivesOfAllKindsAreComparedEntryByEntry(packer: String) throws {
        try bench.shell(Self.trees + "\nfor t in a b; do \(packer.replacing("%", with: "$t")); done")
        let found = try compare("a.tar", "b.tar")
        #expect(lines(found) == ["changed d/f", "removed gone", "changed l", "added new", "changed s"])
        let mode = found.entries.last
        #expect(mode?.before?.mode == 0o644 && mode?.after?.mode == 0o755)
        #expect(found.entries[2].before?.target == "same" && found.entries[2].after?.target == "new")
    }

    @Test func foldersAreComparedWithoutFollowingLinks() throws {
        try bench.shell(Self.trees + "\nln -s /etc a/out; ln -s /etc b/out")
        #expect(lines(try compare("a", "b")) == ["changed d/f", "removed gone", "changed l", "added new", "changed s"])
    }

    @Test func archivesInsideAreLookedIntoOnce() throws {
        try bench.shell(
            """
            for t in a b; do mkdir -p $t/in; echo $t > $t/in/f; echo same > $t/in/same
            (cd $t/in; zip -qr ../app.jar .); rm -r $t/in; tar czf $t.tgz -C $t .; done
            """)
        #expect(lines(try compare("a.tgz", "b.tgz")) == ["changed app.jar", "changed app.jar!/f"])
        let content = try Archive.content(of: "app.jar!/f", in: "\(bench.path)/b.tgz", limit: 100)
        #expect(content == Array("b\n".utf8))
    }

    @Test func namesThatCarryAVersionAreMatchedWithoutIt() throws {
        try bench.shell(
            """
            for v in 1.0 1.1; do d=in/app-$v; mkdir -p $d/BOOT-INF/lib $d/conf; echo $v > $d/run; echo same > $d/conf/same
            echo $v > $d/BOOT-INF/lib/x-$v.jar; echo $v > $d/BOOT-INF/lib/log4j-1.2-api-2.$v.jar; echo same > $d/BOOT-INF/lib/log4j-core-2.9.jar
            echo same > $d/notes-$v.md; (cd in; tar czf ../$v.tgz .); rm -r in; done
            """)
        let found = try compare("1.0.tgz", "1.1.tgz")
        let expected = [
            "removed app-1.0/notes-1.0.md", "changed app-1.1/BOOT-INF/lib/log4j-1.2-api-2.1.1.jar",
            "changed app-1.1/BOOT-INF/lib/x-1.1.jar", "added app-1.1/notes-1.1.md", "changed app-1.1/run",
        ]
        #expect(lines(found) == expected)
        let run = found.entries.last
        #expect(run?.previousPath == "app-1.0/run")
    }

    @Test(arguments: [
        ("app-3f2a91c", "app-be77d02"), ("app1.0", "app1.1"), ("app_v1", "app_v2-rc.1"), ("3f2a91c8", "be77d02a"),
    ])
    func aTopFolderThatIsCalledAfterAVersionOrACommitIsTheSame(from: String, to: String) throws {
        try bench.shell(
            """
            for v in \(from) \(to); do mkdir -p $v/d; echo same > $v/d/same; ln $v/d/same $v/hard; echo $v > $v/d/run
            tar cf $v.tar $v; done
            """)
        #expect(lines(try compare("\(from).tar", "\(to).tar")) == ["changed \(to)/d/run"])
    }

    @Test func topFoldersOfDifferentThingsAreDifferent() throws {
        try bench.shell("for v in lib share; do mkdir $v; echo same > $v/same; tar cf $v.tar $v; done")
        #expect(
            lines(try compare("lib.tar", "share.tar")) == [
                "removed lib", "removed lib/same", "added share", "added share/same",
            ])
    }

    @Test(arguments: [
        ("app-1.0/x", "app-*/x"), ("v1.2.3/x", "*/x"), ("a/v1.2.3/x", "a/v1.2.3/x"), ("l/x-1.0.jar", "l/x-*.jar"),
        ("l/guava-31.1-jre.jar", "l/guava-*.jar"), ("l/x-1.0-SNAPSHOT.jar", "l/x-*.jar"),
        ("l/x-1.0-20240101.1-2.jar", "l/x-*.jar"), ("l/log4j-1.2-api-2.17.1.jar", "l/log4j-1.2-api-*.jar"),
        ("s/requests-2.31.0.dist-info/RECORD", "s/requests-*.dist-info/RECORD"), ("l/libx.so.1.2.3", "l/libx.so.*"),
        ("a.war!/WEB-INF/lib/x-1.0.jar!/p/C.class", "a.war!/WEB-INF/lib/x-*.jar!/p/C.class"),
        ("p/utf-8.txt", "p/utf-8.txt"), ("sql/V5__add.sql", "sql/V5__add.sql"), ("plain", "plain"),
    ])
    func aVersionInANameIsToldFromTheName(path: String, bare: String) {
        #expect(VersionedPath.bare(path) == bare)
    }

    @Test func anArchiveThatGrowsWithoutBoundsIsAProblem() throws {
        try bench.shell("head -c 50000000 /dev/zero > z; tar czf bomb.tgz z; echo a > z; tar czf a.tgz z")
        var limits = Archive.Limits()
        limits.bytes = 1 << 20
        #expect {
            try compare("a.tgz", "bomb.tgz", limits: limits)
        } throws: { ($0 as? Problem)?.reason.contains("unpacks to more") == true }
    }

    @Test func anEntryThatLeadsOutsideIsSaid() throws {
        try bench.shell(
            """
            python3 - <<'P'
            import io, tarfile
            for name, path in (("a", "x"), ("b", "../../etc/x")):
                with tarfile.open(name + ".tar", "w") as t:
                    i = tarfile.TarInfo(path); i.size = 1; t.addfile(i, io.BytesIO(b"x"))
            P
            """)
        let found = try compare("a.tar", "b.tar")
        #expect(found.notes == ["../../etc/x leads outside the archive's own folder"])
        #expect(!FileManager.default.fileExists(atPath: "\(bench.path)/../../etc/x"))
    }

    @Test func aDamagedArchiveIsAProblemThatNamesIt() throws {
        try bench.shell("echo a > f; tar czf a.tgz f; head -c 40 a.tgz > b.tgz; echo text > c.tgz")
        for damaged in ["b.tgz", "c.tgz", "gone.tgz"] {
            #expect {
                try compare("a.tgz", damaged)
            } throws: { ($0 as? Problem)?.reason.contains(damaged) == true }
        }
    }

    @Test func aTextInAnArtifactIsShownAsADiff() throws {
        try bench.shell(
            Self.trees
                + "\nfor t in a b; do head -c 100 /dev/zero > $t/bin; echo $t >> $t/bin; tar czf $t.tgz -C $t .; done")
        let request = CompareRequest(
            from: .init(application: "x", version: "1", artifact: "\(bench.path)/a.tgz"),
            to: .init(application: "x", version: "2", artifact: "\(bench.path)/b.tgz"), repository: nil,
            mirrors: "/tmp",
            now: .init(milliseconds: 0))
        func text(_ path: String) throws -> String {
            var bytes: [UInt8] = []
            try request.streamPatch(.entry(path), source: nil) {
                bytes += $0.bytes
                return true
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try text("d/f") == "--- 1/d/f\n+++ 2/d/f\n@@ -1 +1 @@\n-one\n+two\n")
        #expect(try text("bin").hasPrefix("a binary file\n- 102 bytes, sha256:"))
    }

    @Test func listsInsideArtifactsAreComparedWhereThereIsNoRepository() throws {
        try bench.shell(
            """
            for v in 1.0 2.0; do mkdir $v; printf 'a==%s\\n' $v > $v/requirements.txt; tar czf $v.tgz -C $v .; done
            """)
        let request = CompareRequest(
            from: .init(application: "x", version: "2", artifact: "\(bench.path)/2.0.tgz"),
            to: .init(application: "x", version: "1", artifact: "\(bench.path)/1.0.tgz"), repository: nil,
            mirrors: "/tmp",
            now: .init(milliseconds: 0))
        let found = Comparison.run(request)
        #expect(found.dependencies?.changes.map { "\($0.name) \($0.change) \($0.isMajor)" } == ["a downgraded true"])
        guard case .failure(let problem)? = found.source else {
            Issue.record("there is a source")
            return
        }
        #expect(problem.reason == "no repository is configured")
        #expect(found.isComplete)
    }
}
