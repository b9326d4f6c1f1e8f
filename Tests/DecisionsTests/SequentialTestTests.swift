import Model
import Testing
import TrafficModels

@testable import Decisions

/// The tests by which two releases are compared, by themselves.
@Suite struct SequentialTestTests {
    @Test func noSingleBlockProvesAnythingHoweverBadItIs() {
        var test = FaultTest(.init(ratio: 1.5, difference: 0.005), dispersion: 1, leavingOut: 4)
        for _ in 0..<20 { test.take(new: Served(requests: 600, faults: 6), old: Served(requests: 600, faults: 6)) }
        let before = test.evidence.strength
        test.take(new: Served(requests: 600, faults: 600), old: Served(requests: 600, faults: 6))
        #expect(test.evidence.strength - before <= 1.25)
        #expect(!test.isWorse(than: Served(requests: 12_000, faults: 120)))
    }

    @Test func whatIsProvenLosesItsForceWhereTrafficIsGoodAgain() {
        var test = FaultTest(.init(ratio: 1.5, difference: 0.005), dispersion: 1, leavingOut: 2)
        for _ in 0..<5 { test.take(new: Served(requests: 600, faults: 30), old: Served(requests: 600, faults: 6)) }
        let high = test.evidence.strength
        for _ in 0..<20 { test.take(new: Served(requests: 600, faults: 6), old: Served(requests: 600, faults: 6)) }
        #expect(test.evidence.strength < high - 1)
    }

    @Test func aDifferenceThatIsCertainAndSmallIsNone() {
        var test = FaultTest(.init(ratio: 1.5, difference: 0.005), dispersion: 1, leavingOut: 2)
        for _ in 0..<90 {
            test.take(new: Served(requests: 60_000, faults: 780), old: Served(requests: 60_000, faults: 600))
        }
        #expect(!test.isWorse(than: Served(requests: 5_400_000, faults: 54_000)))
        var few = FaultTest(.init(ratio: 1.5, difference: 0.005), dispersion: 1, leavingOut: 2)
        for _ in 0..<90 {
            few.take(new: Served(requests: 60_000, faults: 60), old: Served(requests: 60_000, faults: 6))
        }
        #expect(few.evidence.isProof)
        #expect(!few.isWorse(than: Served(requests: 5_400_000, faults: 540)), "0.1 % is no half percentage point")
    }

    @Test func faultsThatComeInCrowdsVaryMoreThanSingleOnes() {
        let single = (0..<120).map { Served(requests: 600, faults: [5, 6, 7][$0 % 3]) }
        let crowds = (0..<120).map { Served(requests: 600, faults: $0 % 3 == 0 ? 18 : 0) }
        #expect(dispersion(of: single) == 1)
        #expect(dispersion(of: crowds) > 5)
        #expect(dispersion(of: []) == 1)
        #expect(dispersion(of: [Served(requests: 600, faults: 0)]) == 1)
    }

    @Test func ranksCountTiesByHalfAndNeedTheSameRanges() throws {
        let one = try #require(DurationCounts(bounds: [0.1, 1], counts: [10, 10, 0]))
        let other = try #require(DurationCounts(bounds: [0.1, 1], counts: [20, 0, 0]))
        #expect(probabilityOfLonger(one, than: one) == 0.5)
        #expect(probabilityOfLonger(one, than: other) == 0.75)
        #expect(probabilityOfLonger(other, than: one) == 0.25)
        #expect(probabilityOfLonger(one, than: try #require(DurationCounts(bounds: [1], counts: [1, 1]))) == nil)
    }

    @Test func ofTooLittleTrafficNoReferenceIsDrawn() {
        let start = Timestamp(milliseconds: 0)
        func blocks(_ count: Int) -> [ServedBlock] {
            (0..<count).map {
                ServedBlock(
                    start: start + .seconds(10 * $0), instance: 1, release: "1.0",
                    served: Served(requests: 10, faults: $0 % 2))
            }
        }
        func reference(_ count: Int) -> ComparisonReference? {
            ComparisonReference(
                of: "1.0", blocks(count), length: .seconds(10), bake: .seconds(900), before: start + .seconds(36_000))
        }
        #expect(reference(29) != nil && reference(27) == nil)
        #expect(reference(360)?.requests.count == 30)
        #expect(reference(360)?.served == Served(requests: 3600, faults: 180))
    }

    /// The same that `benchmarks comparison` measures by the thousand.
    @Test func healthyReleasesStayAndOneThatFaultsTwiceAsOftenIsTakenBack() throws {
        for model in TrafficModel.healthy.prefix(6) {
            for seed in UInt64(1)...5 {
                let outcome = try SimulatedDeployment(model).run(seed: seed)
                #expect(outcome.comparison == nil, "\(model.name), seed \(seed): \(outcome)")
            }
        }
        let steady = TrafficModel("steady")
        let caught = try (1...20).map { try SimulatedDeployment(steady, faultRatio: 2).run(seed: $0) }
        #expect(caught.count { $0.comparison != nil } >= 18)
    }
}
