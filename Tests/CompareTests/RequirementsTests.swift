import Foundation
import Testing

@testable import Compare

@Suite struct RequirementsTests {
    private func read(_ files: [String: String], _ path: String = "requirements.txt") throws -> ListContents {
        try DependencyList.contents(
            of: Array((files[path] ?? "").utf8), path: path,
            beside: Neighbours(content: { files[$0].map { Array($0.utf8) } }))
    }

    private func words(_ contents: ListContents) -> [String] {
        contents.packages.map {
            "\($0.name) \($0.version) \($0.origin?.commit ?? "")".trimmingCharacters(in: .whitespaces)
        }
    }

    @Test func noLineIsLostToLineEndsByteOrderMarksOrUTF16() throws {
        let text = "a==1.0\r\nb==2.0 \\\r\n    --hash=sha256:x\r\n# c\r\nd==3.0\r\n"
        let plain = Array(text.utf8)
        let little: [UInt8] = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big: [UInt8] = [0xFE, 0xFF] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        let wide: [UInt8] = [0xFF, 0xFE, 0, 0] + text.unicodeScalars.flatMap { [UInt8($0.value & 0xFF), 0, 0, 0] }
        for bytes in [
            plain, [0xEF, 0xBB, 0xBF] + plain, little, big, wide, Array(text.replacing("\r\n", with: "\r").utf8),
        ] {
            let found = try DependencyList.packages(in: bytes, path: "requirements.txt")
            #expect(found.map { "\($0.name) \($0.version)" } == ["a 1.0", "b 2.0", "d 3.0"])
            #expect(found[1].checksums == [Checksum("sha256", "x")])
        }
    }

    @Test(arguments: [
        ("git+https://h/x.git@abc#egg=x", "x  abc"), ("-e git+https://h/x.git@abc#egg=x[y]&subdirectory=s", "x  abc"),
        ("--editable=git+ssh://git@h/o/x@v1.0", "x  v1.0"),
        ("x @ git+https://h/x@abc ; python_version > '3'", "x  abc"),
        ("https://h/x-1.0.tar.gz#sha256=aa", "x 1.0"), ("./w/x_y-2.0-py3-none-any.whl", "x_y 2.0"), ("-e .", "."),
        ("x[a,b] == 1.0", "x 1.0"), ("x (==1.0)", "x 1.0"), ("hg+https://h/x@abc#egg=x", "x  abc"),
        ("x===1.0", "x 1.0"), ("x~=1.0", "x ~=1.0"), ("file:///srv/x-1.0.zip", "x 1.0"),
    ])
    func everyFormOfARequirementIsRead(line: String, expected: String) throws {
        let found = try read(["requirements.txt": line + "\n"])
        #expect(words(found) == [expected])
        #expect(found.remarks.isEmpty)
    }

    @Test func listsThatAreNamedAreReadWithTheirConstraints() throws {
        let found = try read(
            [
                "requirements/prod.txt": "-r base.txt\n-c ../limits.txt\nb\n--requirement=prod.txt\n",
                "requirements/base.txt": "-r more/extra.txt\na==1.0\n", "requirements/more/extra.txt": "d==4.0\n",
                "limits.txt": "b==2.0\nz==9.0\n",
            ], "requirements/prod.txt")
        #expect(words(found) == ["a 1.0", "b 2.0", "d 4.0", "z 9.0"])
        #expect(found.remarks.isEmpty)
    }

    @Test func whatCannotBeReadIsSaidWithItsLine() throws {
        let found = try read([
            "requirements.txt":
                "a==1.0\n-r gone.txt\n-r https://h/r.txt\n--no-such-option x\n%%%\n-r ../../out.txt\n--pre\n\n"
        ])
        #expect(
            found.remarks.sorted().map(\.text) == [
                "requirements.txt line 2: gone.txt is not there",
                "requirements.txt line 3: requirements at https://h/r.txt are not read",
                "requirements.txt line 4: “--no-such-option x” is no option that lastgood knows",
                "requirements.txt line 5: “%%%” names no package",
                "requirements.txt line 6: ../../out.txt leads outside",
            ])
        var comparison = DependencyComparison()
        comparison.add("requirements.txt") { () throws(Problem) in (ListContents(), found) }
        #expect(comparison.findings.map(\.level) == Array(repeating: .warning, count: 5))
    }

    @Test func bytesThatAreNoTextAreSaid() throws {
        for bytes in [Array("a==1.0\n".utf8) + [0xE9, 0x0A], [0xFF, 0xFE, 0x61, 0x00, 0x62]] as [[UInt8]] {
            let found = try DependencyList.contents(of: bytes, path: "requirements.txt", beside: Neighbours())
            #expect(found.remarks.map(\.text).contains("some of its bytes are no text: it should be UTF-8"))
        }
    }

    @Test func aChecksumMayStandBehindABlank() throws {
        let found = try read(["requirements.txt": "a==1.0 --hash sha256:x --hash=sha256:y\n"])
        #expect(found.packages.map(\.checksums) == [[Checksum("sha256", "x"), Checksum("sha256", "y")]])
    }

    @Test(arguments: [
        ("deps/prod.in", "a==1.0\n", "a 1.0"), ("deps/PROD.TXT", "a==1.0\n", "a 1.0"),
        ("what-it-needs", #"{"bomFormat":"CycloneDX","components":[{"name":"a","version":"1.0"}]}"#, "a 1.0"),
        (
            "build.xml",
            "<bom><components><component><name>a</name><version>1.0</version></component></components></bom>", "a 1.0"
        ),
        ("notices", "SPDXVersion: SPDX-2.3\nPackageName: a\nPackageVersion: 1.0\n", "a 1.0"),
        (
            "parent.xml",
            "<project><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>1.0</version></dependency></dependencies></project>",
            "g:a 1.0"
        ),
    ])
    func aListThatIsNamedIsReadWhateverItIsCalled(path: String, text: String, expected: String) throws {
        #expect(words(try read([path: text], path)) == [expected])
        #expect(!DependencyList.isKnown(path))
    }

    @Test func aFileThatIsNoListIsRefusedByName() {
        #expect {
            try read(["notes.md": "a==1.0\n"], "notes.md")
        } throws: { ($0 as? Problem)?.reason.hasPrefix("notes.md is no lockfile") == true }
    }

    @Test(arguments: [
        "requirements/prod.txt", "dev-requirements.txt", "requirements.txt", "requirements-dev.txt",
        "app/constraints.txt", "Requirements/Base.txt",
    ])
    func listsAreFoundUnderTheNamesThatPeopleGive(path: String) {
        #expect(DependencyList.isKnown(path))
        #expect(!DependencyList.isKnown("docs/notes.txt"))
    }
}
