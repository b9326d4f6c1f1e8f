/// `Gemfile.lock`.
///
/// Source: `Bundler::LockfileParser` (https://github.com/rubygems/rubygems/blob/master/bundler/lib/bundler/lockfile_parser.rb):
/// sections `GEM`, `GIT`, `PATH` and `PLUGIN SOURCE` with their options (`remote`, `revision`) before `specs:`;
/// `CHECKSUMS` since Bundler 2.5.
enum GemfileLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Gemfile.lock" || name == "gems.locked" }

    private static let sources: Set<Substring> = ["GEM", "GIT", "PATH", "PLUGIN SOURCE"]
    private static let others: Set<Substring> = [
        "PLATFORMS", "DEPENDENCIES", "CHECKSUMS", "RUBY VERSION", "BUNDLED WITH",
    ]

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        var section: Substring = ""
        var options: [Substring: String] = [:]
        var direct: Set<Substring> = []
        var sums: [String: Set<Checksum>] = [:]
        var found: [(name: Substring, version: Substring, section: Substring, origin: Origin?)] = []
        var unread: [(Int, Substring)] = []
        var ruby: Package?
        for (number, line) in ListText.lines(bytes) {
            let indent = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indent)
            if indent == 0 {
                (section, options) = (text, [:])
                if !sources.contains(text), !others.contains(text) { unread.append((number, line)) }
            } else if section == "RUBY VERSION" {
                // `ruby 3.2.2p53`, `jruby 9.4.5.0 (3.1.4)`
                let words = text.split(separator: " ")
                if words.count > 1 { ruby = Package(String(words[0]), String(words[1]), .gem) }
            } else if section == "DEPENDENCIES", indent == 2 {
                direct.insert(text.prefix { $0 != " " && $0 != "!" })
            } else if section == "CHECKSUMS", let (name, version) = split(text) {
                let (bare, platform) = parts(version)
                let words = text[(text.firstIndex(of: ")") ?? text.startIndex)...].dropFirst()
                let list = words.split { $0 == " " || $0 == "," }.compactMap { Checksum($0, file: "gem\(platform)") }
                sums["\(name) \(bare)", default: []].formUnion(list)
            } else if sources.contains(section), indent == 2, let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].drop { $0 == " " }
                // A section may name several registries.
                let known = options[text[..<colon]].map { "\($0) " } ?? ""
                options[text[..<colon]] = known + value
            } else if sources.contains(section), indent == 4 {
                guard let (name, version) = split(text) else {
                    unread.append((number, line))
                    continue
                }
                found.append((name, parts(version).bare, section, origin(section, options)))
            }
        }
        var result = ListContents()
        result.leaveOut(lines: unread)
        result.packages = found.map { name, version, section, origin in
            Package(
                String(name), String(version), .gem,
                section == "PATH" ? .own : direct.contains(name) ? .direct : .transitive, origin: origin,
                checksums: sums["\(name) \(version)"] ?? [])
        }
        if let ruby { result.packages.append(ruby) }
        return result
    }

    private static func origin(_ section: Substring, _ options: [Substring: String]) -> Origin? {
        guard let remote = options["remote"] else { return nil }
        switch section {
        case "GIT": return Origin(.git, remote, commit: options["revision"])
        case "PATH": return Origin(.path, remote)
        default: return Origin(.registry, remote, commit: options["revision"])
        }
    }

    /// `name (version)`.
    private static func split(_ text: Substring) -> (name: Substring, version: Substring)? {
        guard let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") else { return nil }
        return (text.prefix { $0 != " " }, text[text.index(after: open)..<close])
    }

    /// A platform may stand behind the version: `1.15.0-x86_64-linux`.
    private static func parts(_ version: Substring) -> (bare: Substring, platform: Substring) {
        let bare = version.prefix { $0 != "-" }
        return (bare, version[bare.endIndex...])
    }
}
