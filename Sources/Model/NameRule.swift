/// What applications, environments and releases may be called: names become folders, parts of addresses and globs, words
/// of commands and of sentences.
public enum NameRule {
    /// A folder's name has 255 bytes at the most, and more than the name goes into it.
    public static let longest = 128

    /// Why a name cannot be used, and what to do; `nil` where it can.
    /// - Parameter isRelease: whether it may have a `+`, as in semantic versions with build metadata (semver.org, 10).
    public static func fault(_ name: String, isRelease: Bool = false) -> (reason: String, mend: String)? {
        let signs = isRelease ? "._+-" : "._-"
        let isWord = name.utf8.allSatisfy { isLetterOrDigit($0) || signs.utf8.contains($0) }
        guard isWord, let first = name.utf8.first, isLetterOrDigit(first) else {
            let list = signs.map { "“\($0)”" }
            return (
                "cannot be called “\(shown(name))”",
                "use letters from a to z, digits, \(list.dropLast().joined(separator: ", ")) and \(list.last ?? ""), "
                    + "beginning with a letter or digit"
            )
        }
        guard name.utf8.count <= longest else {
            return (
                "cannot be called “\(shown(name))”: that has \(name.utf8.count) characters",
                "use \(longest) at the most"
            )
        }
        return nil
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// As much of a name as a sentence can carry.
    private static func shown(_ name: String) -> String { name.count > 60 ? "\(name.prefix(60))…" : name }
}
