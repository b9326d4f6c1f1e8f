/// HMAC-SHA-256 (RFC 2104): a digest that nobody can make, or guess the text of, without the key.
public enum KeyedDigest {
    public static func digest(of message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
        let digest = Digest()
        func hash(_ bytes: [UInt8]) -> [UInt8] {
            digest.restart()
            bytes.withUnsafeBytes(digest.take)
            return digest.finish()
        }
        let blockSize = 64
        let short = key.count > blockSize ? hash(key) : key
        let block = short + [UInt8](repeating: 0, count: blockSize - short.count)
        return hash(block.map { $0 ^ 0x5C } + hash(block.map { $0 ^ 0x36 } + message))
    }

    /// Eight hexadecimal digits that change when the text does.
    public static func mark(of text: String, key: [UInt8]) -> String {
        String(Digest.text(digest(of: text.utf8, key: key)).dropFirst("sha256:".count).prefix(8))
    }
}
