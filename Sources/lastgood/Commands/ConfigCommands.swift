import ArgumentParser
import Controller
import Foundation
import Model
import YAML

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Work with the configuration.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Check a configuration: every fault with file, line, column and a mend.",
            discussion: "Where instances run, it also looks whether their metrics tell what the alarms want to know.")

        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        struct Item: Fielded {
            var level: String
            var file: String
            var line: Int?
            var column: Int?
            var environment: String?
            var alarm: String?
            var message: String
            var mend: String?

            enum CodingKeys: CodingKey, CaseIterable {
                case level, file, line, column, environment, alarm, message, mend
            }
        }

        /// What is to be said of the ledger: that it is not there yet, and where it may do nothing.
        private func ledgerItems(_ path: String, _ configuration: Configuration?) -> [Item] {
            guard let configuration else { return [] }
            do {
                let mark = try configuration.presentLedger()
                let absent = mark == nil ? ["the ledger \(configuration.ledger) is not there yet, and will be new"] : []
                return absent.map { Item(path, nil, $0) }
                    + configuration.objections(to: mark).map { Item(path, $0, $1) }
            } catch { return [Item(path, nil, Failure(error).message)] }
        }

        func run() async throws {
            let variables = ProcessInfo.processInfo.environment
            let path = try Configuration.find(named: common.config, variables: variables)
            var faults: [Fault] = []
            var configuration: Configuration?
            do {
                configuration = try Configuration.load(path, variables: variables)
                faults = configuration?.warnings ?? []
            } catch ConfigurationError.faulty(let found) { faults = found }
            let remarks = configuration?.remarks ?? []
            let missing = await configuration?.missingMetrics() ?? []
            let ledger = ledgerItems(path, configuration)
            let items =
                faults.map { Item("fault", $0) } + remarks.map { Item("warning", $0) }
                + missing.map { Item(path, $0) } + ledger
            if try output.write("configurationFaults", items: items, name: \.message) {
                if !faults.isEmpty { throw ExitCode(Status.usage.rawValue) }
                return
            }
            guard faults.isEmpty, let configuration else {
                throw Failure(.usage, faults.map(\.description).joined(separator: "\n"))
            }
            for remark in remarks { print("warning: \(remark)") }
            for metric in missing { print("warning: \(metric.address), alarm \(metric.alarm): \(metric.what)") }
            for item in ledger {
                print("warning: \(item.environment.map { "\($0): " } ?? "")\(visible(item.message))")
            }
            let alarmless = configuration.environments.filter(\.policy.alarms.isEmpty).map(\.address.description)
            print("\(path) is right: \(configuration.environments.count) environments, ledger \(configuration.ledger)")
            if !alarmless.isEmpty {
                print("without alarms, only failed rollouts are rolled back: \(alarmless.joined(separator: ", "))")
            }
        }
    }
}

extension ConfigCommand.Check.Item {
    init(_ level: String, _ fault: Fault) {
        self.level = level
        file = fault.file
        line = fault.mark.line
        column = fault.mark.column
        message = fault.message
        mend = fault.mend
    }

    init(_ file: String, _ missing: MissingMetric) {
        level = "warning"
        self.file = file
        environment = missing.address.description
        alarm = missing.alarm
        message = missing.what
    }

    init(_ file: String, _ address: EnvironmentAddress?, _ message: String) {
        level = "warning"
        self.file = file
        environment = address?.description
        self.message = message
    }
}

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a commented configuration for what is found here.")

    @Option(help: ArgumentHelp("Where to write it; - for standard output.", valueName: "file"), completion: .file())
    var file = "lastgood.yaml"

    func run() async throws {
        let folder = FileManager.default.currentDirectoryPath
        let text = Template.configuration(folder: folder)
        if file == "-" { return print(text) }
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Failure(.refused, "\(file) exists already", mend: "name another with --file, or move it away")
        }
        do { try text.write(toFile: file, atomically: true, encoding: .utf8) } catch {
            throw Failure(.failed, "cannot write \(file): \(error.localizedDescription)")
        }
        print("wrote \(file); change what is marked, then run: lastgood config check --config \(file)")
    }
}

/// What `init` writes.
enum Template {
    static func configuration(folder: String) -> String {
        let manager = FileManager.default
        let name =
            URL(fileURLWithPath: folder).lastPathComponent.replacing(/[^A-Za-z0-9._-]/, with: "-").trimmingPrefix("-")
        let application = name.isEmpty ? "service" : String(name)
        let isRepository = manager.fileExists(atPath: "\(folder)/.git")
        let lockfiles = [
            "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "Cargo.lock", "go.mod", "poetry.lock", "uv.lock",
            "Pipfile.lock", "requirements.txt", "Gemfile.lock", "composer.lock", "mix.lock", "pom.xml",
            "gradle.lockfile", "packages.lock.json", "Package.resolved",
        ].filter { manager.fileExists(atPath: "\(folder)/\($0)") }
        let repository = isRepository ? folder : "/srv/git/\(application).git"
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

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a completion script for a shell.",
        discussion: "Example: lastgood completion bash > /etc/bash_completion.d/lastgood")

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() throws {
        let script: String =
            switch shell {
            case .bash: Lastgood.completionScript(for: .bash)
            case .zsh: Lastgood.completionScript(for: .zsh)
            case .fish: Lastgood.completionScript(for: .fish)
            }
        print(script)
    }
}
