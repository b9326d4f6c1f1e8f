/// How secrets look: the beginnings that those who issue them gave them so that they can be found, and the names beside
/// which people write the others.
///
/// The beginnings are from the issuers' own documentation; a new one is a line here and a case in the tests.
enum SecretShapes {
    struct Beginning {
        let text: [UInt8]
        /// How many characters of a token follow at least; less is a word of somebody's text.
        let least: Int
        /// Whether `-`, `_` and `.` belong to it, beside letters and digits.
        let isWide: Bool

        init(_ text: String, _ least: Int, isWide: Bool = false) {
            self.text = Array(text.utf8)
            self.least = least
            self.isWide = isWide
        }
    }

    static let beginnings: [Beginning] = [
        // Code and packages.
        Beginning("ghp_", 20), Beginning("gho_", 20), Beginning("ghu_", 20), Beginning("ghs_", 20),
        Beginning("ghr_", 20), Beginning("github_pat_", 20, isWide: true), Beginning("glpat-", 16, isWide: true),
        Beginning("gldt-", 16, isWide: true), Beginning("glrt-", 16, isWide: true), Beginning("npm_", 30),
        Beginning("pypi-", 40, isWide: true), Beginning("rubygems_", 40), Beginning("dckr_pat_", 20, isWide: true),
        // Messages.
        Beginning("xoxb-", 10, isWide: true), Beginning("xoxp-", 10, isWide: true),
        Beginning("xoxa-", 10, isWide: true), Beginning("xoxr-", 10, isWide: true),
        Beginning("xoxs-", 10, isWide: true), Beginning("xapp-", 10, isWide: true), Beginning("SG.", 30, isWide: true),
        // Clouds.
        Beginning("AKIA", 16), Beginning("ASIA", 16), Beginning("AIza", 30, isWide: true),
        Beginning("ya29.", 20, isWide: true), Beginning("GOCSPX-", 20, isWide: true), Beginning("dop_v1_", 40),
        Beginning("hvs.", 20, isWide: true), Beginning("LTAI", 12),
        // Money and the rest.
        Beginning("sk_live_", 10), Beginning("sk_test_", 10), Beginning("rk_live_", 10), Beginning("rk_test_", 10),
        Beginning("whsec_", 20), Beginning("shpat_", 20), Beginning("hf_", 30), Beginning("sk-ant-", 20, isWide: true),
        Beginning("sk-proj-", 20, isWide: true), Beginning("sntrys_", 20, isWide: true),
        Beginning("glsa_", 20, isWide: true), Beginning("NRAK-", 20), Beginning("AGE-SECRET-KEY-", 20),
    ]

    /// How much a name says of the value beside it.
    enum Weight {
        /// A value after it is a secret, unless it is plainly a word of the language.
        case always
        /// A value after it is a secret where it is also long and mixed.
        case mixed
        /// All of the rest of the line is.
        case restOfLine
    }

    private static let always = [
        "password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "accountkey", "privatekey",
        "secretkey", "signingkey", "encryptionkey", "masterkey", "licensekey", "authkey", "sharedkey", "credential",
        "credentials", "secretkeybase", "jwt", "stripekey",
    ].map { Array($0.utf8) }
    private static let alwaysAsWord = ["pass", "pat", "sk"].map { Array($0.utf8) }
    private static let mixed = ["key", "auth", "sig", "signature", "session", "sessionid", "salt"].map {
        Array($0.utf8)
    }
    private static let restOfLine = ["authorization", "cookie", "setcookie"].map { Array($0.utf8) }

    /// What the name of a variable, field, header or option says; `nil` where nothing.
    static func weight(ofName name: some Collection<UInt8>) -> Weight? {
        var letters: [UInt8] = []
        letters.reserveCapacity(name.count)
        var lastWord = 0
        for byte in name {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): letters.append(byte | 0x20)
            case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " "): lastWord = letters.count
            default: letters.append(byte)
            }
        }
        if restOfLine.contains(where: { ends(letters, with: $0) }) { return .restOfLine }
        if always.contains(where: { ends(letters, with: $0) }) { return .always }
        let word = letters[lastWord...]
        if alwaysAsWord.contains(where: { word.elementsEqual($0) }) { return .always }
        return mixed.contains { word.elementsEqual($0) } ? .mixed : nil
    }

    private static func ends(_ letters: [UInt8], with word: [UInt8]) -> Bool {
        letters.count >= word.count && letters.suffix(word.count).elementsEqual(word)
    }

    /// Words after a name that say something of a secret without being one.
    static let words: Set<String> = [
        "true", "false", "null", "nil", "none", "undefined", "yes", "no", "empty", "missing", "required", "invalid",
        "expired", "incorrect", "wrong", "unset", "set", "not", "is", "was", "has", "must", "too", "string", "bearer",
        "rejected", "refused", "revoked", "changed", "unknown",
    ]
}
