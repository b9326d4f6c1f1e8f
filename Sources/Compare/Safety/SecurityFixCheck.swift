import Foundation

/// Finds fixes of named vulnerabilities among the commits that are taken back.
enum SecurityFixCheck: SafetyCheck {
    static let subject = "security fixes that commit messages name"

    static func findings(_ change: SourceChange) throws(Problem) -> [Finding] {
        let answer = try change.repository.git([
            "log", "-z", "--no-show-signature", "--no-color", "--encoding=UTF-8", "-E", "-i",
            "--grep=CVE-[0-9]{4}-[0-9]+", "--grep=GHSA(-[0-9a-z]{4}){3}", "--format=%H%x00%s%x00%b",
            "\(change.pair.to)..\(change.pair.from)", "--",
        ])
        var fields = Fields(answer[...])
        var result: [Finding] = []
        while let revision = fields.text(), let subject = fields.text(), let body = fields.text() {
            var seen: Set<String> = []
            let names = (subject + "\n" + body).matches(of: /(?i)CVE-\d{4}-\d+|GHSA(?:-[0-9a-z]{4}){3}/).map { match in
                String(match.output).hasPrefix("G") ? String(match.output) : match.output.uppercased()
            }.filter { seen.insert($0).inserted }
            result.append(
                Finding(
                    .warning, .securityFix,
                    "the fix for \(names.prefix(4).joined(separator: ", ")) would be lost: “\(subject)”",
                    evidence: [revision]))
        }
        return result
    }
}
