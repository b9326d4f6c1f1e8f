import Archive
import Testing

@Suite struct KeyedDigestTests {
    /// Test cases 2 and 6 of RFC 4231: a short key, and one longer than a block.
    @Test func digestsAreThoseOfTheStandard() {
        let short = KeyedDigest.digest(of: "what do ya want for nothing?".utf8, key: Array("Jefe".utf8))
        #expect(
            Digest.text(short) == "sha256:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = KeyedDigest.digest(
            of: "Test Using Larger Than Block-Size Key - Hash Key First".utf8, key: [UInt8](repeating: 0xAA, count: 131)
        )
        #expect(Digest.text(long) == "sha256:60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }
}
