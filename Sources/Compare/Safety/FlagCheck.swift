import Foundation

/// Finds feature flags that the older release reads, and that the file no longer has from which its service gets them: it
/// would fall back to what its code says.
enum FlagCheck: SafetyCheck {
    static let subject = "feature flags that are read"

    static func findings(_ change: SourceChange) throws(Problem) -> [Finding] {
        guard let flags = change.flags else { return [] }
        // Calls of OpenFeature's evaluation API (specification 1.3.1 and 1.4.1) in whatever language; the name may stand
        // in the line behind. In files of other code a call of the same name may mean something else.
        let files = try grep("[oO]pen_?-?[fF]eature", ["-l"], change).flatMap(Self.lines)
        let known = Set(files.map { path(String(decoding: $0, as: UTF8.self), change) })
        let found = try grep("(value|details)[a-z_]*(<[^()]*>)? *\\(", ["-i", "-A2", "-z"], change)
        var needed: [String: Set<String>] = [:]
        for (file, text) in snippets(found.first ?? [], change) where !VariableCheck.isTest(file) {
            for call in calls(text) where call.isPlain || known.contains(file) {
                if !flags.names.contains(call.flag) { needed[call.flag, default: []].insert(file) }
            }
        }
        return needed.sorted { $0.key < $1.key }.map { name, paths in
            Finding(
                .warning, .flagMissing, "\(change.to) reads flag \(name), which \(flags.file) does not have",
                evidence: paths.sorted())
        }
    }

    /// Whether the name of a call can mean nothing else.
    struct Call: Equatable {
        var flag: String
        var isPlain: Bool
    }

    private static var pattern: Regex<(Substring, Substring, Substring)> {
        /(?i)\b(?:get|fetch|use)?_?(bool(?:ean)?|string|number|int(?:eger)?|float|double|object|struct)_?(?:flag_?)?(?:value|details)(?:_?details|_?async)?\s*(?:<[^<>()]*>)?\s*\(\s*(?:(?!["'`])[a-z_.]+(?:\([^()]*\))?\s*,\s*)?(?:(?:flag_?key|key)\s*[:=]\s*)?["'`]([^"'`\s]+)["'`]/
    }

    /// The flags that a piece of code reads.
    static func calls(_ text: String) -> [Call] {
        text.matches(of: pattern.wordBoundaryKind(.simple)).map { match in
            Call(flag: String(match.output.2), isPlain: match.output.1.lowercased().hasPrefix("bool"))
        }
    }

    private static func grep(_ pattern: String, _ options: [String], _ change: SourceChange) throws(Problem)
        -> [[UInt8]]
    {
        let words =
            ["grep", "-I", "--no-color", "--full-name", "-E"] + options + ["-e", pattern, change.pair.to, "--"]
        do {
            return [
                try Subprocess.run(
                    change.repository.command(words), folder: "/", deadline: .seconds(60), limit: 64 << 20)
            ]
        } catch .failed(_, let complaint) where complaint.isEmpty {
            // Nothing was found.
            return []
        } catch { throw change.repository.problem(error) }
    }

    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] { bytes.split(separator: 10).map(Array.init) }

    /// `REVISION:PATH` without the revision.
    private static func path(_ text: String, _ change: SourceChange) -> String {
        text.hasPrefix("\(change.pair.to):") ? String(text.dropFirst(change.pair.to.count + 1)) : text
    }

    /// Neighbouring lines of one file, put together.
    private static func snippets(_ bytes: [UInt8], _ change: SourceChange) -> [(file: String, text: String)] {
        var result: [(file: String, text: String)] = []
        var isBroken = true
        for line in lines(bytes) {
            guard let end = line.firstIndex(of: 0) else {
                isBroken = true
                continue
            }
            let file = path(String(decoding: line[..<end], as: UTF8.self), change)
            let text = String(decoding: line[(end + 1)...].prefix(4000), as: UTF8.self)
            if !isBroken, let last = result.last, last.file == file {
                result[result.count - 1].text += "\n" + text
            } else {
                result.append((file, text))
            }
            isBroken = false
        }
        return result
    }
}
