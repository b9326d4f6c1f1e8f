/// Where packages come from; it says how their names and versions compare.
public enum Ecosystem: String, Codable, Sendable, CaseIterable {
    case npm, cargo, go, pypi, gem, composer, hex, maven, nuget, swift, deb, other

    /// From the type of a package URL (`pkg:TYPE/…`).
    init(packageURLType type: some StringProtocol) {
        self =
            switch type.lowercased() {
            case "golang": .go
            case "rubygems": .gem
            case let word: Ecosystem(rawValue: word) ?? .other
            }
    }

    /// What two spellings of one name have in common.
    func key(_ name: String) -> String {
        switch self {
        // PEP 503: runs of `-`, `_` and `.` are one `-`.
        case .pypi:
            var key = ""
            for character in name.lowercased() {
                let isSeparator = "-_.".contains(character)
                if isSeparator, key.last == "-" { continue }
                key.append(isSeparator ? "-" : character)
            }
            return key
        case .nuget, .composer: return name.lowercased()
        default: return name
        }
    }
}

/// One package at one version, as a lockfile or an SBOM lists it.
public struct Package: Hashable, Sendable {
    /// How the application came to need it.
    public enum Relation: String, Codable, Sendable { case direct, transitive, own }

    public var name: String
    public var version: String
    public var ecosystem: Ecosystem
    /// `nil` where the format does not tell. `own` is a part of the application itself.
    public var relation: Relation?
    /// What says that two names mean one package.
    public var key: String

    public init(
        _ name: String, _ version: String, _ ecosystem: Ecosystem, _ relation: Relation? = nil, key: String? = nil
    ) {
        self.name = name
        self.version = version
        self.ecosystem = ecosystem
        self.relation = relation
        self.key = key ?? ecosystem.key(name)
    }
}

/// Why a dependency list cannot be read.
struct FormatError: Error, Equatable {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

/// A kind of lockfile or SBOM. Its parser must survive any bytes.
protocol DependencyFormat: Sendable {
    /// Whether a file with this name, the last part of its path, is of this kind.
    static func matches(_ name: Substring) -> Bool
    static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Package]
}

/// All kinds that are known. A new one is a file and a line here.
let dependencyFormats: [any DependencyFormat.Type] = [
    NPMLock.self, YarnLock.self, PNPMLock.self, CargoLock.self, GoModule.self, GoSums.self, PoetryLock.self,
    UVLock.self, PipfileLock.self, Requirements.self, GemfileLock.self, ComposerLock.self, MixLock.self,
    MavenProject.self, GradleLock.self, NuGetLock.self, SwiftResolved.self, SPDXText.self, SBOM.self,
]

/// Lists of dependencies, as files name them.
public enum DependencyList {
    /// Larger files are refused.
    static let largest = 64 << 20

    /// Whether a file is a lockfile or an SBOM of a known kind.
    public static func isKnown(_ path: String) -> Bool { format(path) != nil }

    static func format(_ path: String) -> (any DependencyFormat.Type)? {
        let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
        return dependencyFormats.first { $0.matches(name) }
    }

    /// The packages that a file lists, without repetitions, in the order of their names.
    public static func packages(in bytes: [UInt8], path: String) throws(Problem) -> [Package] {
        guard let format = format(path) else {
            throw Problem(
                "\(path) is no lockfile or SBOM that lastgood knows", mend: "name another under `dependencies`")
        }
        guard bytes.count <= largest else { throw Problem("\(path) is larger than \(largest >> 20) MiB") }
        let found: [Package]
        do { found = try format.parse(bytes) } catch {
            throw Problem("cannot read \(path): \(error.reason)", mend: "is it whole, and without conflict marks?")
        }
        return Array(Set(found)).sorted {
            ($0.key, $0.version, $0.name, $0.relation?.rawValue ?? "")
                < ($1.key, $1.version, $1.name, $1.relation?.rawValue ?? "")
        }
    }
}
