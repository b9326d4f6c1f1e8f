/// `Gemfile.lock`.
enum GemfileLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "Gemfile.lock" || name == "gems.locked" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        var section: Substring = ""
        var direct: Set<Substring> = []
        var found: [(name: Substring, version: Substring, isOwn: Bool)] = []
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let indent = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indent)
            if indent == 0 {
                section = text
            } else if section == "DEPENDENCIES", indent == 2 {
                direct.insert(text.prefix { $0 != " " && $0 != "!" })
            } else if indent == 4, ["GEM", "GIT", "PATH", "PLUGIN SOURCE"].contains(section),
                let open = text.firstIndex(of: "("), text.hasSuffix(")")
            {
                // A platform may stand behind the version: `1.15.0-x86_64-linux`.
                let version = text[text.index(after: open)...].dropLast().prefix { $0 != "-" }
                found.append((text.prefix { $0 != " " }, version, section == "PATH"))
            }
        }
        return found.map { name, version, isOwn in
            Package(
                String(name), String(version), .gem, isOwn ? .own : direct.contains(name) ? .direct : .transitive)
        }
    }
}
