import Foundation
import Model

/// What `init` writes.
enum Template {
    static func configuration(folder: String) -> String {
        let manager = FileManager.default
        let application = applicationName(URL(fileURLWithPath: folder).lastPathComponent)
        let isRepository = manager.fileExists(atPath: "\(folder)/.git")
        let lockfiles = [
            "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "Cargo.lock", "go.mod", "poetry.lock", "uv.lock",
            "Pipfile.lock", "requirements.txt", "Gemfile.lock", "composer.lock", "mix.lock", "pom.xml",
            "gradle.lockfile", "packages.lock.json", "Package.resolved",
        ].filter { manager.fileExists(atPath: "\(folder)/\($0)") }
        let repository = isRepository ? yamlWord(folder) : "/srv/git/\(application).git"
        let dependencies =
            lockfiles.isEmpty
            ? "# dependencies: [package-lock.json]" : "dependencies: [\(lockfiles.joined(separator: ", "))]"
        return """
            # The configuration of lastgood. Durations are 90s, 15m, 2h. Check it with: lastgood config check

            # Where everything that happens is written down. Each service has its own: of all lastgood processes on
            # one ledger, only one acts, and only for what its configuration has.
            ledger: \(ledger(of: application))

            applications:
              \(application):
                repository: \(repository)\(isRepository ? "" : "        # change this")
                \(dependencies)
                defaults:
                  # How long a new release is watched before it counts as good, and how much it must serve by then.
                  bake: {duration: 15m, minimumRequests: 100, maximum: 2h}
                  # A rollout without progress for so long has failed, and is rolled back.
                  progressDeadline: 10m
                  # An instance that does not serve for so long is exchanged for a new one.
                  replaceUnhealthyAfter: 30s
                  # rolling: one instance after the other; allAtOnce: all beside the old ones.
                  strategy: {deploy: rolling, rollback: allAtOnce}
                  # Where each instance exposes Prometheus metrics; “metrics: none” where it does not.
                  metrics: {path: /metrics, every: 5s}
                  # An alarm of high severity rolls back what is rolling out or baking.
                  alarms:
                    - {name: faults, kind: faultRate, severity: high, above: 1%, for: 3 of 5, period: 10s, minimumRequests: 20}
                    - {name: slow, kind: latency, percentile: 99, severity: high, above: 800ms, for: 3 of 5, period: 10s}
                    - {name: cpu, kind: cpu, scope: instance, severity: medium, above: 90%, for: 5 of 5, period: 10s}
                    - {name: errors, kind: logErrors, severity: medium, above: 10/min, for: 3 of 5, period: 10s}
                environments:
                  beta:
                    stage: beta
                    target:
                      kind: local
                      directory: /srv/\(application)/beta     # change this
                      command: [./server]          # change this; ${PORT} is replaced, PORT is in its environment
                      instances: 2
                      ports: 8100-8109
                      health: {path: /healthz}
                  prod:
                    stage: prod
                    target:
                      kind: local
                      directory: /srv/\(application)/prod     # change this
                      command: [./server]          # change this
                      instances: 3
                      ports: 8110-8119
                      health: {path: /healthz}
            """
    }
}

extension Template {
    /// A ledger of the service's own name, which no other service has yet.
    private static func ledger(of application: String) -> String {
        let folder = "~/.local/state/lastgood"
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        let names = [application] + (2...99).map { "\(application)-\($0)" }
        let free = names.first { name in
            !FileManager.default.fileExists(atPath: "\(home)\(folder.dropFirst())/\(name).sqlite")
        }
        guard let free, free != application else { return "\(folder)/\(application).sqlite" }
        return "\(folder)/\(free).sqlite        # \(application).sqlite exists: name it where it is this service's own"
    }
}

extension Template {
    /// The name nearest to a folder's that an application may have: letters of other scripts are spelled out, marks on
    /// letters left out, and blanks and the like become dashes.
    static func applicationName(_ folder: String) -> String {
        let latin = folder.applyingTransform(StringTransform("Any-Latin; Latin-ASCII"), reverse: false) ?? folder
        var name = ""
        for character in latin {
            if NameRule.fault("a\(character)") == nil {
                name.append(character)
            } else if name.last != "-" {
                name.append("-")
            }
        }
        let signs: Set<Character> = ["-", "_", "."]
        name = String(name.drop(while: signs.contains).prefix(NameRule.longest))
        while let last = name.last, signs.contains(last) { name.removeLast() }
        // What looks like a secret would be hidden wherever it is shown.
        return NameRule.fault(name) == nil && Secrets.hiding(in: name) == name ? name : "service"
    }

    /// A text as YAML reads it back, in quotes where it would mean something else without.
    static func yamlWord(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789/._-".unicodeScalars.contains($0)
        }
        return isPlain && !text.isEmpty ? text : StoredJSON.text(text).description
    }
}

/// A word as a shell takes it.
func shellWord(_ text: String) -> String {
    let isPlain =
        !text.isEmpty
        && text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "/._-+:@%,=".utf8.contains($0)
        }
    return isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
}
