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

    /// Those that begin with a byte.
    static let beginningsByByte: [[Beginning]] = {
        var result = [[Beginning]](repeating: [], count: 256)
        for beginning in beginnings { result[Int(beginning.text[0])].append(beginning) }
        return result
    }()

    /// How much a name says of the value beside it.
    enum Weight {
        /// A value after it is a secret, unless it is plainly a word of the language.
        case always
        /// A value after it is a secret where it is also long and mixed.
        case mixed
        /// All of the rest of the line is.
        case restOfLine
    }

    private struct Word {
        let reversed: [UInt8]
        let weight: Weight
        /// Whether it must be a word by itself: `pass` is, but not in `bypass`.
        let isWhole: Bool
    }

    /// By their last letter, so that most names are passed by one look.
    private static let words: [[Word]] = {
        var result = [[Word]](repeating: [], count: 256)
        func add(_ words: String, _ weight: Weight, isWhole: Bool = false) {
            for word in words.split(separator: " ") {
                let reversed = Array(word.utf8.reversed())
                result[Int(reversed[0])].append(Word(reversed: reversed, weight: weight, isWhole: isWhole))
            }
        }
        add("authorization cookie setcookie", .restOfLine)
        add("password passwd passphrase pwd secret token apikey accesskey accountkey privatekey secretkey", .always)
        add("signingkey encryptionkey masterkey licensekey authkey sharedkey stripekey secretkeybase jwt", .always)
        add("credential credentials", .always)
        add("pass pat sk", .always, isWhole: true)
        add("key auth sig signature session sessionid salt", .mixed, isWhole: true)
        return result
    }()

    /// What the name of a variable, field, header or option says; `nil` where nothing.
    static func weight<Name: BidirectionalCollection<UInt8>>(ofName name: Name) -> Weight? {
        guard let last = name.last else { return nil }
        for word in words[Int(last | 0x20)] where matches(name, word) { return word.weight }
        return nil
    }

    /// Whether a name ends with a word, separators and capitals aside: `X-Api-Key`, `apiKey`, `API_KEY`.
    private static func matches<Name: BidirectionalCollection<UInt8>>(_ name: Name, _ word: Word) -> Bool {
        var index = name.endIndex
        var matched = 0
        var isCapital = false
        while index > name.startIndex {
            let byte = name[name.index(before: index)]
            let isSeparator = byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            if matched == word.reversed.count { return !word.isWhole || isSeparator || isCapital }
            index = name.index(before: index)
            if isSeparator, !word.isWhole { continue }
            guard byte | 0x20 == word.reversed[matched] else { return false }
            isCapital = byte & 0x20 == 0 && index > name.startIndex && name[name.index(before: index)] & 0x20 != 0
            matched += 1
        }
        return matched == word.reversed.count
    }

    /// Words after a name that say something of a secret without being one.
    static let plainWords: Set<String> = [
        "true", "false", "null", "nil", "none", "undefined", "yes", "no", "empty", "missing", "required", "invalid",
        "expired", "incorrect", "wrong", "unset", "set", "not", "is", "was", "has", "must", "too", "string", "bearer",
        "rejected", "refused", "revoked", "changed", "unknown",
    ]
}
