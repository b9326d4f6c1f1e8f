import CExpat
import Foundation

/// An element of XML, without its namespace.
struct XMLElement {
    var name: String
    var attributes: [String: String] = [:]
    var text = ""
    var children: [XMLElement] = []

    /// The first element of that name below this one.
    subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The text of the first element of that name; `nil` where it is empty.
    func value(_ name: String) -> String? { self[name].flatMap { $0.text.isEmpty ? nil : $0.text } }
}

/// Reads XML into elements. Expat itself stops entities that would grow without bounds.
enum XMLTree {
    private static let deepest = 100
    private static let mostElements = 2_000_000
    private static let longestText = 10_000

    static func parse(_ bytes: [UInt8]) throws(FormatError) -> XMLElement {
        guard let parser = XML_ParserCreate(nil) else { throw FormatError("no memory") }
        defer { XML_ParserFree(parser) }
        let builder = Builder()
        XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        XML_SetElementHandler(
            parser, { data, name, attributes in Builder.of(data)?.begin(name, attributes) },
            { data, _ in Builder.of(data)?.end() })
        XML_SetCharacterDataHandler(parser) { data, bytes, count in Builder.of(data)?.take(bytes, count) }
        let status = bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                XML_Parse(parser, $0.baseAddress, Int32(clamping: $0.count), 1)
            }
        }
        if let fault = builder.fault { throw FormatError(fault) }
        guard status == XML_STATUS_OK, let root = builder.root else {
            let why = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "it is no XML"
            throw FormatError("line \(XML_GetCurrentLineNumber(parser)): \(why)")
        }
        return root
    }

    /// Takes in the elements as expat meets them.
    private final class Builder {
        private(set) var root: XMLElement?
        private(set) var fault: String?
        private var open: [(element: XMLElement, text: [UInt8])] = []
        private var count = 0

        static func of(_ data: UnsafeMutableRawPointer?) -> Builder? {
            data.map { Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
        }

        func begin(
            _ name: UnsafePointer<CChar>?, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        ) {
            guard fault == nil else { return }
            count += 1
            if open.count >= XMLTree.deepest { fault = "nested too deeply" }
            if count > XMLTree.mostElements { fault = "it has more than \(XMLTree.mostElements) elements" }
            var element = XMLElement(name: Self.local(name))
            // Names and values in turn, until there is none.
            var index = 0
            while let attributes, let key = attributes[index], let value = attributes[index + 1] {
                element.attributes[Self.local(key)] = String(cString: value)
                index += 2
            }
            open.append((element, []))
        }

        func take(_ bytes: UnsafePointer<CChar>?, _ count: Int32) {
            guard fault == nil, let bytes, count > 0, let last = open.indices.last,
                open[last].text.count < XMLTree.longestText
            else { return }
            open[last].text.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }

        func end() {
            guard fault == nil, let (closed, text) = open.popLast() else { return }
            var element = closed
            element.text = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if let last = open.indices.last { open[last].element.children.append(element) } else { root = element }
        }

        private static func local(_ name: UnsafePointer<CChar>?) -> String {
            let full = name.map { String(cString: $0) } ?? ""
            return full.split(separator: ":").last.map(String.init) ?? full
        }
    }
}
