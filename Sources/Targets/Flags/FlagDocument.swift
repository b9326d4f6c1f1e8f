/// A flag file in flagd's JSON format (https://flagd.dev/reference/flag-definitions), of which one value can be changed
/// while every other byte stays as it is.
public struct FlagDocument: Equatable, Sendable {
    /// What is to be known of a flag before it is set.
    public struct Flag: Equatable, Sendable {
        /// In the order of the file.
        public var variants: [String]
        /// What everybody gets whom no targeting picks out; `nil` where the file leaves it to the service.
        public var defaultVariant: String?
        public var isDisabled: Bool
        /// Whether it has rules of its own, which outrank the default.
        public var hasTargeting: Bool
    }

    public let bytes: [UInt8]
    private let flags: [PlacedJSON.Member]

    public init(_ bytes: [UInt8]) throws(FlagFault) {
        self.bytes = bytes
        let root: PlacedJSON
        do throws(PlacedJSONFault) { root = try PlacedJSONReader.read(bytes) } catch {
            let (line, column) = Self.place(error.offset, in: bytes)
            throw .noJSON(line: line, column: column, what: error.what)
        }
        guard case .object(let members)? = root["flags"]?.content else { throw .noFlags }
        flags = members
    }

    /// Those there are, in the order of the file.
    public var names: [String] { flags.map(\.name) }

    /// What the file says of a flag.
    public func flag(_ name: String) throws(FlagFault) -> Flag {
        let found = try find(name)
        return Flag(
            variants: Self.variants(found), defaultVariant: found["defaultVariant"]?.text,
            isDisabled: found["state"]?.text == "DISABLED",
            hasTargeting: found["targeting"].map(Self.picksOut) ?? false)
    }

    /// The bytes of the file in which everybody whom no targeting picks out gets `variant`; the same bytes where it is
    /// so already.
    public func setting(_ name: String, to variant: String) throws(FlagFault) -> [UInt8] {
        let known = try flag(name)
        if known.isDisabled { throw .disabled(name) }
        guard known.variants.contains(variant) else { throw .noVariant(variant, of: name, among: known.variants) }
        if known.defaultVariant == variant { return bytes }
        let found = try find(name)
        var result = bytes
        if let value = found["defaultVariant"] {
            result.replaceSubrange(value.bytes, with: Self.quoted(variant))
        } else if case .object(let members) = found.content, let first = members.first {
            result.insert(
                contentsOf: Self.quoted("defaultVariant") + Array(": ".utf8) + Self.quoted(variant) + Array(", ".utf8),
                at: first.start)
        }
        return result
    }

    /// The last one of that name: it is the one that counts for whoever reads the file.
    private func find(_ name: String) throws(FlagFault) -> PlacedJSON {
        guard let found = flags.last(where: { $0.name == name })?.value else { throw .noFlag(name, among: names) }
        guard case .object = found.content else { throw .noObject(name) }
        return found
    }

    private static func variants(_ flag: PlacedJSON) -> [String] {
        guard case .object(let members)? = flag["variants"]?.content else { return [] }
        return members.map(\.name)
    }

    private static func picksOut(_ targeting: PlacedJSON) -> Bool {
        switch targeting.content {
        case .object(let rules): !rules.isEmpty
        case .null: false
        case .array, .text, .other: true
        }
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                let digits = String(byte, radix: 16)
                result += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
            default: result.append(byte)
            }
        }
        return result + [UInt8(ascii: "\"")]
    }

    /// Both from 1; columns count characters.
    private static func place(_ offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        var (line, start) = (1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        for index in 0..<min(offset, bytes.count) {
            let isEnd =
                bytes[index] == 0x0A || (bytes[index] == 0x0D && (index + 1 >= bytes.count || bytes[index + 1] != 0x0A))
            if isEnd { (line, start) = (line + 1, index + 1) }
        }
        let before = bytes[min(start, bytes.count)..<max(min(start, bytes.count), min(offset, bytes.count))]
        return (line, before.count { $0 & 0xC0 != 0x80 } + 1)
    }
}

/// Why a flag of a file cannot be read or set.
public enum FlagFault: Error, Equatable, Sendable, CustomStringConvertible {
    case noJSON(line: Int, column: Int, what: String)
    case noFlags
    case noFlag(String, among: [String])
    /// What stands under its name is no flag.
    case noObject(String)
    case noVariant(String, of: String, among: [String])
    case disabled(String)

    public var description: String {
        switch self {
        case .noJSON(let line, let column, let what): "line \(line), column \(column): no JSON: \(what)"
        case .noFlags: "it has no “flags”"
        case .noFlag(let name, let others): "it has no flag “\(name)”, \(Self.listed(others, "flag"))"
        case .noObject(let name): "flag “\(name)” is no mapping with “variants”"
        case .noVariant(let variant, let flag, let others):
            "flag “\(flag)” has no variant “\(variant)”, \(Self.listed(others, "variant"))"
        case .disabled(let name): "flag “\(name)” is DISABLED: whatever it is set to, nobody gets it"
        }
    }

    private static func listed(_ names: [String], _ noun: String) -> String {
        if names.isEmpty { return "and no \(noun) at all" }
        let first = names.prefix(8).joined(separator: ", ")
        return "only \(first)" + (names.count > 8 ? " and \(names.count - 8) more" : "")
    }
}
