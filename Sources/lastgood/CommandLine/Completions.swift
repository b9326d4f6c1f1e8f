import ArgumentParser
import Controller
import Foundation
import Ledger
import Model

/// What may stand at a place of the command line, for the shell that completes it: names from the configuration that is
/// in force there and from its ledger. What cannot be read offers nothing; a shell has no place for errors.
enum Completions {
    static let environments = CompletionKind.custom { words, _, _ in
        configuration(words)?.environments.map(\.address.description) ?? []
    }
    static let applications = CompletionKind.custom { words, _, _ in
        configuration(words)?.applications.map(\.name) ?? []
    }
    static let stages = CompletionKind.custom { words, _, _ in
        var seen: Set<String> = []
        return (configuration(words)?.environments ?? []).map(\.policy.stage).filter { seen.insert($0).inserted }
    }
    /// Names of alarms, each once.
    static let alarms = CompletionKind.custom { words, _, _ in
        var seen: Set<String> = []
        return (configuration(words)?.environments ?? []).flatMap { $0.policy.alarms.map(\.name) }
            .filter { seen.insert($0).inserted }
    }
    static let themes = CompletionKind.custom { _, _, _ in
        ThemeLibrary(variables: ProcessInfo.processInfo.environment).names
    }
    /// Releases of the applications that the line names, the newest first.
    static let releases = CompletionKind.custom { words, _, _ in releaseNames(words) }
    static let awaited = CompletionKind.custom { words, _, _ in
        Awaited.allValueStrings.filter { !$0.hasPrefix("live=") } + releaseNames(words).map { "live=\($0)" }
    }
    /// Plans that are not over. As for all completions: where the ledger cannot be read, nothing is offered.
    static let plans = CompletionKind.custom { words, _, _ in
        let ledger = configuration(words).flatMap(ledger(of:))
        return (try? ledger?.plans())?.filter(\.isOpen).reversed().map { String($0.id) } ?? []
    }

    /// Freezes that people have set, and can take away.
    static let freezes = CompletionKind.custom { words, _, _ in
        let ledger = configuration(words).flatMap(ledger(of:))
        return (try? ledger?.freezes())?.ahead(of: .now).map(\.freeze.name) ?? []
    }

    /// More than anybody reads through.
    private static let mostReleases = 50

    /// The configuration that the line names, or that would be found.
    private static func configuration(_ words: [String]) -> Configuration? {
        let variables = ProcessInfo.processInfo.environment
        guard let path = try? Configuration.find(named: named(words), variables: variables) else { return nil }
        return try? Configuration.load(path, variables: variables)
    }

    private static func named(_ words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            let value: String
            if word == "--config", index + 1 < words.count {
                value = words[index + 1]
            } else if word.hasPrefix("--config=") {
                value = String(word.dropFirst(9))
            } else {
                continue
            }
            // The shell leaves it as it was typed.
            return (value as NSString).expandingTildeInPath
        }
        return nil
    }

    /// Looking makes no ledger.
    private static func ledger(of configuration: Configuration) -> SQLiteLedger? {
        guard FileManager.default.fileExists(atPath: configuration.ledger) else { return nil }
        return try? SQLiteLedger(path: configuration.ledger)
    }

    private static func releaseNames(_ words: [String]) -> [String] {
        guard let configuration = configuration(words), let ledger = ledger(of: configuration) else { return [] }
        let known = configuration.applications.map(\.name)
        let globs = words.filter { $0.contains("/") }
        let chosen = known.filter { name in
            words.contains(name)
                || configuration.environments.contains { environment in
                    environment.address.application == name
                        && globs.contains { globMatches($0, environment.address.description) }
                }
        }
        var seen: Set<String> = []
        return (chosen.isEmpty ? known : chosen).flatMap { name in
            ((try? ledger.releases(of: name, limit: mostReleases)) ?? []).map(\.release.version)
        }.filter { seen.insert($0).inserted }
    }
}
