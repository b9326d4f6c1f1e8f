import Foundation

/// The head of an answer, as libcurl hands its lines over one after the other.
struct HeaderLines {
    /// By their names in small letters, of the last answer where there were redirects.
    private(set) var values: [String: String] = [:]

    mutating func take(_ line: String) {
        if line.hasPrefix("HTTP/") { values = [:] }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
        let name = line[..<colon].lowercased()
        // RFC 9110, section 5.3: several lines of one name are one list.
        values[name] = values[name].map { "\($0), \(value)" } ?? value
    }
}
