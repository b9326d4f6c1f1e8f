import CCrypto
import Foundation

/// A digest, taken in piece by piece.
public final class Digest {
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha256, sha512

        /// The one that a digest's text begins with.
        public init?(of digest: String) { self.init(rawValue: String(digest.prefix { $0 != ":" })) }

        fileprivate var length: Int { self == .sha256 ? 32 : 64 }
    }

    private let algorithm: Algorithm
    private let context = EVP_MD_CTX_new()

    public init(_ algorithm: Algorithm = .sha256) {
        self.algorithm = algorithm
        restart()
    }

    deinit { EVP_MD_CTX_free(context) }

    public func restart() { EVP_DigestInit_ex(context, algorithm == .sha256 ? EVP_sha256() : EVP_sha512(), nil) }

    public func take(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

    /// Its 32 or 64 bytes; nothing more may be taken in before ``restart()``.
    public func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: algorithm.length)
        var length = UInt32(digest.count)
        EVP_DigestFinal_ex(context, &digest, &length)
        return digest
    }

    /// The algorithm, a colon and hexadecimal digits; `digest` is a whole one.
    public static func text(_ digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return (digest.count == Algorithm.sha512.length ? "sha512:" : "sha256:")
            + String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of bytes, as ``text(_:)`` writes it.
    public static func text(of bytes: [UInt8], _ algorithm: Algorithm = .sha256) -> String {
        let digest = Digest(algorithm)
        bytes.withUnsafeBytes { digest.take($0) }
        return text(digest.finish())
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
