import Model
import Targets
import Testing

@testable import Controller

/// What is said of processes that no instance answers for.
@Suite struct StrayWatchTests {
    private let start = Timestamp(milliseconds: 1_000_000)

    private func sleepers(_ pids: ClosedRange<Int32>, of owner: String = "nobody") -> [ForeignProcess] {
        pids.map { ForeignProcess(pid: $0, name: "sleep", owner: owner) }
    }

    private func reasons(_ bodies: [EventBody]) -> [String] {
        bodies.compactMap { if case .problemNoted(let reason) = $0 { reason } else { nil } }
    }

    private func event(_ body: EventBody) -> Event {
        Event(
            sequence: 1, time: start, actor: "lastgood", token: 1, application: "shop", environment: "prod", body: body)
    }

    @Test func manyForeignProcessesAreOneEventWithACountAndTheFirstFew() {
        var watch = StrayWatch()
        let said = reasons(watch.take([], foreign: sleepers(1...150), isStopping: false, now: start) { [] })
        #expect(said.count == 1)
        #expect(said.first?.contains("process 3 (sleep) of nobody, and 147 more") == true, "\(said)")
        #expect((said.first?.count ?? 0) < 300)
    }

    @Test func anotherProcessThatTakesOverSaysNothingOfWhatTheLedgerHasAlready() {
        var watch = StrayWatch()
        let said = watch.take(
            ["process 7 is stopped"], foreign: sleepers(1...150), isStopping: false, now: start
        ) { [] }
        #expect(said.count == 1)
        var next = StrayWatch()
        let again = next.take(
            ["process 7 is stopped"], foreign: sleepers(1...150), isStopping: false, now: start + .seconds(7200)
        ) { said.map(event) }
        #expect(again.isEmpty)
    }

    @Test func whatChangesAmongOneUsersProcessesIsSaidOnceAnHourAndAnotherUserAtOnce() {
        var watch = StrayWatch()
        var count = 0
        for second in 0..<3600 {
            let pid = Int32(second + 1)
            count +=
                watch.take(
                    [], foreign: sleepers(pid...pid), isStopping: false, now: start + .seconds(second)
                ) { [] }.count
        }
        #expect(count == 1)
        let another = sleepers(1...1) + sleepers(2...2, of: "ben")
        #expect(
            reasons(watch.take([], foreign: another, isStopping: false, now: start + .seconds(3599)) { [] }).first?
                .contains("of ben, nobody: ") == true)
        #expect(
            watch.take([], foreign: sleepers(9...9), isStopping: false, now: start + .seconds(9000)) { [] }.count == 1)
    }

    @Test func whatIsStoppedOfOursIsSaidOnceAndTogether() {
        var watch = StrayWatch()
        let texts = (1...5).map { "process \($0) is stopped" }
        let said = reasons(watch.take(texts, foreign: [], isStopping: true, now: start) { [] })
        #expect(said == ["process 1 is stopped; process 2 is stopped; process 3 is stopped; and 2 more"])
        #expect(watch.take(texts, foreign: [], isStopping: true, now: start) { [] }.isEmpty)
        #expect(watch.take(texts + ["cannot signal 5"], foreign: [], isStopping: true, now: start) { [] }.count == 1)
    }
}
