/// The digest of an artifact, as it is written.
public enum ArtifactDigest {
    /// `sha256:` and 64 hexadecimal digits, or `sha512:` and 128, in small letters; `nil` for anything else. Capitals are
    /// taken, too: tools print them.
    ///
    /// The forms are those of the [OCI image specification](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests).
    public static func normalized(_ text: String) -> String? {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let digits = ["sha256": 64, "sha512": 128][parts[0]], parts[1].utf8.count == digits,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return "\(parts[0]):\(parts[1])"
    }
}
