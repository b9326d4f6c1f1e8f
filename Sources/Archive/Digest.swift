import CCrypto
import Foundation

/// SHA-256, taken in piece by piece.
public final class Digest {
    private let context = EVP_MD_CTX_new()

    public init() { restart() }

    deinit { EVP_MD_CTX_free(context) }

    public func restart() { EVP_DigestInit_ex(context, EVP_sha256(), nil) }

    public func take(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

    /// The 32 bytes; nothing more may be taken in before ``restart()``.
    public func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        EVP_DigestFinal_ex(context, &digest, &length)
        return digest
    }

    /// `sha256:` and 64 hexadecimal digits.
    public static func text(_ digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return "sha256:"
            + String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// The SHA-256 of a file as `sha256:` and 64 hexadecimal digits, read piece by piece.
/// - Parameter step: is told before each piece is read, and throws where reading is to end.
public func sha256(ofFile path: String, step: () throws -> Void = {}) throws -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw ArchiveError("cannot read \(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    return try sha256(of: file, path: path, step: step)
}

/// - Parameter path: for what is said.
func sha256(of file: Int32, path: String, step: () throws -> Void = {}) throws -> String {
    let digest = Digest()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    while true {
        try step()
        let count = read(file, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw ArchiveError("cannot read \(path): \(String(cString: strerror(errno)))") }
        if count == 0 { return Digest.text(digest.finish()) }
        digest.take(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
    }
}
