import Compare
import Model
import Terminal

/// The columns and cells of the parts of a comparison.
extension ViewState {
    static func tableColumns(_ part: ComparePart) -> [Column] {
        switch part {
        case .safety:
            [
                Column(title: "LEVEL", worth: 100, maximum: 9),
                Column(title: "FINDING", worth: 90, maximum: 400, isFlexible: true),
            ]
        case .commits:
            [
                Column(title: "", worth: 100, maximum: 1), Column(title: "COMMIT", worth: 60, maximum: 10),
                Column(title: "WHEN", worth: 70, maximum: 12),
                Column(title: "AUTHOR", worth: 80, maximum: 16),
                Column(title: "SUBJECT", worth: 95, maximum: 400, isFlexible: true, minimum: 30),
            ]
        case .files:
            [
                Column(title: "", worth: 100, maximum: 1),
                Column(title: "ADDED", worth: 80, alignment: .right),
                Column(title: "REMOVED", worth: 80, alignment: .right),
                Column(title: "FILE", worth: 95, maximum: 400, isFlexible: true, minimum: 30),
            ]
        case .dependencies:
            [
                Column(title: "", worth: 100, maximum: 1),
                Column(title: "NAME", worth: 99, maximum: 40, isFlexible: true, minimum: 20),
                Column(title: "FROM", worth: 98, maximum: 16), Column(title: "", worth: 97, maximum: 1),
                Column(title: "TO", worth: 96, maximum: 16),
                Column(title: "DIFFERENCE", worth: 80, maximum: 9),
                Column(title: "RELATION", worth: 60, maximum: 10),
                Column(title: "FILE", worth: 70, maximum: 24),
            ]
        case .artifact:
            [
                Column(title: "", worth: 100, maximum: 1),
                Column(title: "FILE", worth: 95, maximum: 400, isFlexible: true, minimum: 30),
                Column(title: "FROM", worth: 80, alignment: .right),
                Column(title: "", worth: 70, maximum: 1),
                Column(title: "TO", worth: 80, alignment: .right),
                Column(title: "DIFFERENCE", worth: 60, maximum: 24),
            ]
        case .configuration:
            [
                Column(title: "NAME", worth: 100, maximum: 30),
                Column(title: "FROM", worth: 90, maximum: 40),
                Column(title: "", worth: 80, maximum: 1),
                Column(title: "TO", worth: 95, maximum: 200, isFlexible: true),
            ]
        }
    }

    func cells(_ known: CompareState, _ index: Int) -> [Span] {
        let comparison = known.comparison
        switch known.part {
        case .safety:
            guard let finding = comparison.safety?[index] else { return [] }
            return [
                Self.sign(finding.level),
                Span(finding.summary, finding.level == .note ? .muted : .text, keepsEnd: true),
            ]
        case .commits:
            guard case .success(let source)? = comparison.source else { return [] }
            let commit = source.commits[index]
            let isTaken = commit.direction == .takenBack
            return [
                Span(isTaken ? "−" : "+", isTaken ? .removed : .added),
                Span(String(commit.revision.prefix(10)), .muted),
                Span(
                    when(commit.date, now: now, zone: zone, isAbsolute: showsAbsoluteTimes), .muted,
                    order: Double(commit.date.milliseconds)),
                Span(commit.author, .muted), Span(commit.subject),
            ]
        case .files:
            guard case .success(let source)? = comparison.source else { return [] }
            return fileCells(source.files[index])
        case .dependencies:
            guard let change = comparison.dependencies?.changes[index] else { return [] }
            return dependencyCells(change)
        case .artifact:
            guard case .success(let artifact)? = comparison.artifact else { return [] }
            return entryCells(artifact.entries[index])
        case .configuration:
            guard case .success(let changes)? = comparison.configuration else { return [] }
            let change = changes[index]
            return [
                Span(change.name, .strong), Span(change.from ?? "–"), Span("→"), Span(change.to ?? "–"),
            ]
        }
    }

    func fileCells(_ file: ChangedFile) -> [Span] {
        let sign: Span =
            switch file.status {
            case .added: Span("+", .added)
            case .removed: Span("−", .removed)
            case .renamed, .copied: Span("→", .active)
            case .modified: Span("~", .text)
            case .typeChanged: Span("!", .warning)
            }
        var path = file.previousPath.map { "\($0) → \(file.path)" } ?? file.path
        if let before = file.modeBefore, let after = file.modeAfter, before != after {
            path += "  mode \(before) → \(after)"
        }
        if file.isSubmodule { path += "  submodule" }
        let added =
            file.isBinary
            ? Span("binary", .muted)
            : Span(file.added.map { "+\($0)" } ?? "?", .added, order: file.added.map(Double.init))
        let removed = Span(
            file.isBinary ? "" : file.removed.map { "−\($0)" } ?? "?", .removed,
            order: file.removed.map(Double.init))
        return [sign, added, removed, Span(path)]
    }

    private func dependencyCells(_ change: DependencyChange) -> [Span] {
        let sign: Span =
            switch change.change {
            case .added: Span("+", .added)
            case .removed: Span("−", .removed)
            case .upgraded: Span("▲", .added)
            case .downgraded: Span("▼", .removed)
            case .changed: Span("~", .text)
            }
        return [
            sign, Span(change.name, change.relation == .own ? .muted : .text),
            Span(change.from ?? "–", .text),
            Span("→", .muted),
            Span(change.to ?? "–", .strong),
            // What differs is told whole under safety; here is room for a word.
            change.details.first.map { Span($0.what.rawValue, .warning) }
                ?? Span(change.difference?.rawValue ?? "", change.isMajor ? .warning : .muted),
            Span(change.relation?.rawValue ?? "", .muted), Span(change.file, .muted),
        ]
    }

    private func entryCells(_ entry: ArtifactComparison.Entry) -> [Span] {
        let sign: Span =
            switch entry.status {
            case .added: Span("+", .added)
            case .removed: Span("−", .removed)
            case .changed: Span("~", .text)
            }
        return [
            sign, Span(entry.previousPath.map { "\($0) → \(entry.path)" } ?? entry.path),
            Span(
                entry.before.map { "\(Quantity(Double($0.size), .bytes))" } ?? "–",
                order: entry.before.map { Double($0.size) }),
            Span("→", .muted),
            Span(
                entry.after.map { "\(Quantity(Double($0.size), .bytes))" } ?? "–",
                order: entry.after.map { Double($0.size) }),
            Span(entry.differences.joined(separator: ", "), .muted),
        ]
    }
}
