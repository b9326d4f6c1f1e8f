import Foundation

/// Where a package comes from, as far as its list tells.
public struct Origin: Hashable, Sendable {
    public enum Kind: String, Sendable { case registry, module, git, url, path }

    public var kind: Kind
    /// A registry, a module of Go, a repository, an address or a folder; without passwords.
    public var place: String
    /// The commit of a repository.
    public var commit: String?

    public init(_ kind: Kind, _ place: String, commit: String? = nil) {
        self.kind = kind
        self.place = Repository.withoutPassword(place)
        self.commit = commit
    }

    /// The origin in a sentence.
    var words: String { "\(kind.rawValue) \(place)" }
}

extension Origin {
    /// Reads an address as package managers write it: `git+ssh://host/x.git#SHA`, `https://host/x.tgz`, `file:../x`.
    /// - Returns: `nil` where it is none: a version, or nothing.
    init?(address text: String) {
        var rest = Substring(text)
        let isGit = rest.hasPrefix("git+") || rest.hasPrefix("git:") || rest.hasPrefix("git@")
        if rest.hasPrefix("git+") { rest = rest.dropFirst(4) }
        let mark = rest.firstIndex(of: "#")
        let fragment = mark.map { rest[rest.index(after: $0)...] }
        let place = rest[..<(mark ?? rest.endIndex)]
        let commit = fragment.flatMap(Self.commit)
        for word in ["file:", "link:", "portal:", "path:"] where place.hasPrefix(word) {
            self.init(.path, String(place.dropFirst(word.count)))
            return
        }
        for host in ["github:", "gitlab:", "bitbucket:"] where place.hasPrefix(host) {
            self.init(.git, String(place), commit: commit)
            return
        }
        let bare = place.prefix { $0 != "?" }
        if isGit || place.hasPrefix("ssh://") || bare.hasSuffix(".git") {
            // `…@SHA`, as pip and SPDX have it.
            let slash = bare.lastIndex(of: "/") ?? bare.startIndex
            if let at = bare[slash...].lastIndex(of: "@"), bare.contains("://") {
                let revision = String(bare[bare.index(after: at)...])
                self.init(.git, String(bare[..<at]), commit: revision.isEmpty ? commit : revision)
            } else {
                self.init(.git, String(bare), commit: commit)
            }
            return
        }
        guard place.contains("://") else { return nil }
        self.init(.url, String(place))
    }

    /// `#SHA`, or `#commit=SHA` among other things that a fragment says.
    private static func commit(_ fragment: Substring) -> String? {
        let parts = fragment.split(separator: "&")
        if let named = parts.first(where: { $0.hasPrefix("commit=") }) { return String(named.dropFirst(7)) }
        guard let first = parts.first, !first.contains("=") else { return nil }
        return String(first)
    }

    /// The registry in the address of an archive: `https://HOST/PATH` of `https://HOST/PATH/name/-/name-1.0.0.tgz`.
    /// Other addresses are themselves.
    init?(archive text: String, of name: String) {
        guard let origin = Origin(address: text) else { return nil }
        guard origin.kind == .url else {
            self = origin
            return
        }
        for spelling in [name, name.replacing("/", with: "%2f"), name.replacing("/", with: "%2F")] {
            if let range = origin.place.range(of: "/\(spelling)/-/") {
                self.init(.registry, String(origin.place[..<range.lowerBound]))
                return
            }
        }
        self = origin
    }
}

/// What a package's content must add up to.
public struct Checksum: Hashable, Sendable {
    /// `sha256`, and so on; what different rules made is never compared.
    public var algorithm: String
    public var value: String
    /// Of which file, where a version has several.
    public var file: String?

    public init(_ algorithm: String, _ value: String, file: String? = nil) {
        self.algorithm = algorithm.lowercased().replacing("-", with: "")
        // Hexadecimal digits are the same in upper and lower case; Base64 of these lengths is not made of them alone.
        let isHexadecimal = [32, 40, 64, 96, 128].contains(value.utf8.count) && value.allSatisfy(\.isHexDigit)
        self.value = isHexadecimal ? value.lowercased() : value
        self.file = file
    }

    /// `sha256:…`, `sha512-…` or `sha256=…`, with the algorithm in front.
    init?(_ text: some StringProtocol, file: String? = nil) {
        guard let mark = text.firstIndex(where: { ":-=".contains($0) }), mark > text.startIndex else { return nil }
        let value = text[text.index(after: mark)...]
        guard !value.isEmpty else { return nil }
        self.init(String(text[..<mark]), String(value), file: file)
    }

    /// Whether what two lists say of one version cannot be of the same content.
    ///
    /// Files that were published later, or are no longer listed, do not change the others.
    static func differ(_ left: Set<Checksum>, _ right: Set<Checksum>) -> Bool {
        for algorithm in Set(left.map(\.algorithm)).intersection(right.map(\.algorithm)) {
            let (old, new) = (left.filter { $0.algorithm == algorithm }, right.filter { $0.algorithm == algorithm })
            let byFile = Dictionary(grouping: old.filter { $0.file != nil }, by: { $0.file })
            var sharesFiles = false
            for sum in new where sum.file != nil {
                guard let before = byFile[sum.file] else { continue }
                sharesFiles = true
                if !before.contains(where: { $0.value == sum.value }) { return true }
            }
            if sharesFiles { continue }
            let (before, after) = (Set(old.map(\.value)), Set(new.map(\.value)))
            if !before.subtracting(after).isEmpty, !after.subtracting(before).isEmpty { return true }
        }
        return false
    }
}
