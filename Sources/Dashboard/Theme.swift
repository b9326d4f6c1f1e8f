import Terminal
import YAML

/// What a piece of the screen means; a theme gives each meaning its look.
public enum Role: UInt8, CaseIterable, Sendable {
    case text, muted, strong, title, frame, header, key, good, warning, danger, active, chart, threshold, mark, input
    case added, removed, addedStrong, removedStrong

    var number: StyleNumber { StyleNumber(rawValue) }
}

/// How the screen looks.
public struct Theme: Equatable, Sendable {
    public var name: String
    public var description: String
    var styles: [Role: Style]
    /// The look of what is selected: its background, and its attributes besides.
    var selection: Style

    /// The look without any color: what NO_COLOR and broken themes fall back to.
    public static let plain = Theme(
        name: "plain", description: "No colors at all",
        styles: [
            .strong: Style(attributes: .bold), .title: Style(attributes: .bold), .header: Style(attributes: .bold),
            .key: Style(attributes: .bold), .danger: Style(attributes: .bold), .active: Style(attributes: .bold),
            .warning: Style(attributes: .bold), .input: Style(attributes: .underline),
            .muted: Style(attributes: .dim), .frame: Style(attributes: .dim),
            .addedStrong: Style(attributes: .underline), .removedStrong: Style(attributes: .underline),
        ], selection: Style(attributes: .reverse))

    /// The look of a number that a frame uses.
    public func style(_ number: StyleNumber) -> Style {
        var style = Role(rawValue: number.number).flatMap { styles[$0] } ?? styles[.text] ?? Style()
        if number.isSelected {
            style.background = selection.background
            style.attributes.formUnion(selection.attributes)
        }
        return style
    }

    /// Reads a theme file.
    /// - Throws: every fault in it, with line and key.
    public init(parsing text: String, file: String) throws(ThemeError) {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: text, by: .person) } catch {
            let fault = Fault(
                file: file, mark: error.mark, message: "\(words: error.message)", mend: error.mend)
            throw ThemeError(faults: [fault])
        }
        let reader = Reader(file: file)
        let keys = reader.mapping(root, known: ["name", "description", "roles", "selection"], of: "a theme")
        name = keys["name"].flatMap { reader.text($0, "name") } ?? ""
        description = keys["description"].flatMap { reader.text($0, "description") } ?? ""
        styles = [:]
        selection = Style()
        let names = Role.allCases.map { "\($0)" }
        let roles = keys["roles"].map { reader.mapping($0, known: names, of: "roles") } ?? [:]
        let base = roles["text"].map { Self.style($0, "text", reader, Style()) } ?? Style()
        let inherited = Style(foreground: base.foreground, background: base.background)
        for role in Role.allCases {
            styles[role] = roles["\(role)"].map { Self.style($0, "\(role)", reader, inherited) } ?? inherited
        }
        styles[.text] = base
        if let node = keys["selection"] { selection = Self.style(node, "selection", reader, inherited) }
        if name.isEmpty { reader.report(root.mark, "the theme has no name", mend: "add “name:”") }
        guard reader.faults.isEmpty else { throw ThemeError(faults: reader.faults) }
    }

    private init(name: String, description: String, styles: [Role: Style], selection: Style) {
        self.name = name
        self.description = description
        self.styles = styles
        self.selection = selection
    }

    private static func style(_ node: YAMLNode, _ what: String, _ reader: Reader, _ base: Style) -> Style {
        let keys = reader.mapping(node, known: ["foreground", "background", "attributes"], of: what)
        var style = base
        if let node = keys["foreground"], let color = color(node, reader) { style.foreground = color }
        if let node = keys["background"], let color = color(node, reader) { style.background = color }
        let known: [String: Style.Attributes] = [
            "bold": .bold, "dim": .dim, "reverse": .reverse, "underline": .underline, "italic": .italic,
        ]
        for item in keys["attributes"].map({ reader.list($0, "attributes") }) ?? [] {
            guard let word = reader.text(item, "an attribute") else { continue }
            if let attribute = known[word] {
                style.attributes.insert(attribute)
            } else {
                reader.report(
                    item.mark, "there is no attribute “\(word)”",
                    mend: "give \(known.keys.sorted().joined(separator: ", "))")
            }
        }
        return style
    }

    private static let colorNames = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "brightBlack", "brightRed",
        "brightGreen", "brightYellow", "brightBlue", "brightMagenta", "brightCyan", "brightWhite",
    ]

    private static func color(_ node: YAMLNode, _ reader: Reader) -> Color? {
        guard let text = reader.text(node, "a color") else { return nil }
        if text == "default" { return .standard }
        if let index = colorNames.firstIndex(of: text) { return .named(UInt8(index)) }
        if text.hasPrefix("#"), text.utf8.count == 7, let value = UInt32(text.dropFirst(), radix: 16) {
            return .rgb(UInt8(value >> 16), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF))
        }
        reader.report(
            node.mark, "“\(text)” is no color",
            mend: "write “#rrggbb” in quotes, default, or one of \(colorNames.prefix(8).joined(separator: ", "))")
        return nil
    }
}

/// What is wrong with a theme file.
public struct ThemeError: Error, Equatable, Sendable {
    public var faults: [Fault]
}
