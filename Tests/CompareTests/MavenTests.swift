import Foundation
import TestSupport
import Testing

@testable import Compare

@Suite struct MavenTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// Changes on the way from one set of files to another, as they are found in a repository.
    private func compare(
        _ from: [String: String], _ to: [String: String], dependencies: [String] = []
    ) throws -> DependencyComparison {
        let folder = "\(bench.path)/repo"
        try bench.shell("rm -rf repo; git init -q repo")
        for (tag, files) in [("1", from), ("2", to)] {
            try bench.shell("cd repo; git rm -rqf . 2>/dev/null || true")
            for (path, text) in files.merging(["keep": tag], uniquingKeysWith: { $1 }) {
                let file = URL(fileURLWithPath: "\(folder)/\(path)")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
            try bench.shell("cd repo; git add -A; git commit -qm \(tag); git tag \(tag)")
        }
        let request = CompareRequest(
            from: .init(application: "x", version: "1", artifact: ""),
            to: .init(application: "x", version: "2", artifact: ""), repository: folder, mirrors: bench.path,
            dependencies: dependencies, now: .init(milliseconds: 0))
        return try #require(Comparison.run(request).dependencies)
    }

    private func words(_ found: DependencyComparison) -> [String] {
        found.changes.map { "\($0.file) \($0.name) \($0.from ?? "-") \($0.to ?? "-")" }.sorted()
    }

    private static let coordinates = "<groupId>g</groupId><artifactId>parent</artifactId><version>1</version>"

    private func project(_ name: String, _ body: String, above: String = "") -> String {
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><parent>\(Self.coordinates)\(above)</parent>"
            + "<artifactId>\(name)</artifactId>\(body)</project>"
    }

    private func dependency(_ name: String, _ version: String, _ more: String = "") -> String {
        let version = version.isEmpty ? "" : "<version>\(version)</version>"
        return "<dependency><groupId>o</groupId><artifactId>\(name)</artifactId>\(version)\(more)</dependency>"
    }

    private func parent(_ properties: String, _ managed: String = "", _ dependencies: String = "") -> String {
        "<project>\(Self.coordinates)<properties>\(properties)</properties><dependencyManagement><dependencies>\(managed)"
            + "</dependencies></dependencyManagement><dependencies>\(dependencies)</dependencies></project>"
    }

    @Test func aVersionPropertyOfTheParentThatAModuleUsesIsAChangeOfTheModule() throws {
        let module = project("m", "<dependencies>\(dependency("a", "${a.version}"))</dependencies>")
        let found = try compare(
            ["pom.xml": parent("<a.version>1.0</a.version>"), "m/pom.xml": module],
            ["pom.xml": parent("<a.version>2.0</a.version>"), "m/pom.xml": module])
        #expect(words(found) == ["m/pom.xml o:a 1.0 2.0"])
        #expect(found.changes.first?.isMajor == true)
    }

    @Test func aModuleThatIsNamedAloneFollowsItsParents() throws {
        let module = project("m", "<dependencies>\(dependency("a", ""))</dependencies>")
        func files(_ version: String) -> [String: String] {
            [
                "pom.xml": parent("<v>\(version)</v>", dependency("a", "${v}"), dependency("b", "${v}")),
                "m/pom.xml": module,
            ]
        }
        let found = try compare(files("1.0"), files("1.1"), dependencies: ["m/pom.xml"])
        #expect(words(found) == ["m/pom.xml o:a 1.0 1.1", "m/pom.xml o:b 1.0 1.1"])
    }

    @Test func managedVersionsComeFromParentsAndFromImportedListsInTheRepository() throws {
        func files(_ a: String, _ b: String) -> [String: String] {
            let bom =
                "<project><groupId>g</groupId><artifactId>bom</artifactId><version>7</version><properties><b>\(b)</b>"
                + "</properties><dependencyManagement><dependencies>\(dependency("b", "${b}"))</dependencies>"
                + "</dependencyManagement></project>"
            let imported =
                "<dependency><groupId>g</groupId><artifactId>bom</artifactId><version>7</version><type>pom</type>"
                + "<scope>import</scope></dependency>"
            return [
                "build/parent.xml": "", "build/pom.xml": parent("", dependency("a", a) + imported),
                "lists/pom.xml": bom,
                "x/m/pom.xml": project(
                    "m", "<dependencies>\(dependency("a", ""))\(dependency("b", ""))</dependencies>",
                    above: "<relativePath>../../build</relativePath>"),
            ]
        }
        let found = try compare(files("1.0", "5.0"), files("1.1", "5.1"))
        #expect(
            words(found) == [
                "build/pom.xml o:a 1.0 1.1", "lists/pom.xml o:b 5.0 5.1", "x/m/pom.xml o:a 1.0 1.1",
                "x/m/pom.xml o:b 5.0 5.1",
            ])
    }

    @Test func aModulesOwnPropertyOutranksItsParents() throws {
        let module = project(
            "m", "<properties><v>9</v></properties><dependencies>\(dependency("a", "${v}"))</dependencies>")
        let found = try compare(
            ["pom.xml": parent("<v>1</v>"), "m/pom.xml": module], ["pom.xml": parent("<v>2</v>"), "m/pom.xml": module])
        #expect(found.changes.isEmpty)
    }

    @Test func versionsThatStandOutsideTheRepositoryAreSaid() throws {
        func module(_ a: String) -> String {
            project(
                "m",
                "<dependencies>\(dependency("a", a))\(dependency("b", ""))\(dependency("c", "${c}"))</dependencies>")
        }
        let found = try compare(["pom.xml": module("1")], ["pom.xml": module("2")])
        #expect(words(found) == ["pom.xml o:a 1 2"])
        #expect(
            found.findings.map(\.summary) == [
                "not read in a list of dependencies: pom.xml: nothing says what o:c ${c} is",
                "pom.xml: the versions of o:b stand outside the repository",
            ])
    }

    @Test func modulesOfTheRepositoryAreItsOwn() throws {
        func files(_ version: String) -> [String: String] {
            let own =
                "<dependency><groupId>g</groupId><artifactId>n</artifactId><version>${project.version}</version></dependency>"
            let above = Self.coordinates.replacing("<version>1<", with: "<version>\(version)<")
            return [
                "pom.xml": "<project>\(above)</project>",
                "m/pom.xml":
                    "<project><parent>\(above)</parent><artifactId>m</artifactId><dependencies>\(own)</dependencies></project>",
                "n/pom.xml": "<project><parent>\(above)</parent><artifactId>n</artifactId></project>",
            ]
        }
        let found = try compare(files("1"), files("2"))
        #expect(words(found) == ["m/pom.xml g:n 1 2", "m/pom.xml g:parent 1 2", "n/pom.xml g:parent 1 2"])
        #expect(found.changes.allSatisfy { $0.relation == .own })
    }

    private func list(_ name: String, _ managed: String) -> String {
        "<project><groupId>g</groupId><artifactId>\(name)</artifactId><version>7</version><dependencyManagement>"
            + "<dependencies>\(managed)</dependencies></dependencyManagement></project>"
    }

    private func imported(_ name: String) -> String {
        "<dependency><groupId>g</groupId><artifactId>\(name)</artifactId><version>7</version><type>pom</type>"
            + "<scope>import</scope></dependency>"
    }

    @Test func aModulesOwnListOutranksThoseThatItsParentImports() throws {
        func files(_ version: String) -> [String: String] {
            [
                "pom.xml": parent("", imported("far")), "far/pom.xml": list("far", dependency("a", "1")),
                "near/pom.xml": list("near", dependency("a", version)),
                "m/pom.xml": project(
                    "m",
                    "<dependencyManagement><dependencies>\(imported("near"))</dependencies></dependencyManagement>"
                        + "<dependencies>\(dependency("a", ""))</dependencies>"),
            ]
        }
        let found = try compare(files("2"), files("3"), dependencies: ["m/pom.xml"])
        #expect(words(found) == ["m/pom.xml o:a 2 3"])
    }

    @Test func aModulesPropertyDecidesWhichListItsParentImports() throws {
        func files(_ version: String) -> [String: String] {
            let property = imported("far").replacing("<version>7<", with: "<version>${far}<")
            return [
                "pom.xml": parent("<far>1</far>", property), "far/pom.xml": list("far", dependency("a", "5")),
                "m/pom.xml": project(
                    "m",
                    "<properties><far>\(version)</far></properties><dependencies>\(dependency("a", ""))</dependencies>"),
            ]
        }
        let found = try compare(files("7"), files("8"), dependencies: ["m/pom.xml"])
        #expect(words(found) == ["m/pom.xml o:a 5 -"])
    }

    @Test func propertiesOfTheCommandLineAndOfProfilesThatAreOnOutrankTheProjects() throws {
        func files(_ given: String, _ profile: String) -> [String: String] {
            let on =
                "<profiles><profile><activation><activeByDefault>true</activeByDefault></activation><properties>"
                + "<b>\(profile)</b></properties></profile></profiles>"
            return [
                ".mvn/maven.config": "-T4\n-Da=\(given)\n",
                "pom.xml": "<project>\(Self.coordinates)<properties><a>0</a><b>0</b></properties>\(on)<dependencies>"
                    + "\(dependency("a", "${a}"))\(dependency("b", "${b}"))</dependencies></project>",
            ]
        }
        #expect(words(try compare(files("1", "1"), files("2", "2"))) == ["pom.xml o:a 1 2", "pom.xml o:b 1 2"])
        #expect(words(try compare(files("1", "1"), files("2", "1"))) == ["pom.xml o:a 1 2"])
    }

    @Test func aParentOfAnotherVersionComesFromElsewhere() throws {
        let module = project("m", "<dependencies>\(dependency("a", "${v}"))</dependencies>")
        func files(_ version: String) -> [String: String] {
            ["pom.xml": parent("<v>\(version)</v>").replacing("<version>1<", with: "<version>2<"), "m/pom.xml": module]
        }
        let found = try compare(files("1"), files("2"), dependencies: ["m/pom.xml"])
        #expect(found.changes.isEmpty)
        #expect(found.findings.contains { $0.summary.contains("nothing says what o:a ${v} is") })
    }

    @Test func listsThatImportOneAnotherEnd() throws {
        let files = [
            "a/pom.xml": list("a", imported("b")), "b/pom.xml": list("b", imported("a") + dependency("x", "1")),
            "pom.xml": parent("", imported("a"), dependency("x", "")),
        ]
        let found = try compare(
            files, files.merging(["b/pom.xml": list("b", imported("a") + dependency("x", "2"))]) { $1 })
        #expect(words(found) == ["b/pom.xml o:x 1 2", "pom.xml o:x 1 2"])
    }

    @Test func parentsThatNameOneAnotherEnd() throws {
        let one =
            "<project><parent><groupId>g</groupId><artifactId>b</artifactId><version>1</version>"
            + "<relativePath>b/pom.xml</relativePath></parent><groupId>g</groupId><artifactId>a</artifactId></project>"
        let two =
            "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version></parent>"
            + "<groupId>g</groupId><artifactId>b</artifactId></project>"
        _ = try compare(["pom.xml": one, "b/pom.xml": two], ["pom.xml": one + "\n", "b/pom.xml": two])
    }

    @Test func aListThatFollowsAChangedOneIsComparedThoughItIsTheSameItself() throws {
        let found = try compare(
            ["requirements.txt": "-r deps/base.txt\n", "deps/base.txt": "a==1.0\n"],
            ["requirements.txt": "-r deps/base.txt\n", "deps/base.txt": "a==2.0\n"])
        #expect(words(found) == ["requirements.txt a 1.0 2.0"])
    }

    @Test func theSumsBesideAModuleTellAnotherContentOfOneVersion() throws {
        func files(_ sum: String, _ b: String) -> [String: String] {
            [
                "go.mod": "module x\n\nrequire a.b/c v1.0.0\nrequire d.e/f \(b)\n",
                "go.sum": "a.b/c v1.0.0 h1:\(sum)=\nd.e/f \(b) h1:z=\n",
            ]
        }
        let found = try compare(files("aaaa", "v1.0.0"), files("bbbb", "v1.1.0"))
        #expect(found.changes.map { "\($0.name) \($0.change)" } == ["a.b/c changed", "d.e/f upgraded"])
    }
}
