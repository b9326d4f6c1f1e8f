import Foundation

/// Finds environment variables that the older release reads, and that neither the live one reads nor the environment
/// sets.
enum VariableCheck: SafetyCheck {
    static let subject = "environment variables"

    static func findings(_ change: SourceChange) throws(Problem) -> [Finding] {
        let patch = try change.repository.git(
            [
                "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-filter=AMR",
                "-G", "environ|getenv|Getenv|LookupEnv|process\\.env|ENV\\[|ENV\\.fetch|env::var|get_env|fetch_env",
                change.pair.from, change.pair.to, "--",
            ], limit: 64 << 20)
        var needed: [String: Set<String>] = [:]
        var known = change.variables.union([
            "PATH", "HOME", "PORT", "INSTANCE", "RELEASE", "APPLICATION", "ENVIRONMENT",
        ])
        var path = ""
        for line in patch.split(separator: 10) {
            if line.starts(with: Array("+++ ".utf8)) {
                path = String(decoding: line.dropFirst(6), as: UTF8.self)
            } else if line.first == UInt8(ascii: "+") {
                for name in names(String(decoding: line.prefix(4000), as: UTF8.self)) {
                    needed[name, default: []].insert(path)
                }
            } else if line.first == UInt8(ascii: "-") {
                known.formUnion(names(String(decoding: line.prefix(4000), as: UTF8.self)))
            }
        }
        return needed.filter { !known.contains($0.key) && !$0.value.allSatisfy(isTest) }.sorted { $0.key < $1.key }.map
        { name, paths in
            Finding(
                .warning, .variable, "\(change.to) reads \(name), which the live environment does not set",
                evidence: paths.sorted())
        }
    }

    static func isTest(_ path: String) -> Bool {
        path.lowercased().split(separator: "/").contains {
            $0.hasPrefix("test") || $0 == "spec" || $0.contains("_test.") || $0.contains(".test.")
        }
    }

    private static var patterns: [Regex<(Substring, Substring)>] {
        [
            /process\.env\.([A-Z_][A-Z0-9_]*)/, /process\.env\[["']([A-Z_][A-Z0-9_]*)["']\]/,
            /environ(?:\.get\(|\[)\s*["']([A-Z_][A-Z0-9_]*)["']/, /[gG]etenv\(\s*["']([A-Z_][A-Z0-9_]*)["']/,
            /LookupEnv\(\s*"([A-Z_][A-Z0-9_]*)"/, /ENV(?:\.fetch\(|\[)\s*["']([A-Z_][A-Z0-9_]*)["']/,
            /env::var(?:_os)?\(\s*"([A-Z_][A-Z0-9_]*)"/, /(?:get_env|fetch_env!?)\(\s*"([A-Z_][A-Z0-9_]*)"/,
            /environment\["([A-Z_][A-Z0-9_]*)"\]/,
        ]
    }

    /// The variables that a line of code reads.
    static func names(_ line: String) -> Set<String> {
        guard line.contains("env") || line.contains("ENV") || line.contains("Env") else { return [] }
        return patterns.reduce(into: []) { result, pattern in
            for match in line.matches(of: pattern) { result.insert(String(match.output.1)) }
        }
    }
}
