import Foundation
import Model
import TestSupport
import Testing

@testable import Compare

/// Lists that are links, or that name other files, in images and archives: followed within them, and never out of them.
@Suite struct LinkedListTests {
    /// A tree whose list leads to `%`, one way or another.
    private static let ways: [(name: String, list: String, script: String)] = [
        ("beside", "srv/requirements.txt", "mkdir srv; echo a==% > srv/prod.lst; ln -s prod.lst srv/requirements.txt"),
        (
            "above", "srv/app/requirements.txt",
            "mkdir -p srv/app lists; echo a==% > lists/prod; ln -s ../../lists/prod srv/app/requirements.txt"
        ),
        (
            "through a linked folder", "srv/requirements.txt",
            "mkdir -p srv v%/x; echo a==% > v%/x/prod; ln -s v% now; ln -s ../now/x/prod srv/requirements.txt"
        ),
        (
            "over several links", "srv/requirements.txt",
            "mkdir srv; echo a==% > srv/c; ln -s c srv/b; ln -s ./b srv/requirements.txt"
        ),
        ("a hard link", "srv/requirements.txt", "mkdir srv; echo a==% > srv/a; ln srv/a srv/requirements.txt"),
        (
            "by name", "srv/requirements.txt",
            "mkdir srv; echo '-r base.lst' > srv/requirements.txt; echo a==% > srv/base.lst"
        ),
        (
            "by name, over a link, one after the other", "srv/requirements.txt",
            "mkdir srv l; echo '-r ../l/b' > srv/requirements.txt; ln -s c l/b; echo '-r d.in' > l/c; echo a==% > l/d.in"
        ),
        (
            "as a constraint", "srv/requirements.txt",
            "mkdir srv; printf 'a\\n-c pins\\n' > srv/requirements.txt; echo a==% > srv/pins"
        ),
    ]
    /// What only an image can follow, which has a root.
    private static let rootedWays: [(name: String, list: String, script: String)] = [
        (
            "absolute", "srv/requirements.txt",
            "mkdir srv lists; echo a==% > lists/x; ln -s /lists/x srv/requirements.txt"
        ),
        (
            "above the root", "srv/requirements.txt",
            "mkdir srv; echo a==% > prod; ln -s ../../../prod srv/requirements.txt"
        ),
        (
            "by an absolute name", "srv/requirements.txt",
            "mkdir srv l; echo '-r /l/x' > srv/requirements.txt; echo a==% > l/x"
        ),
    ]

    private func words(_ found: DependencyComparison) -> [String] {
        found.changes.map { "\($0.file) \($0.name) \($0.from ?? "-") \($0.to ?? "-")" }
    }

    private func script(_ way: String, _ version: String) -> String {
        "d=$(mktemp -d -p .); (cd $d; \(way.replacing("%", with: version))); "
            + "tar cf - --sort=name --mtime=@0 --owner=0 --group=0 -C $d .; rm -r $d"
    }

    private func archives(_ way: String) throws -> DependencyComparison {
        let bench = try Workbench()
        for version in ["1", "2"] { try bench.shell("(\(script(way, version))) > \(version).tar") }
        return try ArtifactComparison.between(
            "\(bench.path)/1.tar", digest: nil, "\(bench.path)/2.tar", digest: nil
        ).dependencies
    }

    private func images(_ layers: [[String]]) throws -> DependencyComparison {
        let played = try PlayedRegistry()
        for (tag, layers) in zip(["1", "2"], layers) { _ = try played.image(tag: tag, layers) }
        return try played.compare("1", "2").dependencies
    }

    @Test(arguments: ways.indices) func anArchivesListIsFollowedWithinIt(index: Int) throws {
        let way = Self.ways[index]
        let found = try archives(way.script)
        #expect(words(found) == ["\(way.list) a 1 2"], "\(way.name)")
        #expect(found.findings.filter { $0.level == .warning } == [], "\(way.name)")
    }

    @Test(arguments: (ways + rootedWays).indices) func anImagesListIsFollowedWithinIt(index: Int) throws {
        let way = (Self.ways + Self.rootedWays)[index]
        let found = try images([[script(way.script, "1")], [script(way.script, "2")]])
        #expect(words(found) == ["\(way.list) a 1 2"], "\(way.name)")
        #expect(found.findings.filter { $0.level == .warning } == [], "\(way.name)")
    }

    @Test func whatAListLeadsToMayLieInAnotherLayer() throws {
        let links = script("mkdir -p srv usr; ln -s /usr/x srv/requirements.txt; echo a==0 > usr/x", "")
        func above(_ version: String) -> String { script("mkdir usr; echo a==% > usr/x", version) }
        #expect(words(try images([[links, above("1")], [links, above("2")]])) == ["srv/requirements.txt a 1 2"])
        // And where a later layer makes it lead elsewhere.
        let moved = script("mkdir -p srv usr; echo a==3 > usr/y; ln -s ../usr/y srv/requirements.txt", "")
        #expect(words(try images([[links], [links, moved]])) == ["srv/requirements.txt a 0 3"])
        // A hard link is the file of its own layer, whatever becomes of the other name.
        let hard = script("mkdir srv; echo a==% > srv/x; ln srv/x srv/requirements.txt", "1")
        let renewed = script("mkdir srv; echo a==% > srv/x", "2")
        #expect(words(try images([[hard], [hard, renewed]])) == [])
    }

    @Test(arguments: [
        ("ln -s /etc/prod.lst requirements.txt", "leads out of the archive, to /etc/prod.lst"),
        ("ln -s ../prod.lst requirements.txt", "leads out of the archive"),
        ("ln -s gone requirements.txt", "leads to gone, which is not there"),
        ("ln -s requirements.txt requirements.txt", "lies behind links that have no end"),
        ("mkdir d; ln -s d requirements.txt", "leads to d, which is no file"),
        ("(echo '-r ../base.txt'; echo a==%) > requirements.txt", "../base.txt leads outside"),
        ("(echo '-r /base.txt'; echo a==%) > requirements.txt", "/base.txt leads outside"),
        ("ln -s /etc/passwd base; (echo '-r base'; echo a==%) > requirements.txt", "base is not there"),
    ])
    func whatCannotBeFollowedInAnArchiveIsAFinding(way: String, why: String) throws {
        let found = try archives(way)
        let told = found.findings.filter { $0.level == .warning }.map(\.summary)
        #expect(told.count == 1 && told[0].contains(why), "\(told)")
    }

    @Test func nothingOfAnArchiveInsideLeadsOutOfThat() throws {
        let found = try archives(
            "mkdir in; ln -s ../secret in/requirements.txt; echo a==% > secret; tar cf in.tar -C in .; rm -r in")
        #expect(words(found) == [])
        #expect(
            found.problems.map(\.reason) == [
                "cannot read in.tar!/requirements.txt: in.tar!/requirements.txt leads out of the archive"
            ])
        let inside = try archives(
            "mkdir in; ln -s real in/requirements.txt; echo a==% > in/real; tar cf in.tar -C in .; rm -r in")
        #expect(words(inside) == ["in.tar!/requirements.txt a 1 2"])
    }

    @Test func parentsOfMavenInAnArchiveAreFollowedThoughOnlyTheyChanged() throws {
        let parent =
            "<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><properties><a>%</a></properties></project>"
        func module(_ more: String) -> String {
            "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version>\(more)</parent><artifactId>m</artifactId><dependencies><dependency><groupId>x</groupId><artifactId>y</artifactId><version>${a}</version></dependency></dependencies></project>"
        }
        for (place, more) in [
            ("pom.xml", ""), ("build/parent.xml", "<relativePath>../build/parent.xml</relativePath>"),
            ("other/pom.xml", "<relativePath/>"),
        ] {
            let found = try archives(
                "mkdir m build other; echo '\(parent)' > \(place); echo '\(module(more))' > m/pom.xml")
            #expect(words(found) == ["m/pom.xml x:y 1 2"], "\(place)")
        }
        let settings = try archives(
            "mkdir .mvn; echo -Da=% > .mvn/maven.config; echo '\(module(""))' > pom.xml")
        #expect(words(settings) == ["pom.xml x:y 1 2"])
    }

    @Test func whatIsComparedByItselfIsNotSaidByThoseThatNameIt() throws {
        let way = "echo '-r requirements-base.txt' > requirements.txt; echo a==% > requirements-base.txt"
        #expect(words(try archives(way)) == ["requirements-base.txt a 1 2"])
        #expect(words(try images([[script(way, "1")], [script(way, "2")]])) == ["requirements-base.txt a 1 2"])
    }
}
