import Calendars
import Foundation

/// The zones of the machine's zone database.
public enum ZoneDatabase {
    private static let folder = "/usr/share/zoneinfo"

    /// The zone of whoever runs this process: that of `TZ`, else the machine's.
    ///
    /// Source: tzset(3); what it does not know is UTC there, too.
    public static func ofUser(_ variables: [String: String] = ProcessInfo.processInfo.environment) -> Zone {
        let machine = "/etc/localtime"
        if let name = variables["TZ"] {
            let name = name.hasPrefix(":") ? String(name.dropFirst()) : name
            if name != machine { return zone(name) ?? .utc }
        }
        // Where it is no link, or no link to a named zone, the file itself says what the time is.
        let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: machine)) ?? ""
        if let name = link.components(separatedBy: "zoneinfo/").dropFirst().last, let zone = zone(name) { return zone }
        return FileManager.default.contents(atPath: machine).flatMap { Zone(name: "local time", file: Array($0)) }
            ?? .utc
    }

    /// The zone of a name such as `Europe/Madrid`; `nil` where there is none.
    public static func zone(_ name: String) -> Zone? {
        if name == "UTC" { return .utc }
        // A name leads nowhere else.
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { $0 != 0 } && part.first != "."
        }
        guard isName, let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { return nil }
        return Zone(name: name, file: Array(data))
    }
}
