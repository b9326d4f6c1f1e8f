/// `mix.lock`: an Elixir map of tuples.
enum MixLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "mix.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        var scanner = Scanner(bytes)
        var result: [Package] = []
        var last: String?
        while let token = scanner.next() {
            switch token {
            case .text(let name): last = name
            case .tuple:
                // `"ecto": {:hex, :ecto, "3.11.2", …}` or `"x": {:git, "url", "sha", …}`
                guard let name = last, case .atom(let kind)? = scanner.next() else { continue }
                if kind == "hex", case .atom(let real)? = scanner.next(), case .text(let version)? = scanner.next() {
                    result.append(Package(real, version, .hex))
                } else if kind == "git", case .text? = scanner.next(), case .text(let revision)? = scanner.next() {
                    result.append(Package(name, revision, .hex))
                }
                scanner.skipTuple()
                last = nil
            case .atom, .end: break
            }
        }
        return result
    }

    private enum Token { case text(String), atom(String), tuple, end }

    private struct Scanner {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> Token? {
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                switch byte {
                case UInt8(ascii: "\""): return .text(quoted())
                case UInt8(ascii: "{"):
                    if position >= 2, bytes[position - 2] == UInt8(ascii: "%") { continue }
                    return .tuple
                case UInt8(ascii: "}"): return .end
                case UInt8(ascii: ":"):
                    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                        position += 1
                        return .atom(quoted())
                    }
                    let start = position
                    while position < bytes.count, isWord(bytes[position]) { position += 1 }
                    if position > start { return .atom(String(decoding: bytes[start..<position], as: UTF8.self)) }
                case UInt8(ascii: "#"):
                    while position < bytes.count, bytes[position] != 10 { position += 1 }
                default: continue
                }
            }
            return nil
        }

        /// To the end of the tuple that is open.
        mutating func skipTuple() {
            var depth = 1
            while depth > 0, let token = next() {
                if case .tuple = token { depth += 1 }
                if case .end = token { depth -= 1 }
            }
        }

        private func isWord(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || (byte | 0x20 >= 97 && byte | 0x20 <= 122) || (byte >= 48 && byte <= 57)
        }

        private mutating func quoted() -> String {
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            let end = min(position, bytes.count)
            position = min(bytes.count, position + 1)
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
    }
}
