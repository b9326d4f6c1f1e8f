import CExpat
import Foundation

/// `pom.xml`: the parent, dependencies and imported lists of versions, with properties of the same file put in.
enum MavenProject: DependencyFormat {
    static func matches(_ name: Substring) -> Bool { name == "pom.xml" }

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package] {
        let reader = Reader()
        try reader.read(bytes)
        var properties = reader.properties
        for key in ["groupId", "artifactId", "version"] {
            let value = reader.project[key] ?? (key == "artifactId" ? nil : reader.parent[key])
            if let value {
                properties["project.\(key)"] = value
                properties["pom.\(key)"] = value
            }
            if let value = reader.parent[key] { properties["project.parent.\(key)"] = value }
        }
        let managed = reader.managed.map { $0.mapValues { expand($0, properties) } }
        var result: [Package] = []
        func add(_ fields: [String: String], _ relation: Package.Relation?) {
            guard let group = fields["groupId"], let artifact = fields["artifactId"] else { return }
            let rule = managed.last { $0["groupId"] == group && $0["artifactId"] == artifact }
            guard let version = fields["version"] ?? rule?["version"] else { return }
            result.append(Package("\(group):\(artifact)", version, .maven, relation))
        }
        add(reader.parent.mapValues { expand($0, properties) }, .direct)
        for fields in reader.dependencies { add(fields.mapValues { expand($0, properties) }, .direct) }
        // A managed version bears on what is not named here, too.
        for fields in managed { add(fields, nil) }
        return merged(result)
    }

    /// What is both managed and named is there once.
    private static func merged(_ packages: [Package]) -> [Package] {
        let direct = Set(packages.filter { $0.relation == .direct }.map { "\($0.name)@\($0.version)" })
        return packages.filter { $0.relation == .direct || !direct.contains("\($0.name)@\($0.version)") }
    }

    private static func expand(_ text: String, _ properties: [String: String]) -> String {
        var result = text
        for _ in 0..<10 {
            guard let start = result.range(of: "${"),
                let end = result.range(of: "}", range: start.upperBound..<result.endIndex)
            else { break }
            guard let value = properties[String(result[start.upperBound..<end.lowerBound])], value.count < 1000 else {
                break
            }
            result.replaceSubrange(start.lowerBound..<end.upperBound, with: value)
        }
        return result
    }

    /// Takes in the elements as expat meets them. Expat itself stops entities that would grow without bounds.
    private final class Reader {
        var project: [String: String] = [:]
        var parent: [String: String] = [:]
        var properties: [String: String] = [:]
        var dependencies: [[String: String]] = []
        var managed: [[String: String]] = []
        private var path: [String] = []
        private var text: [UInt8] = []
        private var current: [String: String] = [:]

        func read(_ bytes: [UInt8]) throws(FormatError) {
            guard let parser = XML_ParserCreate(nil) else { throw FormatError("no memory") }
            defer { XML_ParserFree(parser) }
            XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
            XML_SetElementHandler(
                parser, { data, name, _ in Reader.of(data)?.begin(name) }, { data, _ in Reader.of(data)?.end() })
            XML_SetCharacterDataHandler(parser) { data, bytes, count in Reader.of(data)?.take(bytes, count) }
            let status = bytes.withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) {
                    XML_Parse(parser, $0.baseAddress, Int32(clamping: $0.count), 1)
                }
            }
            guard status == XML_STATUS_OK else {
                let why = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "it is no XML"
                throw FormatError("line \(XML_GetCurrentLineNumber(parser)): \(why)")
            }
        }

        private static func of(_ data: UnsafeMutableRawPointer?) -> Reader? {
            data.map { Unmanaged<Reader>.fromOpaque($0).takeUnretainedValue() }
        }

        private func begin(_ name: UnsafePointer<CChar>?) {
            let full = name.map { String(cString: $0) } ?? ""
            path.append(full.split(separator: ":").last.map(String.init) ?? full)
            text = []
            if isDependency { current = [:] }
        }

        private func take(_ bytes: UnsafePointer<CChar>?, _ count: Int32) {
            guard let bytes, text.count < 10_000 else { return }
            text.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }

        private var isDependency: Bool {
            path == ["project", "dependencies", "dependency"]
                || path == ["project", "dependencyManagement", "dependencies", "dependency"]
        }

        private func end() {
            let value = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if isDependency {
                if path.count == 3 { dependencies.append(current) } else { managed.append(current) }
            }
            let name = path.popLast() ?? ""
            text = []
            if path == ["project"] {
                if ["groupId", "artifactId", "version"].contains(name) { project[name] = value }
            } else if path == ["project", "parent"] {
                parent[name] = value
            } else if path == ["project", "properties"] {
                properties[name] = value
            } else if isDependency {
                current[name] = value
            }
        }
    }
}
