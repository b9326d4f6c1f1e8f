import Model
import Testing

@testable import Targets

/// What a front is told, and what is somebody else's doing, by what it says of itself and what it was told last.
@Suite struct FrontPlanTests {
    private typealias Slot = HAProxyReport.Slot

    private static let answer = """
        Pid: 1

        1
        # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight x x x x x x x x x srv_port
        3 instances 1 s1 127.0.0.1 2 0 1 1 1 8 2 0 6 0 0 0 - 8101 - 0 0 - - 0

        # pxname,svname,qcur,qmax,scur,smax,slim
        instances,s1,0,0,3,4,

        """

    private func slot(_ index: Int, _ port: Int, _ state: String = "ready", open: Int = 0, weight: Int = 1) -> Slot {
        var slot = Slot(name: "s\(index)", port: port, isClosed: state == "closed", isDraining: state == "draining")
        slot.openRequests = open
        slot.weight = weight
        return slot
    }

    private func order(
        _ wanted: [Int], others: [Int] = [], leaving: [Int] = [], setsRight: Bool = false
    ) -> FrontOrder {
        func place(_ port: Int) -> FrontOrder.Place { FrontOrder.Place(slot: port - 8100, port: port) }
        return FrontOrder(
            wanted: wanted.map(place),
            others: others.map(place) + leaving.map { .init(slot: $0 - 8100, port: $0, isLeaving: true) },
            setsRight: setsRight)
    }

    private func plan(_ slots: [Slot], _ order: FrontOrder, told: Set<Int>?, telling: Set<Int>? = nil) -> FrontPlan {
        // Whatever it says, its slots are these.
        guard var report = HAProxyReport(parsing: Self.answer) else { fatalError("“\(Self.answer)” is no answer") }
        report.slots = slots
        return FrontPlan(report, order, memory: told.map { FrontMemory(told: $0, telling: telling) })
    }

    private func words(_ plan: FrontPlan) -> [String] { plan.findings.map(\.inWords) }

    // MARK: lastgood's own acts

    @Test(arguments: [nil, [8101]] as [Set<Int>?]) func whoComesIsThereBeforeAnybodyGoes(told: Set<Int>?) {
        let plan = plan([slot(1, 8101), slot(2, 1, "closed")], order([8102], others: [8101]), told: told)
        let commands = [
            "set server instances/s2 addr 127.0.0.1 port 8102", "set server instances/s2 state ready",
            "set server instances/s1 state drain",
        ]
        #expect(plan.commands == commands && plan.findings.isEmpty)
        #expect(plan.told == [8102])
    }

    @Test func whatIsSoAlreadyIsNotSaidAgain() {
        let slots = [slot(1, 8101), slot(2, 8102, "draining", open: 1), slot(3, 1, "closed")]
        #expect(plan(slots, order([8101], others: [8102]), told: [8101]).commands == [])
        // It never points at nothing while somebody is there.
        #expect(plan(slots, order([], others: [8101, 8102]), told: [8101]).commands == [])
    }

    @Test func whoComesBackHasItsPlaceAgainAndOneThatIsIdleGivesItUp() {
        let slots = [slot(1, 8101), slot(2, 8102, "draining", open: 1), slot(3, 8103, "draining")]
        #expect(
            plan(slots, order([8101, 8102], others: [8103]), told: [8101]).commands == [
                "set server instances/s2 state ready", "set server instances/s3 state maint",
            ])
    }

    @Test func withoutAFreePlaceItSaysSo() {
        let slots = [slot(1, 8101), slot(2, 8102, "draining", open: 1)]
        #expect(plan(slots, order([8103], others: [8101, 8102]), told: [8101]).isCrowded)
    }

    @Test(arguments: [[], [8102]]) func aPortThatIsNobodysAnyMoreGetsNothingEvenWhereNothingElseIsLeft(wanted: [Int]) {
        let slots = [slot(1, 8101), slot(2, 8102), slot(3, 1, "closed")]
        let plan = plan(slots, order(wanted, others: wanted.isEmpty ? [8102] : []), told: [8101, 8102])
        #expect(plan.commands == ["set server instances/s1 state maint"])
        #expect(plan.findings.isEmpty && plan.told == [8102])
    }

    @Test func theLastOneIsClosedOnceItIsGoneAndThatIsNobodyElsesDoing() {
        let going = plan([slot(1, 8101)], order([], leaving: [8101]), told: [8101])
        #expect(going.commands == [] && going.told == [8101])
        let gone = plan([slot(1, 8101)], order([]), told: going.told)
        #expect(gone.commands == ["set server instances/s1 state maint"])
        #expect(gone.findings.isEmpty && gone.told == [])
    }

    @Test func whoDiedWhileTellingLeavesNothingThatLooksLikeSomebodyElsesDoing() {
        let slots = [slot(1, 8101), slot(2, 8102, "draining", open: 1)]
        let before = plan(slots, order([8102], others: [8101]), told: [8101], telling: [8102])
        #expect(before.findings.isEmpty && before.comes == [8102] && before.leaves == [8101])
        let after = plan(
            [slot(1, 8101, "draining", open: 1), slot(2, 8102)], order([8101], others: [8102]), told: [8101],
            telling: [8102])
        #expect(after.findings.isEmpty && after.comes == [8101])
    }

    @Test func whoDiedWhileTellingLeavesNothingBehindWhereNobodyIsWantedAfterwards() {
        let slots = [slot(1, 8101, "draining", open: 1), slot(2, 8102)]
        let none = plan(slots, order([], others: [8101, 8102]), told: [8101, 8102], telling: [8102])
        #expect(none.told == [8102])
        let back = plan(slots, order([8101, 8102]), told: none.told)
        #expect(back.findings.isEmpty && back.comes == [8101])
    }

    // MARK: somebody else's

    @Test(arguments: [
        ("draining", 1, "server s2 of instance #2 (port 8102) is drained, though it is to get requests"),
        ("closed", 1, "server s2 of instance #2 (port 8102) is in maintenance, though it is to get requests"),
        ("ready", 0, "server s2 of instance #2 (port 8102) has weight 0, though it is to get requests"),
    ]) func whatSomebodyTakesOutIsToldAndStaysOutUntilARollback(state: String, weight: Int, said: String) {
        let slots = [slot(1, 8101), slot(2, 8102, state, weight: weight)]
        let found = plan(slots, order([8101, 8102]), told: [8101, 8102])
        #expect(found.commands == [] && words(found) == [said])
        #expect(found.keptOut == [8102] && found.told == [8101, 8102])
        #expect(found.findings[0].movesTraffic && found.findings[0].keptOut == [2])
        let right = plan(slots, order([8101, 8102], setsRight: true), told: [8101, 8102])
        #expect(right.commands.last == "set server instances/s2 state ready" && right.comes == [8102])
        #expect(right.commands.contains("set server instances/s2 weight 100%") == (weight == 0))
        #expect(right.keptOut == [] && words(right) == [said])
    }

    @Test func whatSomebodyHasTakenOutStaysOutAlsoWhereItWasUnhealthyMeanwhile() {
        let slots = [slot(1, 8101), slot(2, 8102, "draining")]
        let sick = plan(slots, order([8101], others: [8102]), told: [8101, 8102])
        #expect(sick.commands == [] && sick.told == [8101, 8102])
        #expect(plan(slots, order([8101, 8102]), told: sick.told).keptOut == [8102])
        // Where it is to stop, it is lastgood's.
        #expect(plan(slots, order([8101], leaving: [8102]), told: [8101, 8102]).told == [8101])
    }

    @Test func whatSomebodyLetsInIsToldAndStaysUnlessItsInstanceStops() {
        let slots = [slot(1, 8101), slot(2, 8102)]
        let found = plan(slots, order([8101], others: [8102]), told: [8101])
        #expect(
            words(found) == ["server s2 sends requests to instance #2 (port 8102), though it is to get none"])
        #expect(found.commands == [] && found.told == [8101])
        let drain = ["set server instances/s2 state drain"]
        #expect(plan(slots, order([8101], leaving: [8102]), told: [8101]).commands == drain)
        #expect(plan(slots, order([8101], others: [8102], setsRight: true), told: [8101]).commands == drain)
    }

    @Test func aServerThatPointsElsewhereIsToldAndClosedByARollback() {
        var stray = slot(1, 80)
        stray.address = "10.0.0.9"
        let slots = [stray, slot(2, 8102), slot(3, 9000), slot(4, 1, "closed")]
        let found = plan(slots, order([8101, 8102]), told: [8101, 8102])
        #expect(
            words(found) == [
                "no server sends requests to instance #1 (port 8101), though it is to get them",
                "server s1 sends requests to 10.0.0.9:80, though no instance is there",
                "server s3 sends requests to port 9000, though no instance is there",
            ])
        #expect(found.commands == [])
        let right = plan(slots, order([8101, 8102], setsRight: true), told: [8101, 8102])
        #expect(
            right.commands == [
                "set server instances/s4 addr 127.0.0.1 port 8101", "set server instances/s4 state ready",
                "set server instances/s1 state maint", "set server instances/s3 state maint",
            ])
    }

    @Test func anotherWeightAndASecondServerMoveNoTraffic() {
        let slots = [slot(1, 8101, weight: 5), slot(2, 8102), slot(3, 8102)]
        let found = plan(slots, order([8101, 8102]), told: [8101, 8102])
        #expect(
            words(found) == [
                "server s1 of instance #1 (port 8101) has weight 5, though it is to have 1",
                "server s3 sends requests to instance #2 (port 8102), too, though s2 does",
            ])
        #expect(found.findings.allSatisfy { !$0.movesTraffic } && found.commands == [])
    }

    @Test func whoIsNewComesInAndWhoWasTakenOutStaysOut() {
        let slots = [slot(1, 8101, "draining"), slot(2, 8102), slot(3, 1, "closed")]
        let found = plan(slots, order([8101, 8103], others: [8102]), told: [8101, 8102])
        #expect(found.comes == [8103] && found.leaves == [8102] && found.keptOut == [8101])
        #expect(found.told == [8101, 8103])
    }
}
