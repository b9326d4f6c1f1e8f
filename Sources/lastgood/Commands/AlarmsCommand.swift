import ArgumentParser
import Controller
import Decisions
import Foundation
import Ledger
import Model
import Terminal

struct AlarmsCommand: AsyncParsableCommand, PrintsItems {
    static let configuration = CommandConfiguration(
        commandName: "alarms", abstract: "Show alarms, worst first.",
        discussion: "Of one environment, it also shows what its alarms come to: its high-severity aggregate as a tree.")

    @OptionGroup var selection: SelectorOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var common: CommonOptions

    var item: any Fielded.Type { AlarmItem.self }

    func run() async throws {
        let session = try common.session()
        let samples = try? SampleStore(besideLedger: session.configuration.ledger)
        let now = Timestamp.now
        let found = try session.states(session.environments(selection.value)).flatMap { _, state in
            session.alarms(state, samples, now: now)
        }
        let ranks: [AlarmState: Int] = [.alarm: 0, .insufficientData: 1, .ok: 2]
        let sorted = found.sorted {
            (ranks[$0.status.state] ?? 3, $1.status.severity, $0.address)
                < (ranks[$1.status.state] ?? 3, $0.status.severity, $1.address)
        }
        let wasWritten = try output.write("alarms", items: sorted.map(\.item)) {
            "\($0.application)/\($0.environment) \($0.label)"
        }
        if wasWritten { return }
        var table = Table(["STATE", "SEVERITY", "ENVIRONMENT", "ALARM", "VALUE", "ONSET", "PEAK", "EVIDENCE", "FOR"])
        for shown in sorted {
            let (address, alarm, reading) = (shown.address, shown.status, shown.reading)
            let onset = alarm.state == .alarm ? reading?.onset ?? alarm.value : nil
            // Without a reading of now the ledger's value is that of the onset.
            let isNow = reading != nil || alarm.value == nil
            table.add([
                alarm.state.stateWord.description, alarm.severity.rawValue, address.description, alarm.label,
                isNow ? alarm.condition : "\(alarm.condition) at \(alarm.since.rfc3339)",
                onset.map { "\($0)" } ?? "–", reading?.peak.map { "\($0)" } ?? "–",
                alarm.value == nil ? alarm.count : alarm.evidence, (now - alarm.since).inWords,
            ])
        }
        table.write()
        try writeAggregate(session)
    }

    /// Of one environment, what its alarms come to.
    private func writeAggregate(_ session: Session) throws {
        let places = try session.states(session.environments(selection.value))
        guard places.count == 1, let place = places.first, let aggregate = place.0.policy.highSeverity else { return }
        print("\nHigh severity, which rolls back and closes the gate:")
        let surroundings = try session.surroundings(place.0)
        for line in aggregate.tree(elsewhere: { surroundings.state(of: $0) }, { place.1.alarmState($0) }) {
            print(visible("  \(line.branch)\(line.state.stateWord.symbol) \(line.words)"))
        }
    }
}
