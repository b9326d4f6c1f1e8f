import Compare
import Foundation
import Model
import Terminal

/// A comparison as people read it.
struct ComparisonText {
    let request: CompareRequest
    let comparison: Comparison
    let part: CompareCommand.Part?
    /// How many lines of each part the overview shows.
    private static let shown = 10

    func write() {
        line("\(request.from.application)  \(request.from.version) → \(request.to.version)")
        if wants(.safety) || part == .summary { writeSafety() }
        if part == .summary || part == nil { writeSummary() }
        if wants(.commits) { writeCommits() }
        if wants(.files) { writeFiles() }
        if wants(.dependencies) { writeDependencies() }
        if wants(.artifact) { writeArtifact() }
        if wants(.configuration) { writeConfiguration() }
    }

    private func wants(_ wanted: CompareCommand.Part) -> Bool { part == nil || part == wanted }
    private var limit: Int { part == nil ? Self.shown : .max }
    private func line(_ text: String) { print(visible(text)) }

    private func heading(_ text: String) { print("\n\(text)") }

    private func write(_ problem: Problem) {
        line("  ✗ \(problem.reason)")
        if let mend = problem.mend { line("    \(mend)") }
    }

    private func writeRest(_ count: Int, _ name: CompareCommand.Part) {
        if count > limit { print("  … and \(count - limit) more: --part \(name.rawValue)") }
    }

    private func writeSafety() {
        heading("What going back means")
        for finding in comparison.safety ?? [] {
            line("  \(finding.level.padded) \(finding.summary)")
            if part == .safety { for path in finding.evidence { line("              \(path)") } }
        }
    }

    private func writeSummary() {
        heading("Summary")
        if case .success(let source)? = comparison.source {
            let people = Set(source.commits.map(\.author)).count
            line(
                "  takes back \(counted(source.takenBack, "commit")), brings in \(source.broughtIn), by \(counted(people, "person", plural: "people"))"
            )
            let added = source.files.reduce(0) { $0 + ($1.added ?? 0) }
            let removed = source.files.reduce(0) { $0 + ($1.removed ?? 0) }
            line(
                "  changes \(counted(source.files.count, "file")): \(counted(added, "line")) added, \(removed) removed")
            for note in source.notes { line("  \(note)") }
        }
    }

    private func writeCommits() {
        heading("Commits")
        switch comparison.source {
        case .success(let source)?:
            for commit in source.commits.prefix(limit) {
                let sign = commit.direction == .takenBack ? "−" : "+"
                let date = commit.date.rfc3339.prefix(10)
                line("  \(sign) \(commit.revision.prefix(10))  \(date)  \(commit.author): \(commit.subject)")
            }
            writeRest(source.commits.count, .commits)
        case .failure(let problem)?: write(problem)
        case nil: break
        }
    }

    private func writeFiles() {
        heading("Files")
        guard case .success(let source)? = comparison.source else { return print("  not compared; see Commits") }
        for file in source.files.prefix(limit) {
            let lines = file.added.map { "+\($0) −\(file.removed ?? 0)" }
            let counts = file.isBinary ? "binary" : lines ?? "?"
            let name = file.previousPath.map { "\($0) → \(file.path)" } ?? file.path
            line("  \(file.status.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0)) \(counts)  \(name)")
        }
        writeRest(source.files.count, .files)
    }

    private func writeDependencies() {
        heading("Dependencies")
        guard let found = comparison.dependencies else { return }
        for change in found.changes.prefix(limit) {
            let sign =
                switch change.change {
                case .added: "+"
                case .removed: "−"
                case .upgraded: "▲"
                case .downgraded: "▼"
                case .changed: "~"
                }
            let words =
                ([change.difference?.rawValue, change.relation?.rawValue].compactMap { $0 }
                + change.details.map(\.words)).joined(separator: ", ")
            line("  \(sign) \(change.name)  \(change.from ?? "–") → \(change.to ?? "–")  \(words)  \(change.file)")
        }
        writeRest(found.changes.count, .dependencies)
        for problem in found.problems { write(problem) }
        if found.changes.isEmpty, found.problems.isEmpty {
            print(found.files.isEmpty ? "  no list of dependencies was found that differs" : "  the same in both")
        }
    }

    private func writeArtifact() {
        heading("Artifact")
        switch comparison.artifact {
        case .success(let found)?:
            print("  \(found.count(.added)) added, \(found.count(.removed)) removed, \(found.count(.changed)) changed")
            for entry in found.entries.prefix(limit) {
                let sizes = [entry.before, entry.after].map { $0.map { "\($0.size) B" } ?? "–" }.joined(
                    separator: " → ")
                let word = entry.status.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
                let what = entry.differences.map { "  \($0)" }.joined()
                line("  \(word) \(entry.path)  \(sizes)\(what)")
            }
            writeRest(found.entries.count, .artifact)
            if let image = found.image {
                let shared = image.layers.count { $0.status == .shared }
                let moved = image.layers.count { $0.status == .moved }
                print(
                    "  layers: \(shared) shared of \(image.layers.count)"
                        + (moved > 0 ? ", \(moved) in another order" : ""))
                for change in image.settings { line("  \(change.name): \(change.from ?? "–") → \(change.to ?? "–")") }
            }
            for note in found.dangers + found.notes { line("  ▲ \(note)") }
        case .failure(let problem)?: write(problem)
        case nil: break
        }
    }

    private func writeConfiguration() {
        heading("Configuration")
        switch comparison.configuration {
        case .success(let changes)?:
            for change in changes { line("  \(change.name): \(change.from ?? "–") → \(change.to ?? "–")") }
            if changes.isEmpty { print("  the same in both") }
        case .failure(let problem)?: write(problem)
        case nil: break
        }
    }
}
