import Testing

@testable import Compare

@Suite struct SBOMTests {
    private func contents(_ text: String, _ path: String = "bom.json") throws -> ListContents {
        try DependencyList.contents(of: Array(text.utf8), path: path, beside: Neighbours())
    }

    private func cyclone(_ components: String, _ more: String = "") -> String {
        "{\"bomFormat\":\"CycloneDX\"\(more),\"components\":[\(components)]}"
    }

    private func changes(_ from: String, _ to: String) throws -> [String] {
        DependencyChange.between(
            try contents(cyclone(from)).packages, try contents(cyclone(to)).packages, file: "bom.json"
        ).map { "\($0.name) \($0.from ?? "-") \($0.to ?? "-")" }
    }

    @Test(arguments: [
        (#"{"name":"a","purl":"pkg:npm/a@1.2.3"}"#, "a 1.2.3"), (#"{"name":"a","version":3}"#, "a 3"),
        (#"{"name":"a","version":1.5,"purl":"pkg:npm/a@1.50"}"#, "a 1.50"), (#"{"name":"a"}"#, "a "),
        (#"{"name":"core","purl":"pkg:maven/org.x/core@1"}"#, "org.x:core 1"),
        (#"{"name":"b","version":"1","purl":"pkg:npm/%40s/b@1"}"#, "@s/b 1"),
        (#"{"name":"b","version":"1","purl":"pkg:npm/@s/b@1"}"#, "@s/b 1"),
        (#"{"name":"n","version":"1","purl":"pkg:golang/github.com/o/n@1#sub"}"#, "github.com/o/n 1"),
        (#"{"name":"x","version":"1%2B2","purl":"pkg:deb/debian/x@1%2B2?arch=amd64"}"#, "x 1%2B2"),
        (#"{"name":"x","purl":"pkg:rpm/fedora/x@7.5-1?epoch=2&arch=x86_64"}"#, "x 2:7.5-1"),
        (#"{"name":"x","version":"1:7.5-1","purl":"pkg:rpm/fedora/x@7.5-1?epoch=1"}"#, "x 1:7.5-1"),
    ])
    func noComponentIsDroppedForWhatItLeavesOut(component: String, expected: String) throws {
        #expect(try contents(cyclone(component)).packages.map { "\($0.name) \($0.version)" } == [expected])
    }

    @Test(arguments: ["apk/alpine", "rpm/fedora", "deb/debian", "docker/library", "generic", "github/o", "conan"])
    func packagesOfOtherKindsDoNotSwallowEachOther(kind: String) throws {
        let npm = #"{"name":"zlib","version":"1","purl":"pkg:npm/zlib@1"}"#
        func other(_ version: String) -> String {
            "{\"name\":\"zlib\",\"version\":\"\(version)\",\"purl\":\"pkg:\(kind)/zlib@\(version)\"}"
        }
        let found = try changes("\(npm),\(other("2"))", "\(npm),\(other("3"))")
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("zlib 2 3") == true)
        let distributions = [
            "pkg:deb/debian/zlib@1", "pkg:rpm/fedora/zlib@1", "pkg:apk/alpine/zlib@1", "pkg:generic/zlib@1",
        ]
        let all = distributions.map { "{\"name\":\"zlib\",\"version\":\"1\",\"purl\":\"\($0)\"}" }
        #expect(try changes(all.joined(separator: ","), all.dropLast().joined(separator: ",")) == ["zlib 1 -"])
    }

    @Test func twoPackagesOfOneNameInTwoNamespacesAreTwo() throws {
        func core(_ group: String, _ version: String) -> String {
            "{\"name\":\"core\",\"version\":\"\(version)\",\"purl\":\"pkg:maven/\(group)/core@\(version)\"}"
        }
        #expect(
            try changes("\(core("a", "1")),\(core("b", "2"))", "\(core("a", "2")),\(core("b", "3"))") == [
                "a:core 1 2", "b:core 2 3",
            ])
    }

    @Test(arguments: [
        (#"{"name":"a","version":"1"}"#, #"{"name":"a","version":"1","purl":"pkg:npm/a@1"}"#),
        (#"{"group":"o","name":"a","version":"1"}"#, #"{"name":"a","version":"1","purl":"pkg:maven/o/a@1"}"#),
        (#"{"name":"o:a","version":"1"}"#, #"{"name":"a","version":"1","purl":"pkg:maven/o/a@1"}"#),
        (#"{"name":"@s/a","version":"1"}"#, #"{"name":"a","version":"1","purl":"pkg:npm/%40s/a@1"}"#),
    ])
    func aNameAloneMeansThePackageOfThatNameInTheOtherList(bare: String, whole: String) throws {
        #expect(try changes(bare, whole).isEmpty)
        #expect(try changes(whole, bare).isEmpty)
    }

    @Test func aNameThatCouldMeanTwoMeansNeither() throws {
        let two = #"{"name":"a","version":"1","purl":"pkg:npm/a@1"},{"name":"a","version":"1","purl":"pkg:pypi/a@1"}"#
        #expect(try changes(#"{"name":"a","version":"1"}"#, two).count == 3)
    }

    @Test func theApplicationItselfIsListedAsItsOwn() throws {
        let found = try contents(
            cyclone(
                #"{"bom-ref":"x","name":"a","version":"1"}"#,
                #","metadata":{"component":{"bom-ref":"me","name":"me","version":"7","components":[{"name":"in","version":"2"}]}}"#
            ))
        #expect(
            found.packages.map { "\($0.name) \($0.version) \($0.relation?.rawValue ?? "")" } == [
                "a 1 ", "in 2 ", "me 7 own",
            ])
    }

    @Test func whatIsLeftOutIsSaid() throws {
        let found = try contents(cyclone(#"{"type":"file","name":"f"},{"version":"1"},{"name":"a","version":"1"}"#))
        #expect(found.remarks.map(\.text) == ["1 components have no name", "1 components that are files are left out"])
        #expect(found.remarks.map(\.isGap) == [true, false])
    }

    @Test func aPackageURLThatIsNoneAndServicesAreSaid() throws {
        let found = try contents(
            cyclone(#"{"name":"a","version":"1","purl":"npm/a@1"}"#, #","services":[{"name":"s"}]"#))
        #expect(found.packages.map(\.name) == ["a"])
        #expect(
            found.remarks.map(\.text) == [
                "1 components have a purl that is none: their names are used", "1 services are left out",
            ])
    }

    @Test func modelsAndDataOfSPDX3ArePackagesToo() throws {
        let text =
            #"{"@graph":[{"type":"ai_AIPackage","spdxId":"a","name":"m","software_packageVersion":"1"},{"type":"dataset_DatasetPackage","spdxId":"d","name":"d","software_packageVersion":"2"}]}"#
        #expect(try contents(text).packages.map { "\($0.name) \($0.version)" } == ["d 2", "m 1"])
    }

    @Test func cycloneDXIsTheSameInXMLAsInJSON() throws {
        let json = try contents(
            #"{"bomFormat":"CycloneDX","metadata":{"component":{"bom-ref":"me","name":"me","version":"1"}},"components":[{"bom-ref":"x","group":"g","name":"a","version":"1","purl":"pkg:maven/g/a@1","hashes":[{"alg":"SHA-1","content":"ab"}],"licenses":[{"license":{"id":"MIT"}}],"pedigree":{"commits":[{"uid":"c0"}]},"externalReferences":[{"type":"distribution","url":"https://h/a.jar"}]}],"dependencies":[{"ref":"me","dependsOn":["x"]}]}"#
        )
        let xml = try contents(
            """
            <?xml version="1.0"?><b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.5"><b:metadata>
            <b:component bom-ref="me" type="application"><b:name>me</b:name><b:version>1</b:version></b:component></b:metadata>
            <b:components><b:component bom-ref="x" type="library"><b:group>g</b:group><b:name>a</b:name>
            <b:version>1</b:version><b:hashes><b:hash alg="SHA-1">ab</b:hash></b:hashes>
            <b:licenses><b:license><b:id>MIT</b:id></b:license></b:licenses><b:purl>pkg:maven/g/a@1</b:purl>
            <b:pedigree><b:commits><b:commit><b:uid>c0</b:uid></b:commit></b:commits></b:pedigree>
            <b:externalReferences><b:reference type="distribution"><b:url>https://h/a.jar</b:url></b:reference>
            </b:externalReferences></b:component></b:components>
            <b:dependencies><b:dependency ref="me"><b:dependency ref="x"/></b:dependency></b:dependencies></b:bom>
            """, "bom.xml")
        #expect(json.packages == xml.packages)
        #expect(json.packages.count == 2)
        #expect(throws: Problem.self) { try contents("<project/>", "bom.xml") }
    }

    @Test func theGraphOfSPDX3IsReadWithSumsAndLicences() throws {
        func document(_ licence: String, _ sum: String) -> String {
            """
            {"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
            {"type":"software_Package","spdxId":"a","name":"core","software_packageVersion":"1.0",
             "externalIdentifier":[{"type":"ExternalIdentifier","externalIdentifierType":"packageUrl","identifier":"pkg:maven/o/core@1.0"}],
             "verifiedUsing":[{"type":"Hash","algorithm":"sha256","hashValue":"\(sum)"}]},
            {"type":"simplelicensing_LicenseExpression","spdxId":"l","simplelicensing_licenseExpression":"\(licence)"},
            {"type":"software_File","spdxId":"f","name":"f"},
            {"type":"Relationship","spdxId":"r","from":"a","to":["l"],"relationshipType":"hasDeclaredLicense"}]}
            """
        }
        let (from, to) = (
            try contents(document("MIT", "aa"), "a.spdx.json"),
            try contents(document("GPL-2.0-only", "bb"), "a.spdx.json")
        )
        let found = DependencyChange.between(from.packages, to.packages, file: "a.spdx.json")
        #expect(found.map(\.name) == ["o:core"])
        #expect(found.first?.details.map(\.what) == [.checksum, .licence])
        #expect(from.remarks.map(\.text) == ["1 files are left out"])
    }

    @Test func aTextOverSeveralLinesIsNoTagOfSPDX() throws {
        let text = """
            SPDXVersion: SPDX-2.3
            PackageName: a
            PackageVersion: 1.0
            PackageComment: <text>it says
            PackageName: not-a-package
            PackageVersion: 9.9</text>
            PackageName: b
            PackageVersion: 2.0
            """
        for text in [text, text.replacing("\n", with: "\r\n")] {
            #expect(try contents(text, "a.spdx").packages.map { "\($0.name) \($0.version)" } == ["a 1.0", "b 2.0"])
        }
        #expect {
            try contents("<rdf:RDF/>", "a.spdx")
        } throws: { ($0 as? Problem)?.reason.contains("RDF") == true }
    }
}
