import ArgumentParser
import Controller

/// The manual page, made of what the commands say of themselves; see man(7) for its macros.
struct ManualPage {
    private var lines: [String]

    /// Options that every command has, told once.
    private static let common: Set<String> = ["--config", "--help", "--version"]

    init() throws {
        let program = try CommandDescription(of: Lastgood.self)
        let version = Lastgood.configuration.version
        lines = [#".TH LASTGOOD 1 "" "\#(version)" "User Commands""#]
        section("NAME")
        add("lastgood \\- \(Self.escaped(program.abstract ?? ""))", isText: false)
        section("SYNOPSIS")
        add(".B lastgood\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]", isText: false)
        section("DESCRIPTION")
        tell(program.discussion)
        section("COMMANDS")
        for command in program.subcommands ?? [] where command.shouldDisplay && command.commandName != "help" {
            tell(command, after: "lastgood")
        }
        section("OPTIONS")
        add("Every command has these.")
        let options = (program.subcommands ?? []).flatMap { $0.arguments ?? [] }
        for name in Self.common.sorted() {
            if let option = options.first(where: { $0.isNamed(name) }) { tell(option) }
        }
        section("EXIT STATUS")
        for status in Status.allCases { item(String(status.rawValue), status.meaning) }
        section("ENVIRONMENT")
        for (name, meaning) in Self.variables { item(name, meaning) }
        section("FILES")
        for (name, meaning) in Self.files { item(name, meaning) }
        section("CONFIGURATION")
        add("YAML. What holds where a key is left out stands at the end of its line.")
        for part in ConfigurationKey.parts {
            lines.append(".SS \"\(Self.escaped(part.title))\"")
            for key in part.keys { item(key.name, key.meaning) }
        }
        section("SEE ALSO")
        add(".BR git (1),\n.BR systemd (1)", isText: false)
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    private static let variables = [
        ("LASTGOOD_CONFIG", "The configuration file, where --config does not name one."),
        ("LASTGOOD_ACTOR", "Who acts, for the record, where a pipeline does for somebody else."),
        ("NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID", "Whom serve tells how it is, as systemd sets them."),
        ("JOURNAL_STREAM", "Whether serve's log goes to the system's journal, as systemd sets it."),
        ("NO_COLOR", "No colors, where it is set to anything."),
        ("XDG_CONFIG_HOME", "Where the configuration and themes are looked for; ~/.config where it is not set."),
        ("TZ", "The zone of the times on the screen. Commands print UTC."),
    ]

    private static let files = [
        (
            "./lastgood.yaml, ~/.config/lastgood/config.yaml, /etc/lastgood/config.yaml",
            "The configuration: the first that is there, after --config and $LASTGOOD_CONFIG."
        ),
        ("~/.config/lastgood/themes/NAME.yaml", "Your own themes."),
        ("LEDGER-archive/YEAR-MONTH.jsonl.gz", "Events that are older than the ledger keeps them, beside it."),
    ]

    // MARK: commands

    private mutating func tell(_ command: CommandDescription, after path: String) {
        let path = "\(path) \(command.commandName)"
        let children = (command.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
        let arguments = (command.arguments ?? []).filter(\.shouldDisplay)
        lines.append(".SS \"\(Self.escaped(path))\(Self.escaped(Self.synopsis(arguments)))\"")
        add(command.abstract ?? "")
        if command.discussion != nil { lines.append(".PP") }
        tell(command.discussion)
        for argument in arguments where !(argument.names ?? []).contains(where: { Self.common.contains($0.word) }) {
            tell(argument)
        }
        for child in children { tell(child, after: path) }
    }

    /// ` [options] SELECTOR`.
    private static func synopsis(_ arguments: [CommandDescription.Argument]) -> String {
        let hasOptions = arguments.contains { $0.kind != .positional }
        let words = arguments.filter { $0.kind == .positional }.map { argument in
            let name = (argument.valueName ?? "").uppercased() + (argument.isRepeating ? "..." : "")
            return argument.isOptional ? "[\(name)]" : name
        }
        return ((hasOptions ? ["[OPTIONS]"] : []) + words).map { " \($0)" }.joined()
    }

    private mutating func tell(_ argument: CommandDescription.Argument) {
        var name = (argument.names ?? []).map(\.word).joined(separator: ", ")
        if argument.kind == .positional { name = (argument.valueName ?? "").uppercased() }
        if argument.kind == .option { name += " \((argument.valueName ?? "value").uppercased())" }
        let standard = argument.defaultValue.map { " (\($0) where it is left out)" } ?? ""
        item(name, (argument.abstract ?? "") + standard)
    }

    // MARK: macros

    private mutating func section(_ name: String) { lines.append(".SH \(name)") }

    private mutating func item(_ name: String, _ text: String) {
        lines += [".TP", ".B \(Self.escaped(name))"]
        add(text)
    }

    /// Paragraphs; what stands further to the right is kept as it is, as examples are.
    private mutating func tell(_ discussion: String?) {
        for (index, paragraph) in (discussion ?? "").split(separator: "\n\n").enumerated() {
            if index > 0 { lines.append(".PP") }
            let isKept = paragraph.contains("\n")
            if isKept { lines.append(".nf") }
            for line in paragraph.split(separator: "\n", omittingEmptySubsequences: false) { add(String(line)) }
            if isKept { lines.append(".fi") }
        }
    }

    private mutating func add(_ text: String, isText: Bool = true) {
        lines.append(isText ? Self.escaped(text) : text)
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// What would be taken for a macro or an escape is text, and what is not ASCII has its name, see
    /// groff_char(7); a hyphen stays one that can be searched and pasted.
    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
        let escaped = plain.unicodeScalars.map { $0.isASCII ? String($0) : "\\[u\(hexadecimal($0))]" }.joined()
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }
}
