import Foundation

/// What a front was told last. It is written down before it is told and after, so that whoever goes on after a crash
/// knows what is nobody else's doing.
struct FrontMemory: Equatable, Sendable {
    /// The ports that requests were to go to.
    var told: Set<Int>
    /// Those that it was about to be told; `nil` where that is done.
    var telling: Set<Int>?
    /// The digests of the configurations that were written last.
    var written: [String]

    init(told: Set<Int>, telling: Set<Int>? = nil, written: [String] = []) {
        (self.told, self.telling, self.written) = (told, telling, written)
    }

    /// Whether it is known what the front was told of a port.
    func isCertain(_ port: Int) -> Bool { telling.map { $0.contains(port) == told.contains(port) } ?? true }

    // MARK: written down

    private static func path(_ folder: String) -> String { "\(folder)/told" }

    /// `nil` where there is none, or none that can be read: everything is told anew then.
    init?(in folder: String) {
        guard let text = try? String(contentsOfFile: Self.path(folder), encoding: .utf8) else { return nil }
        var lines: [Substring: [Substring]] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if let name = words.first { lines[name] = Array(words.dropFirst()) }
        }
        func ports(_ name: Substring) -> Set<Int>? { lines[name].map { Set($0.compactMap { Int($0) }) } }
        guard let told = ports("told") else { return nil }
        self.init(told: told, telling: ports("telling"), written: (lines["written"] ?? []).map(String.init))
    }

    func write(in folder: String) throws(TargetError) {
        func line(_ name: String, _ words: [String]) -> String { ([name] + words).joined(separator: " ") + "\n" }
        let ports = telling.map { line("telling", $0.sorted().map(String.init)) } ?? ""
        try FrontProcess.write(
            line("told", told.sorted().map(String.init)) + ports + line("written", written), to: Self.path(folder))
    }
}
