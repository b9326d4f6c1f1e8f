/// An aggregate alarm: an expression over the alarms of an environment.
public indirect enum AlarmExpression: Hashable, Sendable {
    case alarm(String)
    case not(AlarmExpression)
    case all([AlarmExpression])
    case atLeast(Int, [AlarmExpression])

    public static func any(_ parts: [AlarmExpression]) -> AlarmExpression { .atLeast(1, parts) }

    /// The names of all alarms in it.
    public var names: Set<String> {
        switch self {
        case .alarm(let name): [name]
        case .not(let part): part.names
        case .all(let parts), .atLeast(_, let parts): parts.reduce(into: []) { $0.formUnion($1.names) }
        }
    }

    /// The state that follows from the states of the alarms.
    ///
    /// Unknown stays unknown only where it could make a difference, as in three-valued logic.
    public func evaluate(_ state: (String) -> AlarmState) -> AlarmState {
        switch self {
        case .alarm(let name):
            return state(name)
        case .not(let part):
            switch part.evaluate(state) {
            case .alarm: return .ok
            case .ok: return .alarm
            case .insufficientData: return .insufficientData
            }
        case .all(let parts):
            return Self.count(parts, state, needed: parts.count)
        case .atLeast(let needed, let parts):
            return Self.count(parts, state, needed: needed)
        }
    }

    private static func count(
        _ parts: [AlarmExpression], _ state: (String) -> AlarmState, needed: Int
    ) -> AlarmState {
        var on = 0
        var unknown = 0
        for part in parts {
            switch part.evaluate(state) {
            case .alarm: on += 1
            case .insufficientData: unknown += 1
            case .ok: break
            }
        }
        if on >= needed { return .alarm }
        return on + unknown >= needed ? .insufficientData : .ok
    }
}

/// What is wrong with the text of an expression, and where: `offset` counts characters from its start.
public struct AlarmExpressionError: Error, Equatable, Sendable {
    public var offset: Int
    public var message: String
}

extension AlarmExpression {
    /// Reads `any(faults, slow) or atLeast(2, cpu, memory)`: names, `and`, `or`, `not`, parentheses, `any(…)`,
    /// `all(…)`, `atLeast(N, …)`. `and` binds tighter than `or`.
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
                characters[index].isLetter || characters[index].isNumber || "-_.".contains(characters[index])
            {
                index += 1
            }
            return index > start ? String(characters[start..<index]) : nil
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
            guard let name = word() else { throw failure("an alarm's name is missing") }
            switch name {
            case "not": return .not(try factor())
            case "and", "or": throw failure("an alarm's name is missing before “\(name)”")
            case "any", "all", "atLeast":
                guard accept("(") else { return .alarm(name) }
                return try call(name)
            default: return .alarm(name)
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
            var parts = [try disjunction()]
            while accept(",") { parts.append(try disjunction()) }
            guard accept(")") else { throw failure("a “)” is missing") }
            if needed > parts.count {
                throw failure("atLeast(\(needed), …) can never be on with \(parts.count) alarms")
            }
            return name == "all" ? .all(parts) : .atLeast(needed, parts)
        }
    }
}
