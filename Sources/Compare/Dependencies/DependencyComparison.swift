import Model

/// The dependency lists of two releases, compared.
public struct DependencyComparison: Equatable, Sendable {
    public var changes: [DependencyChange] = []
    /// The lists that were read.
    public var files: [String] = []
    public var problems: [Problem] = []
    /// What in the lists could not be read, and what was left out.
    var remarks: Set<ListContents.Remark> = []

    public init() {}

    /// Compares one list; where it cannot be read, that is said and the others go on.
    /// - Parameter isQuiet: says nothing of a list in which nothing changed.
    mutating func add(
        _ path: String, isQuiet: Bool = false, _ read: () throws(Problem) -> (ListContents, ListContents)
    ) {
        do throws(Problem) {
            let (before, after) = try read()
            let found = DependencyChange.between(before.packages, after.packages, file: path)
            if isQuiet, found.isEmpty { return }
            files.append(path)
            changes += found
            for var remark in before.remarks + after.remarks {
                // A list that it names may say it of itself.
                if !remark.text.hasPrefix(path), !remark.text.contains(" line ") {
                    remark.text = "\(path): \(remark.text)"
                }
                remark.file = path
                remarks.insert(remark)
            }
        } catch { problems.append(error) }
    }
}

extension DependencyComparison {
    /// More of a kind are counted, but not told one by one.
    private static let mostTold = 20

    /// What one ought to know of the lists before going back.
    var findings: [Finding] {
        sourceFindings() + detailFindings() + licenceFindings() + gapFindings()
    }

    /// All that come from one place instead of another are told together: a registry serves hundreds.
    private func sourceFindings() -> [Finding] {
        struct Way: Hashable {
            var file: String
            var from: String
            var to: String
        }
        var ways: [Way: [String]] = [:]
        for change in changes {
            for detail in change.details where detail.what == .source {
                let way = Way(file: change.file, from: detail.from ?? "nowhere", to: detail.to ?? "nowhere")
                ways[way, default: []].append(change.label)
            }
        }
        return ways.sorted { ($0.key.file, $0.key.from, $0.key.to) < ($1.key.file, $1.key.from, $1.key.to) }.map {
            way, names in
            let who = names.count == 1 ? "\(names[0]) comes" : "\(names.count) packages come"
            return Finding(
                .warning, .dependency, "\(who) from elsewhere: \(way.from) → \(way.to)", evidence: [way.file])
        }
    }

    private func detailFindings() -> [Finding] {
        var found: [Finding] = []
        for change in changes where change.isUnderOneVersion || change.from == nil && change.to == nil {
            for detail in change.details where [.commit, .patch, .checksum].contains(detail.what) {
                let what =
                    switch detail.what {
                    case .commit: "is another commit"
                    case .patch: "is patched otherwise"
                    default: "has another checksum"
                    }
                found.append(
                    Finding(
                        .warning, .dependency, "\(change.label) \(what): \(detail.words)", evidence: [change.file]))
            }
        }
        guard found.count > Self.mostTold else { return found }
        let rest = found.dropFirst(Self.mostTold)
        return found.prefix(Self.mostTold) + [
            Finding(
                .warning, .dependency,
                "\(counted(rest.count, "more package")) \(rest.count == 1 ? "differs" : "differ") under one version",
                evidence: Array(Set(rest.flatMap(\.evidence))).sorted())
        ]
    }

    private func licenceFindings() -> [Finding] {
        let found = changes.flatMap { change in
            change.details.filter { $0.what == .licence }.map { detail in
                Finding(
                    .note, .dependency, "\(change.label) has another licence: \(detail.words)",
                    evidence: [change.file])
            }
        }
        guard found.count > Self.mostTold else { return found }
        return found.prefix(Self.mostTold) + [
            Finding(.note, .dependency, "\(counted(found.count - Self.mostTold, "more package")) with another licence")
        ]
    }

    private func gapFindings() -> [Finding] {
        let unread = problems.map { Finding(.warning, .dependency, $0.reason) }
        let (gaps, notes) = (remarks.filter(\.isGap).sorted(), remarks.filter { !$0.isGap }.sorted())
        var found =
            unread
            + gaps.prefix(Self.mostTold).map { remark in
                Finding(
                    .warning, .dependency, "not read in a list of dependencies: \(remark.text)", evidence: [remark.file]
                )
            }
        if gaps.count > Self.mostTold {
            let rest = gaps.dropFirst(Self.mostTold)
            found.append(
                Finding(
                    .warning, .dependency,
                    "\(counted(rest.count, "more place")) in lists of dependencies could not be read",
                    evidence: Array(Set(rest.map(\.file))).sorted()))
        }
        // What is so in every list of a kind is told once.
        if let first = notes.first {
            let more = notes.count > 1 ? "; \(notes.count - 1) more of the kind" : ""
            found.append(
                Finding(
                    .note, .dependency, first.text + more, evidence: Array(Set(notes.map(\.file))).sorted()))
        }
        return found
    }
}

extension DependencyChange {
    /// Name and version, as far as there is one.
    fileprivate var label: String { [name, to ?? from].compactMap { $0 }.joined(separator: " ") }
}
