import Archive

/// A list of what a system's package manager has installed. Its parser survives any bytes.
protocol SystemPackageFormat {
    static func matches(_ path: String) -> Bool
    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package]
}

/// What `dpkg` keeps, as [deb822](https://manpages.debian.org/bookworm/dpkg-dev/deb822.5.en.html): paragraphs of fields.
enum DpkgStatus: SystemPackageFormat {
    /// One file a package, where there is no `dpkg` in the image.
    static let folder = "var/lib/dpkg/status.d/"

    static func matches(_ path: String) -> Bool {
        path == "var/lib/dpkg/status" || (path.startsWithBytes(of: folder) && !path.endsWithBytes(of: ".md5sums"))
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        var packages: [Package] = []
        var isOdd = false
        for lines in paragraphs(bytes) {
            var fields: [String: String] = [:]
            // A line that begins with a blank goes on with the field before, and none that is read here does that.
            for line in lines where line.first != " " && line.first != "\t" {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = line[line.index(after: colon)...].trimmed
                fields[line[..<colon].lowercased()] = value
            }
            // What was taken away leaves a paragraph behind.
            if let status = fields["status"], !status.hasSuffix(" installed") { continue }
            guard let name = fields["package"], let version = fields["version"], !name.isEmpty, !version.isEmpty else {
                isOdd = true
                continue
            }
            packages.append(Package(name, version, .deb))
        }
        if isOdd { throw FormatError("a paragraph has no package or no version") }
        return packages
    }
}

/// What `apk` keeps, see its [format](https://wiki.alpinelinux.org/wiki/Apk_spec): a letter, a colon and a value a line.
enum APKInstalled: SystemPackageFormat {
    static func matches(_ path: String) -> Bool {
        path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed"
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        var packages: [Package] = []
        for lines in paragraphs(bytes) {
            func field(_ letter: String) -> String? { lines.first { $0.hasPrefix(letter) }?.dropFirst(2).trimmed }
            guard let name = field("P:"), let version = field("V:"), !name.isEmpty, !version.isEmpty else {
                throw FormatError("a paragraph has no package or no version")
            }
            packages.append(Package(name, version, Ecosystem(packageURLType: "apk")))
        }
        return packages
    }
}

/// Lines between empty lines.
private func paragraphs(_ bytes: [UInt8]) -> [[Substring]] {
    var result: [[Substring]] = [[]]
    for line in String(decoding: bytes, as: UTF8.self).split(
        omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    {
        if !line.trimmed.isEmpty { result[result.count - 1].append(line) } else { result.append([]) }
    }
    return result.filter { !$0.isEmpty }
}

extension Substring {
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        let text = drop(while: isBlank)
        return String(text[..<(text.lastIndex { !isBlank($0) }.map(text.index(after:)) ?? text.startIndex)])
    }
}
