/// Something wrong in a file: where, what, and what to do.
public struct Fault: Error, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var file: String
    public var mark: Mark
    public var message: String
    /// The words of the message without the names and numbers in it: those of like faults are the same.
    public var shape: String
    public var mend: String

    public init(file: String, mark: Mark, message: FaultMessage, mend: String) {
        self.file = file
        self.mark = mark
        self.message = message.text
        shape = message.shape
        self.mend = mend
    }

    /// `FILE:LINE:COLUMN: what is wrong; what to do`.
    public var description: String { "\(file):\(mark.line):\(mark.column): \(message); \(mend)" }

    public static func < (left: Fault, right: Fault) -> Bool {
        (left.mark, left.message) < (right.mark, right.message)
    }
}

/// What is wrong, in words: what is written out in the source makes its shape, what is put in does not.
public struct FaultMessage: Hashable, Sendable, ExpressibleByStringInterpolation {
    public private(set) var text: String
    public private(set) var shape: String

    public init(stringLiteral text: String) { (self.text, shape) = (text, text) }

    public init(stringInterpolation: StringInterpolation) {
        (text, shape) = (stringInterpolation.text, stringInterpolation.shape)
    }

    public static func + (left: FaultMessage, right: FaultMessage) -> FaultMessage {
        var result = left
        result.text += right.text
        result.shape += right.shape
        return result
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var shape = ""

        public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        public mutating func appendLiteral(_ literal: String) {
            text += literal
            shape += literal
        }

        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            text += value.description
            shape += "…"
        }

        /// What is put in and tells one fault from another all the same, such as a parser's own message.
        public mutating func appendInterpolation(words: String) { appendLiteral(words) }
    }
}

/// A fault as it is listed, and how many more like it are not.
public struct ListedFault: Sendable, CustomStringConvertible {
    public var fault: Fault
    public var unlisted = 0

    public var description: String { unlisted > 0 ? "\(fault) (and \(grouped(unlisted)) more like it)" : "\(fault)" }
}

extension [Fault] {
    /// The faults as people read them: of many alike only the first, and how many more there are.
    /// - Parameter most: so many of a kind are listed.
    public func listed(most: Int = 10) -> [ListedFault] {
        var counts: [String: (listed: Int, last: Int)] = [:]
        var result: [ListedFault] = []
        for fault in self {
            let known = counts[fault.shape] ?? (0, 0)
            if known.listed < most {
                counts[fault.shape] = (known.listed + 1, result.count)
                result.append(ListedFault(fault: fault))
            } else {
                result[known.last].unlisted += 1
            }
        }
        return result
    }
}

/// A number with its thousands set apart: `3,998`.
private func grouped(_ number: Int) -> String {
    var result = ""
    for (index, digit) in String(number).reversed().enumerated() {
        if index > 0, index % 3 == 0 { result = ",\(result)" }
        result = "\(digit)\(result)"
    }
    return result
}
