import Incidents
import Model
import Terminal

/// What a report is about: the newest incident of an environment, or that of one of its deployments.
public struct ReportSubject: Hashable, Sendable {
    public var address: EnvironmentAddress
    public var deployment: Int64?
    /// The moment of the past in which it is asked for; `nil` for now.
    public var at: Timestamp?

    public init(address: EnvironmentAddress, deployment: Int64? = nil, at: Timestamp? = nil) {
        (self.address, self.deployment, self.at) = (address, deployment, at)
    }
}

/// What became known of a report.
public struct ReportNews: Sendable {
    public var subject: ReportSubject
    public var text: String?
    /// Whether what the release brought is in it, too.
    public var isWhole: Bool
    public var problem: String?

    public init(subject: ReportSubject, text: String? = nil, isWhole: Bool = false, problem: String? = nil) {
        (self.subject, self.text, self.isWhole, self.problem) = (subject, text, isWhole, problem)
    }
}

/// How the saving of a report went.
public enum Saving: Equatable, Sendable {
    /// Where it lies, in full.
    case saved(path: String)
    case failed(reason: String)
}

/// The report on the screen.
struct ReportState: Equatable {
    var subject: ReportSubject
    /// As Markdown, in lines; `nil` until it was made.
    var text: String?
    var isWhole = false
    var problem: String?
    var top = 0
    /// The name of the file, while it is asked for.
    var field: TextField?
    /// Where it lies, once it was saved.
    var saving: Saving?
}

extension View {
    static func report(_ address: EnvironmentAddress) -> View { View(.report, .environment(address)) }
}

extension ViewTable {
    static let report: ViewTable = ViewTable(
        name: "report", question: "what do I write into the ticket?",
        opening: Opening(keys: [.character("R")], sign: "R") { $0.openReport() },
        enter: { state, view in view.address.map { state.enterReport($0) } ?? [] },
        take: { state, message in
            switch message {
            case .report(let news) where state.report?.subject == news.subject:
                if let text = news.text { state.report?.text = text }
                state.report?.isWhole = news.isWhole
                state.report?.problem = news.problem
            case .saving(let saving):
                state.report?.saving = saving
                state.saySaving(saving)
            default: break
            }
        },
        subject: { $0.view.address },
        draw: { $0.drawReport(&$1) },
        keys: { _ in
            [
                KeyBinding([.character("w"), .enter], "w ⏎", "save it to a file", bar: "save", command: "save") {
                    state, _ in state.askForName()
                }.with(bar: "save", sign: "⏎"),
                KeyBinding([.character("y")], "y", "copy it", bar: "copy", command: "copy") { state, _ in
                    state.copyReport()
                },
                KeyBinding.scrolling { $0.scrollReport(by: $1) }.with(bar: "scroll"),
            ]
        },
        grab: { state, key in
            guard let field = state.report?.field else { return nil }
            return state.takeName(field, key)
        })
}

extension ViewState {
    fileprivate mutating func openReport() -> [Effect] {
        guard let address = subject else {
            say("no environment is selected")
            return []
        }
        // A report that was asked for from a deployment is of that one.
        let wanted = ReportSubject(address: address, deployment: pickedDeployment, at: moment)
        if report?.subject != wanted { report = ReportState(subject: wanted) }
        return open(.report(address))
    }

    fileprivate mutating func enterReport(_ address: EnvironmentAddress) -> [Effect] {
        if report?.subject.address != address { report = ReportState(subject: ReportSubject(address: address)) }
        report?.field = nil
        return report.map { [.loadReport($0.subject)] } ?? []
    }

    // MARK: saving

    /// `incident-shop-prod-eu-2026-11-24-1502.md`.
    private func proposedName(_ subject: ReportSubject) -> String {
        let time = CalendarTime(now, offset: zone)
        let day = "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
        let names = "\(subject.address.application)-\(subject.address.environment)".map { character in
            character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
                ? character : "-"
        }
        return "incident-\(String(names))-\(day)-\(padded(time.hour, 2))\(padded(time.minute, 2)).md"
    }

    fileprivate mutating func askForName() -> [Effect] {
        guard let known = report, known.text != nil else {
            say("there is nothing to save yet")
            return []
        }
        let name = proposedName(known.subject)
        report?.field = TextField(proposed: name)
        return []
    }

    fileprivate mutating func takeName(_ field: TextField, _ key: Key) -> [Effect] {
        var field = field
        switch key {
        case .escape, .control("c"): report?.field = nil
        case .enter:
            report?.field = nil
            guard let text = report?.text else { return [] }
            guard !field.text.isEmpty else {
                say("not saved: the file has no name")
                return []
            }
            report?.saving = nil
            return [.saveReport(name: field.text, text: text)]
        default:
            field.take(key)
            report?.field = field
        }
        return []
    }

    fileprivate mutating func saySaving(_ saving: Saving) {
        switch saving {
        case .saved(let path): say("saved as \(path)")
        case .failed(let reason): say("not saved: \(reason)")
        }
    }

    fileprivate mutating func copyReport() -> [Effect] {
        guard let text = report?.text else {
            say("there is nothing to copy yet")
            return []
        }
        say("the report is copied")
        return [.copy(text)]
    }

    // MARK: drawing

    private var reportArea: Rect { body.split(top: 1).1 }

    fileprivate mutating func scrollReport(by lines: Int) {
        guard let known = report else { return }
        let count = reportLines(known.text ?? "", width: reportArea.width - 6).count
        let last = count - reportArea.height
        report?.top = max(0, min(known.top + lines, last))
    }

    fileprivate func drawReport(_ frame: inout Frame) {
        guard let known = report else { return }
        let head = body.split(top: 1).0
        let rest = reportArea
        var note = [Span(known.isWhole ? "Markdown" : "◌ comparing what changed …", known.isWhole ? .muted : .active)]
        if case .saved(let path)? = known.saving { note = [Span("saved as \(path)", .good)] }
        if case .failed(let reason)? = known.saving { note = [Span("not saved: \(reason)", .danger)] }
        frame.rule(head, [Span("Report", .title), Span("  \(known.subject.address)", .text)], note: note)
        if let problem = known.problem { return drawEmpty(&frame, rest, [Span("✗ \(problem)", .danger)]) }
        guard let text = known.text else {
            return drawEmpty(&frame, rest, [Span("◌ reading what happened …", .active)])
        }
        let lines = reportLines(text, width: rest.width - 6)
        let room = known.field == nil ? rest.height : rest.height - 1
        let top = max(0, min(known.top, lines.count - room))
        for (offset, line) in lines.dropFirst(top).prefix(max(0, room)).enumerated() {
            frame.write([line], x: rest.x + 3, y: rest.y + offset, width: rest.width - 4)
        }
        guard let field = known.field else { return }
        let y = rest.y + rest.height - 1
        let end = frame.write(
            [Span(" save as ", .key), Span(field.text, .input), Span("  ⏎ saves, Esc does not", .muted)], x: 0, y: y,
            width: size.width - 1)
        frame.cursor = (min(end, 9 + columns(of: field.text)), y)
    }

    /// As it will be read: headings stand out, long lines are broken.
    private func reportLines(_ text: String, width: Int) -> [Span] {
        text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [Span] in
            let role: Role = line.hasPrefix("#") ? .title : .text
            // A table that is broken is none.
            if line.hasPrefix("|") || line.isEmpty { return [Span(String(line), role)] }
            let indent = line.hasPrefix("- ") ? "  " : ""
            return wrapped(String(line), width: max(20, width - indent.count)).enumerated().map { index, part in
                Span(index == 0 ? part : indent + part, role)
            }
        }
    }
}
