import Alarms
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
            discussion: """
                Where instances run, it also looks whether their metrics tell what the alarms want to know, and it asks \
                the sources of alarms whether they answer. What is away now is no fault of a configuration: it warns.
                """)

        @Flag(help: "List every fault, however many are alike.") var all = false
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
            /// How many more like it there are, which are not listed.
            var unlisted: Int?

            enum CodingKeys: CodingKey, CaseIterable {
                case level, file, line, column, environment, alarm, message, mend, unlisted
            }
        }

        /// What is to be said of the theme, where it cannot be had.
        private func themeItems(_ path: String, _ configuration: Configuration?) -> [Item] {
            // Without colors it is never looked at, and wrong all the same.
            let variables = ProcessInfo.processInfo.environment.filter { $0.key != "NO_COLOR" }
            let complaint = ThemeLibrary(variables: variables).themeOrDefault(configuration?.dashboard.theme).complaint
            return complaint.map { [Item(path, nil, $0)] } ?? []
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
            let most = all ? Int.max : 10
            let listed = faults.listed(most: most)
            let remarks = (configuration?.remarks ?? []).listed(most: most)
            let missing = await configuration?.missingMetrics() ?? []
            let doubts = await configuration?.sourceDoubts() ?? []
            let ledger = ledgerItems(path, configuration) + themeItems(path, configuration)
            let items =
                listed.map { Item("fault", $0) } + remarks.map { Item("warning", $0) }
                + missing.map { Item(path, $0) } + doubts.map { Item(path, $0) } + ledger
            if try output.write("configurationFaults", items: items, name: \.message) {
                guard faults.isEmpty else {
                    throw Failure(.usage, "\(path) has \(counted(faults.count, "fault"))")
                }
                return
            }
            guard faults.isEmpty, let configuration else {
                throw Failure(
                    .usage, listed.map(\.description).joined(separator: "\n"),
                    mend: listed.contains { $0.unlisted > 0 } ? "`lastgood config check --all` lists all of them" : nil)
            }
            for remark in remarks { print("warning: \(remark)") }
            for metric in missing { print("warning: \(metric.address), alarm \(metric.alarm): \(metric.what)") }
            for doubt in doubts {
                let place = [doubt.address?.description, doubt.alarm.map { "alarm \($0)" }].compactMap(\.self)
                print("warning: \(place.isEmpty ? "" : "\(place.joined(separator: ", ")): ")\(visible(doubt.what))")
            }
            for item in ledger {
                print("warning: \(item.environment.map { "\($0): " } ?? "")\(visible(item.message))")
            }
            let alarmless = configuration.environments.filter(\.policy.alarms.isEmpty).map(\.address.description)
            print(
                "\(path) is right: \(counted(configuration.environments.count, "environment")), ledger \(configuration.ledger)"
            )
            if !alarmless.isEmpty {
                print("without alarms, only failed rollouts are rolled back: \(alarmless.joined(separator: ", "))")
            }
        }
    }
}

extension ConfigCommand.Check.Item {
    init(_ level: String, _ listed: ListedFault) {
        self.level = level
        let fault = listed.fault
        unlisted = listed.unlisted > 0 ? listed.unlisted : nil
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

    init(_ file: String, _ doubt: SourceDoubt) {
        self.init(file, doubt.address, doubt.what)
        alarm = doubt.alarm
    }

    init(_ file: String, _ address: EnvironmentAddress?, _ message: String) {
        level = "warning"
        self.file = file
        environment = address?.description
        self.message = message
    }
}
