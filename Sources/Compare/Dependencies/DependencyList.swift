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
}

/// A kind of lockfile or SBOM. Its parser must survive any bytes.
protocol DependencyFormat: Sendable {
    /// Whether a file with this name, the last part of its path, is of this kind.
    static func matches(_ name: Substring) -> Bool
    /// Whether a path is of this kind; by its name, where the format does not say otherwise.
    static func matches(path: String) -> Bool
    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package]
    /// Reads a list, and the files that it refers to.
    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents
}

extension DependencyFormat {
    static func matches(path: String) -> Bool { matches(lastPart(path)) }

    static func read(_ bytes: [UInt8], at path: String, beside: Neighbours) throws(FormatError) -> ListContents {
        ListContents(packages: try parse(bytes))
    }
}

/// The last part of a path.
func lastPart(_ path: String) -> Substring {
    path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
}

/// The text of a list: UTF-8, or UTF-16 where a byte order mark says so; with plain line ends.
///
/// As pip does it: https://github.com/pypa/pip/blob/main/src/pip/_internal/utils/encoding.py
func listText(_ bytes: [UInt8]) -> String {
    var text: String
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
        let isLittle = bytes[0] == 0xFF
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isLittle ? second << 8 | first : first << 8 | second
        }
        text = String(decoding: units, as: UTF16.self)
    } else {
        text = String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
    }
    if text.utf8.contains(13) { text = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n") }
    return text
}

/// All kinds that are known. A new one is a file and a line here.
let dependencyFormats: [any DependencyFormat.Type] = [
    NPMLock.self, YarnLock.self, PNPMLock.self, CargoLock.self, GoModule.self, GoSums.self, PoetryLock.self,
    UVLock.self, PipfileLock.self, Requirements.self, GemfileLock.self, ComposerLock.self, MixLock.self,
    MavenProject.self, GradleLock.self, NuGetLock.self, SwiftResolved.self, SPDXText.self, CycloneDXXML.self,
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

    /// The packages that a file lists, without repetitions, in the order of their names.
    public static func packages(in bytes: [UInt8], path: String) throws(Problem) -> [Package] {
        try contents(of: bytes, path: path, beside: Neighbours()).packages
    }

    /// What a file lists, and what of it could not be read.
    static func contents(
        of bytes: [UInt8], path: String, beside: Neighbours
    ) throws(Problem) -> ListContents {
        guard let format = format(path) else {
            throw Problem(
                "\(path) is no lockfile or SBOM that lastgood knows", mend: "name another under `dependencies`")
        }
        guard bytes.count <= largest else { throw Problem("\(path) is larger than \(largest >> 20) MiB") }
        var found: ListContents
        do { found = try format.read(bytes, at: path, beside: beside) } catch {
            throw Problem("cannot read \(path): \(error.reason)", mend: "is it whole, and without conflict marks?")
        }
        found.packages = Array(Set(found.packages)).sorted {
            ($0.key, $0.version, $0.name, $0.relation?.rawValue ?? "", $0.origin?.words ?? "")
                < ($1.key, $1.version, $1.name, $1.relation?.rawValue ?? "", $1.origin?.words ?? "")
        }
        return found
    }
}
