import Foundation
import TestSupport
import Testing

@testable import Compare

extension ArtifactLists {
    /// Compares lists that name nothing else.
    static func compare(_ before: [String: [UInt8]], _ after: [String: [UInt8]]) -> DependencyComparison {
        compare(ArtifactFiles.Lists(contents: before), ArtifactFiles.Lists(contents: after))
    }
}

/// Lists of packages in images, and beside them.
@Suite struct ImageListTests {
    @Test func listsInsideImagesAreRead() throws {
        let played = try PlayedRegistry()
        func debian(_ version: String) -> String {
            "Package: libc6\nStatus: install ok installed\nVersion: \(version)\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
        }
        let base = PlayedRegistry.layer([
            "srv/requirements.txt": "a==1.0\n", "var/lib/dpkg/status": debian("2.36-9"),
            "var/lib/dpkg/status.d/tz": "Package: tzdata\nVersion: 1\n",
            "lib/apk/db/installed": "C:x\nP:musl\nV:1.2.4-r2\n",
            "var/lib/rpm/Packages": "1", "srv/node_modules/x/requirements.txt": "b==1\n",
        ])
        _ = try played.image(tag: "1", [base])
        let above = PlayedRegistry.layer([
            "srv/requirements.txt": "a==2.0\n", "var/lib/dpkg/status": debian("2.36-10"),
            "var/lib/dpkg/status.d/tz": "Package: tzdata\nVersion: 2\n", "lib/apk/db/installed": "P:musl\nV:1.2.5-r0\n",
            "var/lib/rpm/Packages": "2",
        ])
        _ = try played.image(tag: "2", [base, above])
        let found = try played.compare("1", "2").dependencies
        #expect(
            found.changes.map { "\($0.file) \($0.name) \($0.from ?? "") \($0.to ?? "")" } == [
                "lib/apk/db/installed musl 1.2.4-r2 1.2.5-r0", "srv/requirements.txt a 1.0 2.0",
                "var/lib/dpkg/status libc6 2.36-9 2.36-10", "var/lib/dpkg/status.d tzdata 1 2",
            ])
        // What cannot be read is said.
        #expect(found.problems.map(\.reason).filter { $0.contains("rpm/Packages") }.count == 1)
    }

    @Test(arguments: [false, true])
    func theLogBesideADatabaseOfRPMCounts(isUnfinished: Bool) throws {
        let first = ("bash", "5.1", "2.el9", Int?.none)
        let files = try RPMPackages.files([first], later: [("zlib", "1.2", "3", nil)], unfinished: isUnfinished)
        let path = "usr/lib/sysimage/rpm/rpmdb.sqlite"
        #expect(try RPMDatabase.parse(files.database).map(\.name) == ["bash"])
        #expect(try RPMDatabase.parse(files.database, log: files.log).map(\.name) == ["bash", "zlib"])
        let found = ArtifactLists.compare(
            [path: files.database, "\(path)-wal": []], [path: files.database, "\(path)-wal": files.log])
        #expect(found.changes.map { "\($0.name) \($0.file)" } == ["zlib \(path)"] && found.problems.isEmpty)
        #expect(ArtifactLists.isWanted(inImage: "\(path)-wal"))
        // What is damaged counts up to there, as to SQLite; a change that is not whole is none.
        #expect(try RPMDatabase.parse(files.database, log: Array(files.log.prefix(1000))).map(\.name) == ["bash"])
        var damaged = files.log
        damaged[60] ^= 1
        #expect(try RPMDatabase.parse(files.database, log: damaged).map(\.name) == ["bash"])
        damaged[20] ^= 1
        #expect(try RPMDatabase.parse(files.database, log: damaged).map(\.name) == ["bash"])
        // All of a database may be in its log.
        let all = try #require(WriteAheadLog(files.log)).applied(to: files.database)
        #expect(try RPMDatabase.parse(all).count == 2)
    }

    @Test(arguments: ["referrer", "fallback", "attestation", "cosign", "envelope"])
    func anAttachedListOfDependenciesIsRead(way: String) throws {
        let played = try PlayedRegistry()
        for version in ["1", "2"] {
            let image = try played.image([PlayedRegistry.layer(["same": "x", "v": version])])
            let bom =
                #"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "library", "name": "a", "version": "\#(version).0", "purl": "pkg:npm/a@\#(version).0"}]}"#
            let statement = #"{"predicateType": "https://cyclonedx.org/bom", "predicate": \#(bom)}"#
            let config = try played.blob(Array("{}".utf8), type: "application/vnd.oci.empty.v1+json")
            func attachment(_ text: String, _ type: String, tag: String? = nil) throws -> String {
                let layer = try played.blob(Array(text.utf8), type: type)
                return try played.manifest(#"{"config": \#(config), "layers": [\#(layer)]}"#, tag: tag)
            }
            let plain = "application/vnd.cyclonedx+json"
            let tag = image.replacing(":", with: "-")
            func list(_ digest: String) -> String {
                #"{"manifests": [{"digest": "\#(digest)", "artifactType": "\#(plain)"}]}"#
            }
            var entries = [played.entry(image, platform: "linux/amd64")]
            switch way {
            case "referrer":
                try played.play("referrers/\(image)", .init(200, Array(list(try attachment(bom, plain)).utf8)))
            case "fallback": _ = try played.manifest(list(try attachment(bom, plain)), tag: tag)
            case "cosign": _ = try attachment(bom, plain, tag: "\(tag).sbom")
            case "envelope":
                let payload = Data(statement.utf8).base64EncodedString()
                _ = try attachment(
                    #"{"payload": "\#(payload)"}"#, "application/vnd.dsse.envelope.v1+json", tag: "\(tag).att")
            default:
                let digest = try attachment(statement, "application/vnd.in-toto+json")
                entries.append(
                    #"{"digest": "\#(digest)", "platform": {"os": "unknown", "architecture": "unknown"}, "annotations": {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "\#(image)"}}"#
                )
            }
            _ = try played.index(tag: version, entries)
        }
        let comparison = try played.compare("1", "2")
        #expect(comparison.notes == [])
        let found = comparison.dependencies
        #expect(found.problems == [])
        #expect(
            found.changes.map { "\($0.file) \($0.name) \($0.from ?? "") \($0.to ?? "")" } == [
                "attached/sbom.cdx.json a 1.0 2.0"
            ])
    }

    @Test func aListInAFolderThatIsCalledAfterTheVersionIsTheSameList() throws {
        let played = try PlayedRegistry()
        for version in ["1.0", "2.0"] {
            let app = "srv/app-\(version)"
            _ = try played.image(
                tag: version,
                [
                    PlayedRegistry.layer([
                        "\(app)/requirements.txt": "a==\(version)\n",
                        "usr/lib/python3/site-packages/x/requirements.txt": "c==\(version)\n",
                    ])
                ])
        }
        let found = try played.compare("1.0", "2.0").dependencies
        #expect(found.changes.map { "\($0.name) \($0.from ?? "") \($0.to ?? "")" } == ["a 1.0 2.0"])
        #expect(found.files == ["srv/app-2.0/requirements.txt"])
    }

    @Test func oneAttachmentKeepsNoOtherBackNorMakesAnybodyWait() throws {
        let played = try PlayedRegistry()
        let digest = try played.image(tag: "1", [])
        let sbom = #"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": []}"#
        let layer = try played.blob(Array(sbom.utf8), type: "application/vnd.cyclonedx+json")
        let good = try played.manifest(
            #"{"config": {"digest": "sha256:\#(String(repeating: "0", count: 64))"}, "layers": [\#(layer)]}"#)
        let gone = "sha256:\(String(repeating: "1", count: 64))"
        try played.play(
            "referrers/\(digest)",
            .init(200, Array(#"{"manifests": [{"digest": "\#(gone)"}, {"digest": "\#(good)"}]}"#.utf8)))
        func attachments() throws -> Attachments {
            let registry = try played.registry()
            let contents = try #require(try registry.contents("1"))
            return registry.attachments(of: contents, try registry.image(contents.candidates[0]))
        }
        let found = try attachments()
        #expect(found.lists.keys.sorted() == ["attached/sbom.cdx.json"])
        #expect(found.notes.count == 1 && found.notes[0].contains("is not there"))

        let slow = PlayedRegistry.Answer(503, headers: ["Retry-After": "50"])
        let tag = digest.replacing(":", with: "-")
        try played.play("referrers/\(digest)", slow)
        try played.play("manifests/\(tag).sbom", slow)
        try played.play("manifests/\(tag).att", slow)
        #expect(try attachments().notes.contains { $0.contains("is too slow") })
        #expect(try played.requests().contains { $0.contains("\(tag).sbom") })
        #expect(try played.requests().count { $0.contains("\(tag).att") } == 1, "only the first time")
    }

    @Test func filesOfOnePackageEachAreOneList() {
        func files(_ version: String) -> [String: [UInt8]] {
            let list =
                #"{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": [{"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "\#(version)"}]}"#
            return [
                "var/lib/db/sbom/a-\(version).spdx.json": Array(list.utf8),
                "var/lib/dpkg/status.d/b": Array("Package: b\nVersion: \(version)".utf8),
                "var/lib/dpkg/status.d/c": Array("Package: c\nVersion: 1".utf8),
            ]
        }
        let found = ArtifactLists.compare(files("1"), files("2"))
        #expect(found.problems == [])
        #expect(
            found.changes.map { "\($0.file) \($0.name) \($0.from ?? "") \($0.to ?? "")" } == [
                "var/lib/db/sbom a 1 2", "var/lib/dpkg/status.d b 1 2",
            ])
    }

    @Test func packagesOfRPMAreRead() throws {
        func compare(_ before: [UInt8], _ after: [UInt8]) -> DependencyComparison {
            ArtifactLists.compare(["var/lib/rpm/rpmdb.sqlite": before], ["var/lib/rpm/rpmdb.sqlite": after])
        }
        let before = try RPMPackages.database([("bash", "5.1", "2.el9", nil), ("openssl", "3.0", "1", 1)])
        let after = try RPMPackages.database([("bash", "5.1", "3.el9", nil), ("openssl", "3.0", "1", 1)])
        #expect(before[18] == 2, "it was written with a log beside it, as RPM does")
        let found = compare(before, after)
        #expect(found.problems == [])
        #expect(
            found.changes.map { "\($0.name) \($0.ecosystem) \($0.from ?? "") \($0.to ?? "")" }
                == ["bash rpm 5.1-2.el9 5.1-3.el9"])
        #expect(try RPMDatabase.parse(after).map(\.version) == ["5.1-3.el9", "1:3.0-1"])
        for broken in [[], Array("SQLite format 3".utf8), Array(after.prefix(3000))] {
            #expect(compare(before, broken).problems.count == 1)
        }
    }

    @Test func aListOfTheSystemThatIsDamagedIsAProblem() {
        let before = ["var/lib/dpkg/status": Array("Package: a\nVersion: 1\n".utf8)]
        let after = ["var/lib/dpkg/status": Array("Package: a\n".utf8)]
        #expect(ArtifactLists.compare(before, after).problems.count == 1)
    }
}
