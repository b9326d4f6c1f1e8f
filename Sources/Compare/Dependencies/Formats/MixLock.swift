/// `mix.lock`: an Elixir map of tuples.
///
/// Source: https://github.com/hexpm/hex/blob/main/lib/hex/utils.ex (`Hex.Utils.lock`): `{:hex, name, version, inner
/// checksum, managers, deps, repository, outer checksum}`; `{:git, address, commit, options}` of Mix.
enum MixLock: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "mix.lock" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents {
        var scanner = Scanner(bytes)
        var result = ListContents()
        var unread: [String] = []
        var last: String?
        guard bytes.contains(UInt8(ascii: "{")) else { throw FormatError("it is no map of Elixir") }
        while let token = scanner.next() {
            switch token {
            case .text(let name): last = name
            case .tuple:
                // `"ecto": {:hex, :ecto, "3.11.2", …}` or `"x": {:git, "url", "sha", …}`
                guard let name = last else { continue }
                guard case .atom(let kind)? = scanner.next() else {
                    unread.append(name)
                    continue
                }
                if kind == "hex", case .atom(let real)? = scanner.next(), case .text(let version)? = scanner.next() {
                    // What stands in the tuple itself: checksums and the repository.
                    let texts = scanner.finishTuple()
                    var package = Package(real, version, .hex)
                    if let inner = texts.first { package.checksums.insert(Checksum("inner", inner)) }
                    if texts.count > 1 { package.origin = Origin(.registry, texts[1]) }
                    if texts.count > 2 { package.checksums.insert(Checksum("sha256", texts[2])) }
                    result.packages.append(package)
                } else if kind == "git", case .text(let place)? = scanner.next(),
                    case .text(let revision)? = scanner.next()
                {
                    result.packages.append(Package(name, revision, .hex, origin: Origin(.git, place)))
                    _ = scanner.finishTuple()
                } else {
                    unread.append(name)
                    _ = scanner.finishTuple()
                }
                last = nil
            case .atom, .list, .end: break
            }
        }
        result.leaveOut(unread, without: "package of Hex and no repository")
        if bytes.last(where: { ![9, 10, 13, 32].contains($0) }) != UInt8(ascii: "}") {
            result.leaveOut("its map has no end: what was behind it is missing")
        }
        return result
    }

    private enum Token { case text(String), atom(String), tuple, list, end }

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
                case UInt8(ascii: "["): return .list
                case UInt8(ascii: "}"), UInt8(ascii: "]"): return .end
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

        /// Goes to the end of the tuple that is open.
        /// - Returns: the texts in it, without those of tuples and lists inside.
        mutating func finishTuple() -> [String] {
            var texts: [String] = []
            var depth = 1
            while depth > 0, let token = next() {
                switch token {
                case .tuple, .list: depth += 1
                case .end: depth -= 1
                case .text(let text): if depth == 1 { texts.append(text) }
                case .atom: break
                }
            }
            return texts
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
