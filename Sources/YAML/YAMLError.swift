import CYAML

/// Why a text is no YAML, and what to do about it.
public struct YAMLError: Error, Equatable, Sendable {
    public var mark: Mark
    public var message: String
    public var mend = "mend the line"
}

extension YAMLError {
    /// Says in the words of whoever writes the file what libyaml's parser stumbled over.
    ///
    /// Source: the messages in libyaml 0.2's `scanner.c`, `parser.c` and `reader.c`.
    init(_ parser: yaml_parser_t, text: String) {
        let problem = parser.problem.map { String(cString: $0) } ?? "this is no YAML"
        let context = parser.context.map { String(cString: $0) } ?? ""
        if parser.error == YAML_READER_ERROR {
            self.init(mark: Self.mark(byte: parser.problem_offset, text), message: problem, mend: "remove it")
            return
        }
        let (mark, begin) = (Mark(parser.problem_mark), Mark(parser.context_mark))
        let line = Self.line(mark.line, text)
        let place = line.unicodeScalars.dropFirst(mark.column - 1)
        let isTab = place.first == "\t" || line.prefix { $0 == " " || $0 == "\t" }.contains("\t")
        if isTab, !context.contains("quoted") {
            self.init(
                mark: mark, message: "a tab stands here; YAML is indented with spaces only", mend: "put spaces there")
            return
        }
        let quoteIt = "put the value into quotes"
        switch (problem, context) {
        case (_, "while scanning an alias"), (_, "while scanning an anchor"):
            let sign = context.hasSuffix("alias") ? "*" : "&"
            self.init(mark: begin, message: "“\(sign)” begins the name of an anchor, and none follows", mend: quoteIt)
        case (_, "while scanning a directive"), (_, "while scanning a %YAML directive"):
            self.init(mark: begin, message: "a line that begins with “%” is for YAML itself", mend: quoteIt)
        case (_, "while parsing a tag"), (_, "while scanning a tag"), ("found undefined tag handle", _):
            self.init(mark: begin.line > 1 ? begin : mark, message: "“!” begins a tag, and none follows", mend: quoteIt)
        case ("found character that cannot start any token", _):
            let sign = place.first.map { "“\($0)”" } ?? "this"
            self.init(mark: mark, message: "no value begins with \(sign)", mend: quoteIt)
        case ("found unexpected end of stream", "while scanning a quoted scalar"),
            ("found unexpected document indicator", "while scanning a quoted scalar"):
            self.init(mark: begin, message: "the quote that begins here does not end", mend: "close it")
        case ("found unknown escape character", _):
            self.init(
                mark: mark, message: "no such “\\” is known in double quotes",
                mend: "use single quotes, in which “\\” is a character like others")
        case ("could not find expected ':'", _):
            self.init(
                mark: begin, message: "this line is no “key: value”", mend: "put a colon and a blank after the key")
        case ("mapping values are not allowed in this context", _):
            if let (place, pair) = Self.tightColon(mark.line - 1, text) {
                self.init(
                    mark: place, message: "this line is no “key: value”",
                    mend: "put a blank after the colon of “\(pair)”")
                return
            }
            self.init(
                mark: mark, message: "no key can stand here: the line, or the one above, has a value already",
                mend: "put a value that has “: ” in it into quotes, or indent the line like its neighbours")
        case ("block sequence entries are not allowed in this context", _):
            self.init(mark: mark, message: "no list can begin here", mend: "put each “- ” on a line of its own")
        case ("did not find expected key", _):
            self.init(
                mark: mark, message: "this does not belong to the mapping that begins in line \(begin.line)",
                mend: "indent it like the lines of that mapping; where it follows a closing quote, quote all of it")
        case ("did not find expected '-' indicator", _):
            self.init(
                mark: mark, message: "this does not belong to the list that begins in line \(begin.line)",
                mend: "begin it with “- ”, and indent it like the other lines of that list")
        case ("did not find expected ',' or ']'", _), ("did not find expected ',' or '}'", _):
            let signs = problem.hasSuffix("']'") ? ("[", "]") : ("{", "}")
            self.init(
                mark: mark,
                message: "the “\(signs.0)” of line \(begin.line), column \(begin.column) goes no further than here",
                mend: "put a comma or “\(signs.1)” before it, or quote a value that has “{”, “[”, “,” or “: ” in it")
        case ("did not find expected <document start>", _):
            self.init(
                mark: mark, message: "the file ends before this, by its indentation",
                mend: "indent it like the first key of the file")
        case ("did not find expected node content", _):
            self.init(mark: mark, message: "a value is missing here", mend: "write one, or remove the sign")
        default: self.init(mark: mark, message: context.isEmpty ? problem : "\(problem) \(context)")
        }
    }

    private static func line(_ number: Int, _ text: String) -> String {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        return number <= lines.count ? String(Substring(lines[number - 1])) : ""
    }

    /// Where a line is `key:value` without a blank, and those words.
    private static func tightColon(_ number: Int, _ text: String) -> (Mark, String)? {
        guard number > 0 else { return nil }
        let line = line(number, text)
        guard let match = line.wholeMatch(of: /( *)([A-Za-z0-9._-]+:[^\s:][^:]*)/) else { return nil }
        return (Mark(line: number, column: match.1.count + 1), match.2.trimmingSuffix { $0.isWhitespace })
    }

    private static func mark(byte offset: Int, _ text: String) -> Mark {
        let before = text.utf8.prefix(offset)
        let lines = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let column = (lines.last.map { Substring($0).unicodeScalars.count } ?? 0) + 1
        return Mark(line: max(1, lines.count), column: column)
    }
}

extension Mark {
    init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ isCut: (Character) -> Bool) -> String {
        var result = self
        while let last = result.last, isCut(last) { result.removeLast() }
        return String(result)
    }
}
