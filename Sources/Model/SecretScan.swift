/// One pass over the bytes of a text for what is shaped like a secret.
///
/// Most bytes are passed by one look in a table: lines of logs come by the hundred thousand.
struct SecretScan {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// What is to be hidden: in order, apart from each other.
    private(set) var found: [Range<Int>] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The text with what was found hidden.
    var result: String {
        var output: [UInt8] = []
        var place = 0
        for range in found {
            output += bytes[place..<range.lowerBound]
            output += Secrets.placeholder.utf8
            place = range.upperBound
        }
        output += bytes[place...]
        return String(decoding: output, as: UTF8.self)
    }

    private enum Sign {
        static let none: UInt8 = 0, value: UInt8 = 1, dash: UInt8 = 2, letter: UInt8 = 3, at: UInt8 = 4
    }

    /// Where a look is worth while.
    private static let signs: [UInt8] = {
        var signs = [UInt8](repeating: Sign.none, count: 256)
        for beginning in SecretShapes.beginnings { signs[Int(beginning.text[0])] = Sign.letter }
        for byte in "BbEeIi".utf8 { signs[Int(byte)] = Sign.letter }
        for byte in "=:".utf8 { signs[Int(byte)] = Sign.value }
        signs[Int(UInt8(ascii: "-"))] = Sign.dash
        signs[Int(UInt8(ascii: "@"))] = Sign.at
        return signs
    }()

    mutating func run() {
        var place = 0
        Self.signs.withUnsafeBufferPointer { signs in
            while place < bytes.count {
                let sign = signs[Int(bytes[place])]
                if sign != Sign.none, let range = look(place, sign), !range.isEmpty {
                    // What begins before the last one ends is a part of it.
                    if range.lowerBound >= found.last?.upperBound ?? 0, !isHidden(range.lowerBound) {
                        found.append(range)
                    }
                    place = max(place + 1, range.upperBound)
                } else {
                    place += 1
                }
            }
        }
    }

    private func look(_ place: Int, _ sign: UInt8) -> Range<Int>? {
        switch sign {
        case Sign.value: isAt(place, "://") ? userInformation(place) : assignment(place)
        case Sign.dash: place > 0 && isWordByte(bytes[place - 1]) ? nil : privateKey(place) ?? option(place)
        case Sign.at: connection(place)
        default: place > 0 && isWordByte(bytes[place - 1]) ? nil : token(place)
        }
    }

    // MARK: what a secret looks like

    /// `ghp_…`, `eyJ….….…`, `Bearer …`
    private func token(_ place: Int) -> Range<Int>? {
        for beginning in SecretShapes.beginningsByByte[Int(bytes[place])] where starts(place, beginning.text) {
            let start = place + beginning.text.count
            let end = run(from: start) { beginning.isWide ? isWide($0) : isAlphanumeric($0) }
            return end - start >= beginning.least ? start..<end : nil
        }
        if isAt(place, "eyJ") {
            let end = run(from: place) { isWide($0) }
            let dots = bytes[place..<end].count { $0 == UInt8(ascii: ".") }
            return end - place >= 20 && dots >= 1 ? place + 3..<end : nil
        }
        if bytes[place] | 0x20 == UInt8(ascii: "i") { return spoken(place) }
        guard isAt(place, "Bearer ") || isAt(place, "bearer ") || isAt(place, "Basic ") || isAt(place, "basic ") else {
            return nil
        }
        let start = run(from: place) { $0 != Self.space } + 1
        let end = run(from: start) { isWide($0) || "+/=~".utf8.contains($0) }
        return end - start >= 8 && isMixed(start..<end) ? start..<end : nil
    }

    /// `the password is SECRET`, as people tell each other.
    private func spoken(_ place: Int) -> Range<Int>? {
        guard isAt(place, "is ") || isAt(place, "is: ") || isAt(place, "IS "), place > 1, bytes[place - 1] == Self.space
        else { return nil }
        var nameStart = place - 1
        while nameStart > 0, place - nameStart < 64, isNameByte(bytes[nameStart - 1]) { nameStart -= 1 }
        guard let weight = SecretShapes.weight(ofName: bytes[nameStart..<place - 1]), weight != .restOfLine else {
            return nil
        }
        var value = word(from: run(from: place) { $0 != Self.space } + 1)
        while let last = bytes[value].last, ".,;!?)".utf8.contains(last) {
            value = value.lowerBound..<value.upperBound - 1
        }
        guard let first = bytes[value].first, first != UInt8(ascii: "/"), !isHidden(value.lowerBound),
            !isReference(value)
        else { return nil }
        return value.count >= (weight == .always ? 6 : 20) && hasLetterAndDigit(value) ? value : nil
    }

    /// `-----BEGIN … PRIVATE KEY-----` up to its end.
    private func privateKey(_ place: Int) -> Range<Int>? {
        guard isAt(place, "-----BEGIN ") else { return nil }
        let titleEnd = min(bytes.count, place + 64)
        guard let title = find("PRIVATE KEY", in: place..<titleEnd), let dashes = find("-----", in: title..<titleEnd)
        else { return nil }
        let start = dashes + 5
        return start..<(find("-----END", in: start..<bytes.count) ?? bytes.count)
    }

    /// `scheme://user:SECRET@host`; a password may hold a slash by mistake.
    private func userInformation(_ place: Int) -> Range<Int>? {
        let start = place + 3
        let end = run(from: start, atMost: Self.reach) {
            $0 > Self.space && $0 < 0x7F && !isQuote($0) && !"<>)".utf8.contains($0)
        }
        let authorityEnd = bytes[start..<end].firstIndex { "/?#".utf8.contains($0) } ?? end
        let colon = bytes[start..<authorityEnd].firstIndex(of: UInt8(ascii: ":"))
        if let at = bytes[start..<authorityEnd].lastIndex(of: UInt8(ascii: "@")) {
            if let colon, colon < at { return colon + 1..<at }
            return at - start >= 20 && isMixed(start..<at) ? start..<at : nil
        }
        guard let colon, !bytes[colon + 1..<authorityEnd].allSatisfy(isDigit) else { return nil }
        return bytes[colon..<end].firstIndex(of: UInt8(ascii: "@")).map { colon + 1..<$0 }
    }

    /// `user:SECRET@tcp(host)`, as Go's drivers write it.
    private func connection(_ place: Int) -> Range<Int>? {
        guard isAt(place, "@tcp(") || isAt(place, "@unix(") else { return nil }
        let start =
            bytes[max(0, place - Self.reach)..<place].lastIndex { $0 <= Self.space || isQuote($0) }.map { $0 + 1 } ?? 0
        return bytes[start..<place].firstIndex(of: UInt8(ascii: ":")).map { $0 + 1..<place }
    }

    /// `--password SECRET`, `-u user:SECRET`, and `-pSECRET` of the programs that read a password so.
    private func option(_ place: Int) -> Range<Int>? {
        if isAt(place, "--") {
            let nameEnd = run(from: place + 2) { isNameByte($0) }
            guard nameEnd < bytes.count, bytes[nameEnd] == Self.space else { return nil }
            let value = word(from: nameEnd + 1)
            if isAt(place, "--user ") { return password(in: value) }
            guard SecretShapes.weight(ofName: bytes[place + 2..<nameEnd]) == .always, !value.isEmpty,
                bytes[value.lowerBound] != UInt8(ascii: "-"), !isReference(value)
            else { return nil }
            return value
        }
        if isAt(place, "-u ") { return password(in: word(from: place + 3)) }
        if isAt(place, "-p"), let value = shortPassword(place) { return value }
        guard place > 0, bytes[place - 1] == Self.space else { return nil }
        if isAt(place, "-p"),
            (["mysql", "mariadb", "sshpass"] as [StaticString]).contains(where: { isAfter($0, place) })
        {
            let isApart = isAt(place, "-p ") && isAfter("sshpass", place)
            return word(from: place + (isApart ? 3 : 2))
        }
        if isAt(place, "-a "), isAfter("redis-cli", place) { return word(from: place + 3) }
        return nil
    }

    /// `-pSECRET` of any program: long, and no word of a language; `-p2222`, `-p8080:80/tcp` and `-parallel=4` are ports
    /// and options.
    private func shortPassword(_ place: Int) -> Range<Int>? {
        guard
            place == 0 || bytes[place - 1] <= Self.space || isQuote(bytes[place - 1])
                || ",[(=".utf8.contains(bytes[place - 1])
        else { return nil }
        let value = word(from: place + 2)
        guard value.count >= 8, hasLetterAndDigit(value), !isHidden(value.lowerBound) else { return nil }
        if "/.$-".utf8.contains(bytes[value.lowerBound]) { return nil }
        // A protocol behind numbers.
        let numbersEnd = run(from: value.lowerBound) { isDigit($0) || ".:,-".utf8.contains($0) }
        if numbersEnd >= value.upperBound || numbersEnd > value.lowerBound && bytes[numbersEnd] == UInt8(ascii: "/") {
            return nil
        }
        let nameEnd = run(from: value.lowerBound) { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
        if nameEnd < value.upperBound, nameEnd > value.lowerBound, "=:".utf8.contains(bytes[nameEnd]) { return nil }
        return value
    }

    private func password(in value: Range<Int>) -> Range<Int>? {
        guard let colon = bytes[value].firstIndex(of: UInt8(ascii: ":")), !isAt(colon, "://") else { return nil }
        let range = colon + 1..<value.upperBound
        return bytes[range].allSatisfy(isDigit) ? nil : range
    }

    /// Whether a program's name stands before, in the same command.
    private func isAfter(_ program: StaticString, _ place: Int) -> Bool {
        find(program, in: max(0, place - 200)..<place) != nil
    }

    // MARK: a name and its value

    /// `password=…`, `"token": "…"`, `Authorization: …`
    private func assignment(_ sign: Int) -> Range<Int>? {
        var nameEnd = sign
        while nameEnd > 0, sign - nameEnd < 2, bytes[nameEnd - 1] == Self.space { nameEnd -= 1 }
        var isQuoted = false
        while nameEnd > 0, isQuote(bytes[nameEnd - 1]) || "]\\".utf8.contains(bytes[nameEnd - 1]) {
            isQuoted = true
            nameEnd -= 1
        }
        var nameStart = nameEnd
        while nameStart > 0, nameEnd - nameStart < 64, isNameByte(bytes[nameStart - 1]) { nameStart -= 1 }
        guard nameStart < nameEnd, let weight = SecretShapes.weight(ofName: bytes[nameStart..<nameEnd]) else {
            return nil
        }
        // `==`, `=>` and `:=` compare and define.
        var start = sign + 1
        guard start < bytes.count, !"=>".utf8.contains(bytes[start]) else { return nil }
        while start < bytes.count, bytes[start] == Self.space { start += 1 }
        let isTight = bytes[sign] == UInt8(ascii: "=") && start == sign + 1 || isQuoted
        var quote: UInt8?
        if start < bytes.count, bytes[start] == UInt8(ascii: "\\") { start += 1 }
        if start < bytes.count, isQuote(bytes[start]) {
            quote = bytes[start]
            start += 1
        }
        let range = start..<valueEnd(from: start, quote: quote, isLine: weight == .restOfLine)
        guard !range.isEmpty, !isHidden(start), !isReference(range) else { return nil }
        let text = bytes[range]
        if SecretShapes.plainWords.contains(String(decoding: text.prefix(12), as: UTF8.self).lowercased()) {
            return nil
        }
        switch weight {
        case .restOfLine: return range
        case .mixed: return range.count >= 20 && isMixed(range) ? range : nil
        case .always:
            let name = String(decoding: bytes[nameStart..<nameEnd], as: UTF8.self).lowercased()
            if name == "pwd", text.first == UInt8(ascii: "/") { return nil }
            if name == "pass", text.allSatisfy(isDigit) { return nil }
            if isTight || quote != nil || name.hasSuffix("password") || name.hasSuffix("passwd") { return range }
            return range.count >= 6 && isMixed(range) ? range : nil
        }
    }

    /// A value ends at its quote, at a space, or where the next pair begins.
    private func valueEnd(from start: Int, quote: UInt8?, isLine: Bool) -> Int {
        if let quote {
            return run(from: start) { $0 != quote && $0 != Self.newline && $0 != UInt8(ascii: "\\") }
        }
        if isLine { return run(from: start) { $0 != Self.newline && !isQuote($0) } }
        var end = start
        while end < bytes.count, end - start < Self.reach, bytes[end] > Self.space, !isQuote(bytes[end]) {
            if ",;&)]}".utf8.contains(bytes[end]) {
                let next = run(from: end + 1) { $0 == Self.space || ")]},;".utf8.contains($0) }
                let nameEnd = run(from: next) { isNameByte($0) || $0 == Self.space }
                if next > end + 1 || next == bytes.count || isQuote(bytes[next]) || bytes[next] < Self.space { break }
                if nameEnd < bytes.count, nameEnd > next, bytes[nameEnd] == UInt8(ascii: "=") { break }
            }
            end += 1
        }
        return end
    }

    private func word(from start: Int) -> Range<Int> {
        guard start < bytes.count else { return start..<start }
        if isQuote(bytes[start]) {
            let quote = bytes[start]
            return start + 1..<run(from: start + 1) { $0 != quote }
        }
        return start..<run(from: start) { $0 > Self.space && !isQuote($0) }
    }

    /// `$NAME`, `${NAME}`, `$(…)`, `<name>`, `***`, `%s`: where a secret will be, not one.
    private func isReference(_ range: Range<Int>) -> Bool {
        let text = bytes[range]
        guard let first = text.first, let last = text.last else { return false }
        if text.allSatisfy({ "*•x.%s{}".utf8.contains($0) }) { return true }
        if first == UInt8(ascii: "<") { return last == UInt8(ascii: ">") }
        guard first == UInt8(ascii: "$"), let second = text.dropFirst().first else { return false }
        if "{(".utf8.contains(second) { return true }
        return text.dropFirst().allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") || isDigit($0) }
            && !isDigit(second)
    }

    /// Whether it is not a word of a language: letters and digits, or letters of both kinds within.
    private func isMixed(_ range: Range<Int>) -> Bool {
        let text = bytes[range]
        let hasUpperWithin = text.dropFirst().contains { (0x41...0x5A).contains($0) }
        let hasLower = text.contains { (0x61...0x7A).contains($0) }
        return hasLetterAndDigit(range) || hasUpperWithin && hasLower
    }

    private func hasLetterAndDigit(_ range: Range<Int>) -> Bool {
        let text = bytes[range]
        return text.contains { (0x41...0x5A).contains($0 & 0xDF) } && text.contains(where: isDigit)
    }

    // MARK: bytes

    private static let space = UInt8(ascii: " ")
    private static let newline = UInt8(ascii: "\n")
    /// How far is looked for the end of something that may turn out to be nothing: a line made to be slow is not.
    private static let reach = 4096

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (0x41...0x5A).contains(byte & 0xDF) }
    private func isWordByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
    private func isNameByte(_ byte: UInt8) -> Bool { isWordByte(byte) || byte == UInt8(ascii: "-") || byte == 0x2E }
    private func isWide(_ byte: UInt8) -> Bool { isNameByte(byte) }
    private func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 || byte == 0x60 }

    /// The first place from `start` on where the condition does not hold.
    private func run(from start: Int, atMost reach: Int = .max, while condition: (UInt8) -> Bool) -> Int {
        var end = min(start, bytes.count)
        let limit = reach < bytes.count - end ? end + reach : bytes.count
        while end < limit, condition(bytes[end]) { end += 1 }
        return end
    }

    private func starts(_ place: Int, _ text: [UInt8]) -> Bool {
        bytes.count - place >= text.count && text.indices.allSatisfy { bytes[place + $0] == text[$0] }
    }

    private func isAt(_ place: Int, _ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - place >= count else { return false }
        for index in 0..<count where bytes[place + index] != text.utf8Start[index] { return false }
        return true
    }

    private func find(_ text: StaticString, in range: Range<Int>) -> Int? { range.first { isAt($0, text) } }

    private func isHidden(_ place: Int) -> Bool { isAt(place, "‹hidden›") || isAt(place, "(hidden)") }
}
