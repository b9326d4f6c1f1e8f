import Model
import Testing

@testable import Alarms

@Suite struct CountingTests {
    /// What is counted in all, and of it the faults, while the expositions follow one another.
    private func faults(_ texts: [String], isFromNought: Bool = false) -> (all: Double, faults: Double) {
        let names = MetricNames(MetricsEndpoint(), [])
        var follower = CounterFollower()
        for text in texts { follower.take(Exposition(Array(text.utf8), names), isFromNought: isFromNought) }
        func counted(_ status: Count.Status) -> Double {
            follower.counting.counted[.requests(name: 0, status: status)] ?? 0
        }
        return (counted(.fault) + counted(.other), counted(.fault))
    }

    private func line(_ route: String, _ code: Int, _ value: Int) -> String {
        "http_requests_total{route=\"\(route)\",code=\"\(code)\"} \(value)\n"
    }

    @Test func seriesThatExpireOneAfterTheOtherAddNothing() {
        let ok = { self.line("/", 200, 1000 + $0) }
        let result = faults([
            ok(0) + line("/a", 500, 20) + line("/b", 500, 20) + line("/c", 500, 20),
            ok(10) + line("/a", 500, 20) + line("/b", 500, 20), ok(20) + line("/a", 500, 20), ok(30),
        ])
        #expect(result.faults == 0)
        #expect(result.all == 30)
    }

    @Test func onlyASeriesThatFallsWasReset() {
        let result = faults([
            line("/", 200, 1000) + line("/a", 200, 50) + line("/a", 500, 20),
            line("/", 200, 1010) + line("/a", 200, 55) + line("/a", 500, 3),
        ])
        #expect(result.faults == 3)
        #expect(result.all == 18)
    }

    @Test func aSeriesThatAppearsCountsFromItsFirstSight() {
        let result = faults([
            line("/", 200, 1000), line("/", 200, 1010) + line("/a", 500, 400),
            line("/", 200, 1020) + line("/a", 500, 402),
        ])
        #expect(result.faults == 2)
        #expect(result.all == 22)
    }

    @Test func whereTheWholeExpositionBeganAnewWhatAppearsCountsFromNought() {
        let result = faults([
            line("/", 200, 1000) + line("/b", 200, 500), line("/", 200, 5) + line("/b", 200, 6) + line("/", 500, 7),
        ])
        #expect(result.all == 18)
        #expect(result.faults == 7)
    }

    @Test func anotherProcessCountsFromNoughtEvenWhereItsCountersAreHigher() {
        let result = faults([
            "process_start_time_seconds 1700000000\n" + line("/", 200, 10),
            "process_start_time_seconds 1700000100\n" + line("/", 200, 25) + line("/", 500, 4),
        ])
        #expect(result.all == 29)
        #expect(result.faults == 4)
    }

    @Test func anInstanceThatIsWatchedFromItsStartCountedFromNought() {
        let texts = ["", line("/", 200, 30) + line("/", 500, 5), line("/", 200, 40) + line("/", 500, 5)]
        #expect(faults(texts, isFromNought: true).all == 45)
        #expect(faults(texts, isFromNought: false).all == 10)
    }

    @Test func theSameSeriesTwiceCountsOnce() {
        #expect(faults([line("/", 200, 10), line("/", 200, 30) + line("/", 200, 30)]).all == 20)
    }

    @Test(arguments: ["NaN", "+Inf", "-Inf", "9.3e18", "-1", "1e400"])
    func aValueThatIsNoCountIsNoDataAndNoneOfItIsAdded(value: String) {
        let names = MetricNames(MetricsEndpoint(), [])
        var follower = CounterFollower()
        for number in [10, 20] {
            let text = line("/", 500, number) + "http_requests_total{route=\"/\",code=\"200\"} \(value)\n"
            follower.take(Exposition(Array(text.utf8), names), isFromNought: false)
        }
        #expect(follower.counting.counted == [.requests(name: 0, status: .fault): 10])
        #expect(follower.counting.gaps[.requests(name: 0, status: .other)] == 2)
    }
}

@Suite struct HistogramTests {
    @Test func aPercentileIsInterpolatedWithinItsBucket() {
        let histogram = Histogram([0.1: 50, 0.2: 90, 0.5: 100, .infinity: 100])
        func seconds(_ percent: Double) -> Double {
            if case .seconds(let value) = histogram.percentile(percent) { value } else { .nan }
        }
        #expect(seconds(50) == 0.1)
        #expect(abs(seconds(70) - 0.15) < 1e-9)
        #expect(abs(seconds(99) - 0.47) < 1e-9)
        #expect(Histogram([0.1: 0, .infinity: 0]).percentile(99) == .nothing)
    }

    @Test func aPercentileInTheOpenBucketIsMoreThanTheHighestBound() {
        #expect(Histogram([0.1: 0, .infinity: 10]).percentile(99) == .above(0.1))
    }

    @Test func aHistogramWithoutABoundOrWithoutTheOpenBucketTellsNothing() {
        #expect(Histogram([.infinity: 10]).percentile(99) == .unbounded)
        #expect(Histogram([0.1: 10]).percentile(99) == .unbounded)
        #expect(Histogram().percentile(99) == .unbounded)
    }

    @Test func whereBoundsDifferABucketCountsWhatIsSurelyInIt() {
        let sum = Histogram.sum([Histogram([0.1: 5, .infinity: 10]), Histogram([0.5: 7, .infinity: 10])])
        #expect(sum.buckets == [0.1: 5, 0.5: 12, .infinity: 20])
    }
}
