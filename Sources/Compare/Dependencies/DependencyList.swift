import Foundation

/// Why a dependency list cannot be read.
struct FormatError: Error, Equatable {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

/// What a list says, and what of it says nothing to us.
struct ListContents {
    /// Something in a list that could not be read, or was left out.
    struct Remark: Hashable, Comparable {
        /// Whether packages may be missing because of it.
        var isGap: Bool
        var text: String
        /// The list that is compared; empty where it is still being read.
        var file = ""

        static func < (left: Remark, right: Remark) -> Bool {
            left.isGap == right.isGap ? left.text < right.text : left.isGap
        }
    }

    var packages: [Package] = []
    var remarks: [Remark] = []

    mutating func leaveOut(_ text: String) { remarks.append(Remark(isGap: true, text: text)) }
    mutating func remark(_ text: String) { remarks.append(Remark(isGap: false, text: text)) }

    /// Says of lines that say nothing to us where the first is, and what it is.
    mutating func leaveOut(lines: [(number: Int, text: Substring)]) {
        guard let first = lines.first else { return }
        let more =
            lines.count > 1 ? ", nor \(lines.count == 2 ? "does 1 more line" : "do \(lines.count - 1) more lines")" : ""
        leaveOut("line \(first.number): “\(first.text.prefix(60))” says nothing that lastgood knows\(more)")
    }

    /// Says of entries what they do not have, and which is the first of them.
    mutating func leaveOut(_ entries: [String], without what: String) {
        guard let first = entries.first else { return }
        let more = entries.count > 1 ? " and \(entries.count - 1) more" : ""
        leaveOut("“\(first.prefix(60))”\(more): no \(what)")
    }

    /// A format that is newer than what is known here may say more than is read.
    mutating func expect(format: Int?, atMost known: Int) {
        guard let format, format > known else { return }
        leaveOut("its format \(format) is newer than \(known), the newest that lastgood knows")
    }
}

/// A kind of lockfile or SBOM. Its parser must survive any bytes.
protocol DependencyFormat: Sendable {
    /// Whether a file with this name, the last part of its path, is of this kind.
    static func matches(_ name: Substring) -> Bool
    /// Whether a path is of this kind; by its name, where the format does not say otherwise.
    static func matches(path: String) -> Bool
    /// Whether such a list may name other files that say what it means, so that it may say something else though it is the
    /// same itself.
    static var namesOthers: Bool { get }
    /// Reads a list by itself. The bytes are UTF-8 without a byte order mark, except for XML, which names its encoding.
    ///
    /// What cannot be read is left out and said.
    static func parse(_ bytes: [UInt8]) throws(FormatError) -> ListContents
    /// Reads a list, and the files that it refers to.
    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents
}

extension DependencyFormat {
    static var namesOthers: Bool { false }

    static func matches(path: String) -> Bool { matches(lastPart(path)) }

    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents {
        try parse(bytes)
    }
}

/// The last part of a path.
func lastPart(_ path: String) -> Substring {
    path[(path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:)) ?? path.startIndex)...]
}

/// All kinds that are known. A new one is a file and a line here.
let dependencyFormats: [any DependencyFormat.Type] = [
    NPMLock.self, YarnLock.self, PNPMLock.self, CargoLock.self, GoModule.self, GoSums.self, PoetryLock.self,
    UVLock.self, PipfileLock.self, Requirements.self, GemfileLock.self, ComposerLock.self, MixLock.self,
    MavenProject.self, GradleLock.self, NuGetLock.self, SwiftResolved.self, SPDXText.self, SPDXYAML.self, SPDXXML.self,
    CycloneDXXML.self,
    SBOM.self,
]

/// Lists of dependencies, as files name them.
public enum DependencyList {
    /// Larger files are refused.
    static let largest = 64 << 20

    /// Whether a file is a lockfile or an SBOM of a known kind.
    public static func isKnown(_ path: String) -> Bool { format(path) != nil }

    static func format(_ path: String) -> (any DependencyFormat.Type)? {
        dependencyFormats.first { $0.matches(path: path) }
    }

    /// The kind of a list that somebody named, whatever it is called, by how it begins.
    static func format(_ path: String, named bytes: [UInt8]) -> (any DependencyFormat.Type)? {
        if let known = format(path) { return known }
        let start = ListText(bytes.prefix(4096)).text.drop(while: \.isWhitespace)
        if start.first == "{" { return SBOM.self }
        if start.first == "<" {
            if start.contains("<project") { return MavenProject.self }
            return start.contains("<Document") ? SPDXXML.self : CycloneDXXML.self
        }
        if start.contains(/(?m)^SPDXVersion:/) { return SPDXText.self }
        return [".txt", ".in", ".pip"].contains { path.lowercased().hasSuffix($0) } ? Requirements.self : nil
    }

    /// The packages that a file lists, without repetitions, in the order of their names.
    public static func packages(in bytes: [UInt8], path: String) throws(Problem) -> [Package] {
        try contents(of: bytes, path: path, beside: Neighbours()).packages
    }

    /// What a file lists, and what of it could not be read.
    static func contents(
        of bytes: [UInt8], path: String, beside: Neighbours
    ) throws(Problem) -> ListContents {
        guard let format = format(path, named: bytes) else {
            throw Problem(
                "\(path) is no lockfile or SBOM that lastgood knows", mend: "name another under `dependencies`")
        }
        guard bytes.count <= largest else { throw Problem("\(path) is larger than \(largest >> 20) MiB") }
        var found: ListContents
        // XML says itself how it is written.
        let text = format is any XMLFormat.Type ? nil : ListText(bytes)
        do { found = try format.read(text?.bytes ?? bytes, at: path, beside: beside) } catch {
            throw Problem("cannot read \(path): \(error.reason)", mend: "is it whole, and without conflict marks?")
        }
        if let fault = text?.fault { found.leaveOut(fault) }
        found.packages = Array(Set(found.packages)).sorted {
            ($0.key, $0.version, $0.name, $0.relation?.rawValue ?? "", $0.origin?.words ?? "")
                < ($1.key, $1.version, $1.name, $1.relation?.rawValue ?? "", $1.origin?.words ?? "")
        }
        return found
    }
}
