import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    @Suite struct ManualTests {
        private let commands: CommandBench

        init() throws { commands = try CommandBench() }

        @Test func everyCommandAndOptionIsInTheManual() throws {
            let page = try commands.bench.text("\(commands.binary) man").replacing("\\-", with: "-")
            let help = try commands.bench.text("\(commands.binary) --help")
            let names = help.matches(of: #/(?m)^  ([a-z]+)  /#).map { String($0.output.1) }
            #expect(names.count > 15)
            for name in names {
                #expect(page.contains(".SS \"lastgood \(name)"), "\(name)")
                let options = try commands.bench.text("\(commands.binary) \(name) --help")
                for option in options.matches(of: #/(?m)^  (?:-[a-z], )?(--[a-z-]+)/#).map(\.output.1) {
                    #expect(page.contains(option), "\(name) \(option)")
                }
            }
            for status in ["0", "1", "2", "3", "4", "5", "130"] {
                #expect(page.contains("\n.B \(status)\n"), "\(status)")
            }
        }

        @Test func itIsPlainInputForEveryFormatter() throws {
            let page = try commands.bench.shell("\(commands.binary) man")
            #expect(page.allSatisfy { $0 == 10 || (32...126).contains($0) })
            let lines = String(decoding: page, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            let macros = Set(lines.filter { $0.hasPrefix(".") || $0.hasPrefix("'") }.map { $0.prefix { $0 != " " } })
            #expect(macros.isSubset(of: [".TH", ".SH", ".SS", ".TP", ".B", ".BR", ".PP", ".nf", ".fi"]), "\(macros)")
        }
    }
}
