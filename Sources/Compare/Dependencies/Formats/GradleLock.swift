/// `gradle.lockfile`: `group:artifact:version=configurations`.
enum GradleLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool {
        name == "gradle.lockfile" || name == "buildscript-gradle.lockfile"
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        listText(bytes).split(whereSeparator: \.isNewline).compactMap { line in
            guard line.first != "#" else { return nil }
            let parts = line.prefix { $0 != "=" }.split(separator: ":")
            guard parts.count == 3 else { return nil }
            return Package("\(parts[0]):\(parts[1])", String(parts[2]), .maven)
        }
    }
}
