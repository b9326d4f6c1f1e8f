import Alarms
import Decisions
import Foundation
import Ledger
import Model
import Notifications
import Targets
import YAML

/// What a configuration file says.
public struct Configuration: Sendable {
    public struct Application: Equatable, Sendable {
        public var name: String
        /// A git repository; `nil` where none is named.
        public var repository: String?
        /// Lockfiles or SBOMs inside the repository.
        public var dependencies: [String]
    }

    public struct Environment: Equatable, Sendable {
        public var address: EnvironmentAddress
        /// Its place in the file, from 0.
        public var position: Int
        public var policy: EnvironmentPolicy
        public var target: LocalTargetSpecification
        public var metrics: MetricsEndpoint
    }

    public struct Dashboard: Equatable, Sendable {
        public var theme: String?
        /// How much time charts show at first.
        public var window: Duration?
    }

    public var path: String
    public var ledger: String
    /// Who may read and write the ledger and what lies beside it.
    public var ledgerAccess = LedgerAccess.owner
    /// How long events stay in the ledger, before they go into the archive beside it; for ever where it is `nil`.
    public var ledgerKeep: Duration?
    public var applications: [Application]
    public var environments: [Environment]
    /// Where alarms come from besides the instances, by name.
    public var sources: [SourceSpecification] = []
    /// When nothing new is deployed, and where.
    public var freezes: [FreezeRule] = []
    /// Who is told of what.
    public var notifications: [NotificationSpecification] = []
    public var dashboard: Dashboard
    /// A folder of security advisories in the OSV format; `nil` where none is named.
    public var advisories: String?
    /// What does not keep lastgood from working, but is probably not meant.
    public var warnings: [Fault]
    /// What works, but otherwise than it reads.
    public var remarks: [Fault] = []

    public func environment(_ address: EnvironmentAddress) -> Environment? {
        environments.first { $0.address == address }
    }

    /// The environments that a selector chooses, in the order of the file.
    public func environments(_ selector: Selector) -> [Environment] {
        environments.filter { selector.matches($0.address, stage: $0.policy.stage) }
    }
}

/// Why there is no configuration to work with.
public enum ConfigurationError: Error, Sendable {
    case notFound(searched: [String])
    case unreadable(path: String, detail: String, mend: String?)
    /// In the order of the file.
    case faulty([Fault])
}

extension Configuration {
    /// Where a configuration is looked for, in this order, where none was named.
    public static func searchPath(_ variables: [String: String]) -> [String] {
        var paths: [String] = []
        if let named = variables["LASTGOOD_CONFIG"], !named.isEmpty { return [named] }
        paths.append("lastgood.yaml")
        let home = variables["HOME"] ?? "/"
        let folder = variables["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.config"
        paths.append("\(folder)/lastgood/config.yaml")
        paths.append("/etc/lastgood/config.yaml")
        return paths
    }

    /// The path of the configuration that is in force.
    public static func find(named: String?, variables: [String: String]) throws -> String {
        let candidates = named.map { [$0] } ?? searchPath(variables)
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw ConfigurationError.notFound(searched: candidates)
        }
        return found
    }

    /// Reads a configuration file.
    /// - Throws: ``ConfigurationError`` with every fault in it.
    public static func load(_ path: String, variables: [String: String]) throws -> Configuration {
        try parse(configurationText(path), path: path, variables: variables)
    }

    /// The ledger and the dashboard's settings only, read from the lines that say them, for a first picture of a
    /// large fleet before all of its configuration is read; `nil` where that cannot be done.
    public static func outline(_ path: String, variables: [String: String]) -> Configuration? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let kept = data.withUnsafeBytes { text -> [UInt8]? in
            var kept: [UInt8] = []
            var isWanted = false
            for line in text.split(separator: UInt8(ascii: "\n")) {
                // What is set in belongs to what stands above it.
                if let first = line.first, Unicode.Scalar(first).properties.isAlphabetic {
                    isWanted = line.starts(with: "ledger:".utf8) || line.starts(with: "dashboard:".utf8)
                }
                // All of it in one line, or a key in quotes.
                if !isWanted, let first = line.first, "{\"'?".utf8.contains(first) { return nil }
                if isWanted { kept += line + [UInt8(ascii: "\n")] }
            }
            return kept
        }
        guard let kept else { return nil }
        return try? parse(
            String(decoding: kept, as: UTF8.self), path: path, variables: variables, isOutline: true)
    }

    public static func parse(_ text: String, path: String, variables: [String: String]) throws -> Configuration {
        try parse(text, path: path, variables: variables, isOutline: false)
    }

    private static func parse(
        _ text: String, path: String, variables: [String: String], isOutline: Bool
    ) throws -> Configuration {
        let root: YAMLNode
        do { root = try YAMLNode(parsing: text, by: .person) } catch {
            throw ConfigurationError.faulty([
                Fault(file: path, mark: error.mark, message: "\(words: error.message)", mend: error.mend)
            ])
        }
        var reader = ConfigurationReader(path: path, variables: variables)
        let configuration = reader.configuration(root, isOutline: isOutline)
        let faults = reader.reader.faults
        guard faults.isEmpty, let configuration else { throw ConfigurationError.faulty(faults) }
        return configuration
    }
}
