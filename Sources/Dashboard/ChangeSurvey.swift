import Compare
import Model
import Terminal

/// What lies between two releases, in short: what a pane has room for.
public struct ChangeSurvey: Equatable, Sendable {
    /// The newest, those taken back first.
    public var commits: [Commit]
    public var commitCount: Int
    /// Those with the most lines changed first.
    public var files: [ChangedFile]
    public var fileCount: Int
    public var dependencies: [DependencyChange]
    public var dependencyCount: Int
    /// Why nothing is known of the source.
    public var problem: String?

    private static let kept = 60

    public init(_ comparison: Comparison) {
        let source = try? comparison.source?.get()
        commits = Array((source?.commits ?? []).prefix(Self.kept))
        commitCount = source?.commits.count ?? 0
        let changed = (source?.files ?? []).enumerated().sorted {
            ($1.element.lines, $0.offset) < ($0.element.lines, $1.offset)
        }
        files = changed.prefix(Self.kept).map(\.element)
        fileCount = changed.count
        dependencies = Array((comparison.dependencies?.changes ?? []).prefix(Self.kept))
        dependencyCount = comparison.dependencies?.changes.count ?? 0
        if case .failure(let failure)? = comparison.source { problem = failure.reason }
    }
}

extension ChangeSurvey {
    /// The same, told from the other side.
    fileprivate var reversed: ChangeSurvey {
        var result = self
        for index in commits.indices {
            result.commits[index].direction = commits[index].direction == .takenBack ? .broughtIn : .takenBack
        }
        for (index, file) in files.enumerated() {
            (result.files[index].added, result.files[index].removed) = (file.removed, file.added)
            (result.files[index].modeBefore, result.files[index].modeAfter) = (file.modeAfter, file.modeBefore)
            switch file.status {
            case .added: result.files[index].status = .removed
            case .removed: result.files[index].status = .added
            case .renamed, .copied:
                result.files[index].path = file.previousPath ?? file.path
                result.files[index].previousPath = file.path
            case .modified, .typeChanged: break
            }
        }
        for (index, change) in dependencies.enumerated() {
            (result.dependencies[index].from, result.dependencies[index].to) = (change.to, change.from)
        }
        return result
    }
}

extension ChangedFile {
    fileprivate var lines: Int { (added ?? 0) + (removed ?? 0) }
}

extension ViewState {
    private static let surveysKept = 24

    /// Asks for what lies between two releases, where nobody has. One is looked at after the other: where the cursor
    /// runs over many, only those on which it rests.
    mutating func survey(_ subject: CompareSubject) -> [Effect] {
        guard surveys[subject] == nil, surveyUnderWay == nil else { return [] }
        if surveys.count >= Self.surveysKept { surveys = surveys.filter { $0.value == nil } }
        surveys[subject] = .some(nil)
        surveyUnderWay = subject
        return [.survey(subject)]
    }

    mutating func takeSurvey(_ subject: CompareSubject, _ survey: ChangeSurvey) {
        if surveyUnderWay == subject { surveyUnderWay = nil }
        if surveys[subject] != nil { surveys[subject] = .some(survey) }
    }

    /// Draws what came or would be taken back: commits, then dependencies, then files, as far as there is room.
    /// - Parameter isReversed: tells it the other way round than it was compared, as what came.
    func drawSurvey(
        _ frame: inout Frame, _ subject: CompareSubject, _ rect: Rect, title: String, isReversed: Bool = false
    ) {
        guard rect.height > 1, rect.width > 12 else { return }
        let (head, rest) = rect.split(top: 1)
        guard let known = surveys[subject], let survey = isReversed ? known?.reversed : known else {
            frame.rule(head, [Span(title, .title)])
            let words = Span("◌ looking at what differs …", .active)
            return writeLines(
                &frame, [[words]], Rect(x: rest.x + 3, y: rest.y, width: rest.width - 4, height: 1))
        }
        let people = Set(survey.commits.map(\.author)).count
        let note =
            survey.commitCount == 0
            ? []
            : [
                Span(
                    "\(counted(survey.commitCount, "commit")) by \(counted(people, "person", plural: "people"))",
                    .muted)
            ]
        frame.rule(head, [Span(title, .title)], note: note)
        let sections = surveySections(survey, room: rest.height)
        var y = rest.y
        for section in sections where y < rest.y + rest.height {
            let inner = Rect(x: rest.x + 3, y: y, width: rest.width - 4, height: rest.y + rest.height - y)
            if let words = section.title { writeLines(&frame, [[words]], inner) }
            let first = section.title == nil ? 0 : 1
            let table = TableLayout(
                section.columns, rows: section.rows, width: inner.width, hasHeader: false)
            for (offset, row) in section.rows.enumerated() where first + offset < inner.height {
                table.draw(&frame, row, x: inner.x, y: inner.y + first + offset)
            }
            y += first + section.rows.count
        }
    }

    private struct SurveySection {
        var title: Span?
        var columns: [Column]
        var rows: [[Span]]
    }

    private func surveySections(_ survey: ChangeSurvey, room: Int) -> [SurveySection] {
        var sections: [SurveySection] = []
        // Each kind gets a share of the room; what one does not use is for the next.
        var left = room
        func share(_ count: Int, of parts: Int) -> Int {
            let most = max(2, left / parts - 1)
            let shown = min(count, most)
            left -= shown + 1
            return shown
        }
        if let problem = survey.problem {
            sections.append(
                SurveySection(title: Span("✗ \(problem)", .warning), columns: [], rows: []))
        } else if survey.commits.isEmpty {
            sections.append(
                SurveySection(title: Span("no commit lies between them", .muted), columns: [], rows: []))
        } else {
            let parts = 1 + (survey.dependencies.isEmpty ? 0 : 1) + (survey.files.isEmpty ? 0 : 1)
            let shown = share(survey.commits.count, of: parts)
            let columns = [
                Column(title: "", worth: 100, maximum: 1), Column(title: "", worth: 50, maximum: 8),
                Column(title: "", worth: 60, maximum: 14),
                Column(title: "", worth: 95, maximum: 400, isFlexible: true, minimum: 24),
                Column(title: "", worth: 70, maximum: 18),
            ]
            var rows = survey.commits.prefix(shown).map { commit in
                let isTaken = commit.direction == .takenBack
                return [
                    Span(isTaken ? "−" : "+", isTaken ? .removed : .added),
                    Span(String(commit.revision.prefix(8)), .muted),
                    Span(when(commit.date, now: now, zone: zone, isAbsolute: showsAbsoluteTimes), .muted),
                    Span(commit.subject), Span(commit.author, .muted),
                ]
            }
            if survey.commitCount > shown {
                rows[rows.count - 1] = [
                    Span("…", .muted), Span(""), Span(""),
                    Span("\(survey.commitCount - shown + 1) more commits", .muted),
                ]
            }
            sections.append(SurveySection(title: nil, columns: columns, rows: rows))
        }
        if !survey.dependencies.isEmpty {
            let shown = share(survey.dependencies.count, of: survey.files.isEmpty ? 1 : 2)
            var rows = survey.dependencies.prefix(shown).map { change in
                [
                    Span(change.name), Span(change.from ?? "–"), Span("→", .muted),
                    Span(change.to ?? "–", .strong),
                    Span(change.difference?.rawValue ?? "", change.isMajor ? .warning : .muted),
                    Span(change.file, .muted),
                ]
            }
            if survey.dependencyCount > shown {
                rows[rows.count - 1] = [Span("… \(survey.dependencyCount - shown + 1) more", .muted)]
            }
            sections.append(
                SurveySection(
                    title: Span(counted(survey.dependencyCount, "dependency", plural: "dependencies"), .title),
                    columns: [
                        Column(title: "", worth: 99, maximum: 32, isFlexible: true),
                        Column(title: "", worth: 98, maximum: 16),
                        Column(title: "", worth: 90, maximum: 1), Column(title: "", worth: 97, maximum: 16),
                        Column(title: "", worth: 70, maximum: 9), Column(title: "", worth: 50, maximum: 24),
                    ], rows: rows))
        }
        if !survey.files.isEmpty {
            let shown = share(survey.files.count, of: 1)
            var rows = survey.files.prefix(shown).map { fileCells($0) }
            if survey.fileCount > shown {
                rows[rows.count - 1] = [
                    Span("…", .muted), Span(""), Span(""), Span("\(survey.fileCount - shown + 1) more files", .muted),
                ]
            }
            sections.append(
                SurveySection(
                    title: Span(counted(survey.fileCount, "file"), .title),
                    columns: [
                        Column(title: "", worth: 100, maximum: 1),
                        Column(title: "", worth: 80, alignment: .right),
                        Column(title: "", worth: 80, alignment: .right),
                        Column(title: "", worth: 95, maximum: 400, isFlexible: true, minimum: 30),
                    ], rows: rows))
        }
        return sections
    }
}
