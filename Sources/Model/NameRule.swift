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

    /// Why a glob never matches any environment, and what to do; `nil` where one may be called so.
    public static func fault(inGlob glob: String) -> (reason: String, mend: String)? {
        let mend =
            "write application/environment, in which `*` stands for any run of letters and `?` for one: checkout/*, */prod-*"
        guard !glob.isEmpty else { return ("is empty", mend) }
        if let sign = glob.unicodeScalars.first(where: { !isOfGlob($0) }) {
            return (
                "has “\(shown(String(sign)))”, which stands for itself in a glob and is in no environment's name", mend
            )
        }
        // No star reaches over the slash between an application and its environment.
        if glob != "*", glob.filter({ $0 == "/" }).count != 1 {
            return (glob.contains("/") ? "has more than one “/”" : "names no environment of an application", mend)
        }
        guard glob.first != "/", glob.last != "/" else { return ("says nothing beside its “/”", mend) }
        return nil
    }

    private static func isOfGlob(_ sign: Unicode.Scalar) -> Bool {
        guard let byte = UInt8(exactly: sign.value) else { return false }
        return isLetterOrDigit(byte) || "._-*?/".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// As much of a name as a sentence can carry.
    private static func shown(_ name: String) -> String { name.count > 60 ? "\(name.prefix(60))…" : name }
}
