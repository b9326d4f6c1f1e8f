import Model

/// JSON written in one way only: names sorted, no white space. Two values are the same where their bytes are.
///
/// Numbers and texts are compared as they are written: both sides come from the same program.
enum CanonicalJSON {
    /// Deeper than any object that an API server takes.
    private static let mostDepth = 200

    /// - Parameter leavingOut: paths of members that do not count, such as `metadata/creationTimestamp`.
    static func bytes(
        of value: [UInt8], leavingOut: Set<[String]> = []
    ) throws(JSONFault) -> [UInt8] {
        try JSONReader.read(value) { reader throws(JSONFault) in
            var result: [UInt8] = []
            try write(&reader, &result, path: [], leavingOut)
            guard reader.isAtEnd() else { throw reader.fault("something follows the value") }
            return result
        }
    }

    private static func write(
        _ reader: inout JSONReader, _ result: inout [UInt8], path: [String], _ leavingOut: Set<[String]>
    ) throws(JSONFault) {
        guard path.count < mostDepth else { throw reader.fault("it is nested too deeply") }
        var probe = reader
        let raw = try probe.raw()
        switch raw.first {
        case UInt8(ascii: "{"):
            var members: [(name: String, value: [UInt8])] = []
            try reader.members { reader, key throws(JSONFault) in
                let name = key.text
                if leavingOut.contains(path + [name]) { return }
                var value: [UInt8] = []
                try write(&reader, &value, path: path + [name], leavingOut)
                members.append((name, value))
            }
            result.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.name < $1.name }).enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                result.append(contentsOf: JSONText.quoted(member.name).utf8)
                result.append(UInt8(ascii: ":"))
                result.append(contentsOf: member.value)
            }
            result.append(UInt8(ascii: "}"))
        case UInt8(ascii: "["):
            result.append(UInt8(ascii: "["))
            var isFirst = true
            try reader.elements { reader throws(JSONFault) in
                if !isFirst { result.append(UInt8(ascii: ",")) }
                isFirst = false
                try write(&reader, &result, path: path + ["*"], leavingOut)
            }
            result.append(UInt8(ascii: "]"))
        case UInt8(ascii: "\""): result.append(contentsOf: JSONText.quoted(try reader.text() ?? "").utf8)
        default:
            result.append(contentsOf: raw)
            reader = probe
        }
    }
}

/// Writes JSON.
enum JSONText {
    /// A text in quotes.
    static func quoted(_ text: String) -> String {
        StoredJSON.text(text).description
    }

    /// An object of members whose values are JSON already.
    static func object(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { "\(quoted($0.name)):\($0.value)" }.joined(separator: ",") + "}"
    }
}
