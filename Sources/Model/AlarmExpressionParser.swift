/// What is wrong with the text of an expression, and where: `offset` counts characters from its start.
public struct AlarmExpressionError: Error, Equatable, Sendable {
    public var offset: Int
    public var message: String
}

extension AlarmExpression {
    /// Reads `any(faults, slow) or atLeast(2, cpu, "payments/prod-*")`: names, in quotes or not, `and`, `or`, `not`,
    /// parentheses, `any(…)`, `all(…)`, `atLeast(N, …)`. `and` binds tighter than `or`.
    ///
    /// A name with a `/` is of other environments, see ``AlarmElsewhere``. Where a glob stands for several of them, each
    /// counts by itself as a part of `any`, `all` and `atLeast`; anywhere else, any of them is meant.
    public init(parsing text: String) throws(AlarmExpressionError) {
        var parser = Parser(text)
        self = try parser.disjunction()
        parser.skipBlanks()
        if parser.index < parser.characters.count {
            throw parser.failure("unexpected “\(parser.characters[parser.index])”")
        }
    }

    private struct Parser {
        let characters: [Character]
        var index = 0
        var depth = 0

        init(_ text: String) { characters = Array(text) }

        func failure(_ message: String) -> AlarmExpressionError {
            AlarmExpressionError(offset: index, message: message)
        }

        mutating func skipBlanks() {
            while index < characters.count, characters[index].isWhitespace { index += 1 }
        }

        mutating func accept(_ character: Character) -> Bool {
            skipBlanks()
            guard index < characters.count, characters[index] == character else { return false }
            index += 1
            return true
        }

        mutating func word() -> String? {
            skipBlanks()
            let start = index
            while index < characters.count,
                characters[index].isLetter || characters[index].isNumber || "-_./:*?".contains(characters[index])
            {
                index += 1
            }
            return index > start ? String(characters[start..<index]) : nil
        }

        /// What stands between quotes; `nil` where none begin here.
        mutating func quoted() throws(AlarmExpressionError) -> String? {
            let start = index
            guard accept("\"") else { return nil }
            guard let end = characters[index...].firstIndex(of: "\"") else {
                index = start
                throw failure("a closing “\"” is missing")
            }
            defer { index = end + 1 }
            return String(characters[index..<end])
        }

        /// An alarm of the environment, or of others.
        mutating func operand(_ name: String, at start: Int) throws(AlarmExpressionError) -> AlarmExpression {
            guard name.contains("/") else {
                guard !name.contains(where: { "/:*?".contains($0) }) else {
                    index = start
                    throw failure("“\(name)” is no alarm's name; environments are named as payments/prod-eu")
                }
                return .alarm(name)
            }
            guard let alarm = AlarmElsewhere(name) else {
                index = start
                throw failure("“\(name)” is neither an environment nor an alarm of one, as payments/prod-eu:faults")
            }
            return alarm.isGlob ? .any([.elsewhere(alarm)]) : .elsewhere(alarm)
        }

        /// A part of `any`, `all` or `atLeast`, in which each environment of a glob counts by itself.
        mutating func part() throws(AlarmExpressionError) -> AlarmExpression {
            let part = try disjunction()
            if case .atLeast(1, let alone) = part, alone.count == 1, case .elsewhere = alone[0] { return alone[0] }
            return part
        }

        mutating func accept(word wanted: String) -> Bool {
            let start = index
            if word() == wanted { return true }
            index = start
            return false
        }

        mutating func disjunction() throws(AlarmExpressionError) -> AlarmExpression {
            var parts = [try conjunction()]
            while accept(word: "or") { parts.append(try conjunction()) }
            return parts.count == 1 ? parts[0] : .any(parts)
        }

        mutating func conjunction() throws(AlarmExpressionError) -> AlarmExpression {
            var parts = [try factor()]
            while accept(word: "and") { parts.append(try factor()) }
            return parts.count == 1 ? parts[0] : .all(parts)
        }

        mutating func factor() throws(AlarmExpressionError) -> AlarmExpression {
            depth += 1
            defer { depth -= 1 }
            guard depth < 64 else { throw failure("nested too deeply") }
            if accept("(") {
                let inner = try disjunction()
                guard accept(")") else { throw failure("a “)” is missing") }
                return inner
            }
            skipBlanks()
            let start = index
            if let name = try quoted() { return try operand(name, at: start) }
            guard let name = word() else { throw failure("an alarm's name is missing") }
            switch name {
            case "not": return .not(try factor())
            case "and", "or": throw failure("an alarm's name is missing before “\(name)”")
            case "any", "all", "atLeast":
                guard accept("(") else { return .alarm(name) }
                return try call(name)
            default: return try operand(name, at: start)
            }
        }

        mutating func call(_ name: String) throws(AlarmExpressionError) -> AlarmExpression {
            var needed = 1
            if name == "atLeast" {
                guard let number = word().flatMap({ Int($0) }), number > 0 else {
                    throw failure("atLeast wants a number first, as in atLeast(2, cpu, memory)")
                }
                needed = number
                guard accept(",") else { throw failure("a “,” is missing") }
            }
            var parts = [try part()]
            while accept(",") { parts.append(try part()) }
            guard accept(")") else { throw failure("a “)” is missing") }
            // How many a glob stands for is known once all environments are.
            let isCounted = !parts.contains { if case .elsewhere(let alarm) = $0 { alarm.isGlob } else { false } }
            if isCounted, needed > parts.count {
                throw failure("atLeast(\(needed), …) can never be on with \(parts.count) alarms")
            }
            return name == "all" ? .all(parts) : .atLeast(needed, parts)
        }
    }
}
