import Foundation

/// One requirement: PEP 508, an address, or a file.
///
/// Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/ and
/// https://pip.pypa.io/en/stable/topics/vcs-support/
enum Requirement {
    static func parse(_ line: String) -> Package? {
        var text = Substring(line)
        var sums: Set<Checksum> = []
        // Options of this one requirement stand at its end.
        if let option = text.range(of: " --") ?? text.range(of: "\t--") {
            // `--hash=sha256:…`, or with a blank in between.
            let words = text[option.lowerBound...].split { $0.isWhitespace || $0 == "=" }
            for (option, value) in zip(words, words.dropFirst()) where option == "--hash" {
                if let sum = Checksum(value) { sums.insert(sum) }
            }
            text = text[..<option.lowerBound]
        }
        var package = address(text) ?? named(text) ?? file(text)
        package?.checksums.formUnion(sums)
        return package
    }

    private static func named(_ text: Substring) -> Package? {
        let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        guard let first = name.first, first.isLetter || first.isNumber else { return nil }
        var rest = text[name.endIndex...].drop(while: \.isWhitespace)
        if rest.first == "[" { rest = rest.drop { $0 != "]" }.dropFirst().drop(while: \.isWhitespace) }
        if rest.first == "@" {
            let place = rest.dropFirst().drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
            return place.isEmpty ? nil : located(String(place), named: String(name))
        }
        guard rest.isEmpty || "=<>!~;(".contains(rest.first ?? " ") else { return nil }
        // `x.whl`, `x.tar.gz` are files.
        if rest.isEmpty, isArchive(name) { return nil }
        let specifier = rest.prefix { $0 != ";" }.filter { !$0.isWhitespace && $0 != "(" && $0 != ")" }
        let isPinned = specifier.hasPrefix("==") && !specifier.contains(",") && !specifier.hasSuffix("*")
        return Package(String(name), isPinned ? String(specifier.drop { $0 == "=" }) : specifier, .pypi)
    }

    /// `git+https://host/x.git@SHA#egg=x`, `https://host/x-1.0.tar.gz#sha256=…`
    private static func address(_ text: Substring) -> Package? {
        let word = text.prefix { !$0.isWhitespace && $0 != ";" }
        guard let scheme = word.range(of: "://") ?? word.range(of: "file:"),
            word[..<scheme.lowerBound].allSatisfy({ $0.isLetter || $0 == "+" })
        else { return nil }
        return located(String(word), named: nil)
    }

    private static let archiveEndings = [".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2"]

    private static func isArchive(_ name: Substring) -> Bool {
        archiveEndings.contains { name.lowercased().hasSuffix($0) }
    }

    private static func file(_ text: Substring) -> Package? {
        let path = text.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
        let bare = path.prefix { $0 != "[" }
        guard bare.contains("/") || bare == "." || bare == ".." || isArchive(bare), !path.contains(" ") else {
            return nil
        }
        let (name, version) = Self.parts(String(bare))
        return Package(name ?? String(bare), version, .pypi, origin: Origin(.path, String(bare)))
    }

    private static func located(_ address: String, named given: String?) -> Package {
        let parts = address.split(separator: "#", maxSplits: 1)
        let place = parts.first.map(String.init) ?? address
        var name = given
        var sums: Set<Checksum> = []
        for word in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            if word.hasPrefix("egg=") {
                name = name ?? String(word.dropFirst(4).prefix { $0 != "[" })
            } else if word.hasPrefix("sha") || word.hasPrefix("md5"), let sum = Checksum(word) {
                sums.insert(sum)
            }
        }
        // Other systems than git are written alike: `hg+https://…@REVISION`.
        let systems = ["hg+", "svn+", "bzr+"].filter { place.hasPrefix($0) }
        let origin = Origin(address: systems.isEmpty ? place : "git+\(place.dropFirst(systems[0].count))")
        let isArchive = origin?.kind != .git
        let (guess, version) = Self.parts(origin?.place ?? place)
        return Package(
            name.flatMap { $0.isEmpty ? nil : $0 } ?? guess ?? place, isArchive ? version : "", .pypi,
            origin: origin ?? Origin(.url, place), checksums: sums)
    }

    /// Name and version in the name of an archive: `x-1.0-py3-none-any.whl`, `x-1.0.tar.gz`.
    private static func parts(_ path: String) -> (name: String?, version: String) {
        var name = lastPart(String(path.prefix { $0 != "?" }))
        let ending = (archiveEndings + [".git"]).first { name.hasSuffix($0) }
        guard let ending else { return (name.isEmpty ? nil : String(name), "") }
        name = name.dropLast(ending.count)
        if ending == ".whl" {
            let parts = name.split(separator: "-")
            return parts.count >= 2 ? (String(parts[0]), String(parts[1])) : (String(name), "")
        }
        guard let dash = name.lastIndex(of: "-"), name[name.index(after: dash)...].first?.isNumber == true else {
            return (name.isEmpty ? nil : String(name), "")
        }
        return (String(name[..<dash]), String(name[name.index(after: dash)...]))
    }
}
