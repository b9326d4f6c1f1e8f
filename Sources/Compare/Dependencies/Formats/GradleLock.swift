/// `gradle.lockfile`: `group:artifact:version=configurations`; behind `empty=` stand configurations without dependencies.
///
/// Source: https://docs.gradle.org/current/userguide/dependency_locking.html
enum GradleLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool {
        name == "gradle.lockfile" || name == "buildscript-gradle.lockfile"
    }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        var result = ListContents()
        var unread: [(Int, Substring)] = []
        for (number, line) in ListText.lines(bytes) where line.first != "#" && !line.hasPrefix("empty=") {
            let parts = line.prefix { $0 != "=" }.split(separator: ":")
            guard parts.count == 3 else {
                unread.append((number, line))
                continue
            }
            result.packages.append(Package("\(parts[0]):\(parts[1])", String(parts[2]), .maven))
        }
        result.leaveOut(lines: unread)
        return result
    }
}
