import Calendars
import Foundation

/// The zones of the machine's zone database.
public enum ZoneDatabase {
    private static let folder = "/usr/share/zoneinfo"

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
