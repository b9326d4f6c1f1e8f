import Foundation
import TestSupport
import Testing

@testable import Archive

@Suite struct GzipTests {
    /// What becomes of a good archive, in Python; `d` are its bytes.
    @Test(arguments: [
        ("d[-8] ^= 1", "incorrect data check"), ("d[-1] ^= 1", "incorrect length check"),
        ("d = d[:-4]", "in the middle"),
        ("d = d[:len(d) // 2]", "in the middle"),
        // A bit of what is stored as it is: the content is read without a complaint, but for the checksum.
        ("d[d.index(b'content')] ^= 1", "incorrect data check"),
    ])
    func damagedGzipDataIsAnErrorForWhoeverReadsAllOfIt(damage: String, complaint: String) throws {
        let bench = try Workbench()
        try bench.shell(
            """
            mkdir in; printf content > in/f; tar cf a.tar -C in f
            python3 - <<'P'
            import gzip
            d = bytearray(gzip.compress(open("a.tar", "rb").read(), 0)); \(damage); open("a.tgz", "wb").write(d)
            P
            """)
        let path = "\(bench.path)/a.tgz"
        for work in [{ _ = try Archive.list(path) }, { _ = try Archive.unpack(path, to: "\(bench.path)/out") }] {
            #expect { try work() } throws: { "\($0)".contains(complaint) && "\($0)".contains("a.tgz") }
        }
    }

    @Test(arguments: ["d[-8] ^= 1", "d = d[:-9]", "d = d[:len(d) // 2]"])
    func whatIsDamagedFarBehindIsSeenByWhoeverLooksToTheEnd(damage: String) throws {
        let bench = try Workbench()
        try bench.shell(
            """
            mkdir in; head -c 2000000 /dev/urandom > in/a; echo b > in/b; tar czf a.tgz -C in a b
            python3 - <<'P'
            d = bytearray(open("a.tgz", "rb").read()); \(damage); open("b.tgz", "wb").write(d)
            P
            """)
        #expect(Archive.fault(at: "\(bench.path)/a.tgz", isWhole: true) == nil)
        #expect(Archive.fault(at: "\(bench.path)/b.tgz") == nil)
        #expect(Archive.fault(at: "\(bench.path)/b.tgz", isWhole: true)?.contains("gzip data") == true)
        #expect(Archive.fault(at: "\(bench.path)/in", isWhole: true) == nil)
    }

    @Test func gzipDataOfSeveralMembersAndWithPaddingIsWhole() throws {
        let bench = try Workbench()
        try bench.shell(
            """
            mkdir in; printf content > in/f; head -c 300000 /dev/zero > in/g; tar cf a.tar -C in f g
            (head -c 100000 a.tar | gzip; tail -c +100001 a.tar | gzip; head -c 4096 /dev/zero) > a.tgz
            """)
        #expect(try Archive.list("\(bench.path)/a.tgz").entries.map(\.size) == [7, 300_000])
        #expect(try Archive.content(of: "f", in: "\(bench.path)/a.tgz", limit: 100) == Array("content".utf8))
        #expect(try Archive.unpack("\(bench.path)/a.tgz", to: "\(bench.path)/out").manifest.entries.count == 2)
    }
}
