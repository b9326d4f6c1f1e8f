import Model
import Testing
import TrafficModels

@testable import Decisions

/// A new release beside the one before it, in the loop that decides.
@Suite struct ComparisonTests {
    /// 1.0 has served for ten minutes, and 1.1 rolls out; from then on each instance faults as is said.
    /// - Parameter before: of how many requests one faulted before.
    private func rolledOut(
        before: Int = 100, _ change: (inout EnvironmentPolicy) -> Void = { _ in }
    ) throws -> Bench {
        var bench = try Bench.settled()
        bench.policy.bake = .init(duration: .seconds(900), maximum: .seconds(3600))
        bench.policy.progressDeadline = .seconds(3600)
        change(&bench.policy)
        for _ in 0..<60 { bench.serve(oneIn: { _ in before }) }
        try bench.ask("1.1", order: 2)
        return bench
    }

    private func compared(_ bench: Bench) -> [ReleaseComparison] {
        bench.bodies.compactMap { if case .releaseCompared(_, _, let comparison) = $0 { comparison } else { nil } }
    }

    @Test func whatItIsComparedWithIsWrittenBeforeAnyInstanceIsTouched() throws {
        let bench = try rolledOut()
        let began = try #require(bench.bodies.firstIndex { $0.kind == "comparisonBegun" })
        let started = try #require(
            bench.bodies.firstIndex { if case .instanceStarting(_, "1.1", _) = $0 { true } else { false } })
        #expect(began < started)
        let reference = try #require(bench.state.deployment?.comparedWith)
        #expect(reference.release == "1.0" && reference.span == .seconds(600))
        #expect(reference.served.requests == 60 * 3 * 200 && reference.served.faults == 60 * 3 * 2)
    }

    @Test func aReleaseThatFaultsMoreThanTheOneBeforeItIsTakenBackAndTheReasonSaysHowMuch() throws {
        var bench = try rolledOut()
        for _ in 0..<90 where bench.decisions.isEmpty {
            bench.serve(oneIn: { _ in 25 })
            try bench.settle()
        }
        let found = try #require(compared(bench).first)
        #expect(found.outcome == .worse && found.measure == .faults && found.basis == .before)
        let decision = try #require(bench.decisions.first)
        #expect(decision.trigger == .automatic && decision.to == "1.0" && decision.blamesSuspect == true)
        #expect(decision.reason.hasPrefix("1.1 answers 4 % with faults, 1.0 1 % before it ("), "\(decision.reason)")
        #expect(decision.reason.hasSuffix(" requests against 360 of 36,000)"), "\(decision.reason)")
        let written = try #require(bench.bodies.firstIndex { $0.kind == "releaseCompared" })
        let decided = try #require(bench.bodies.firstIndex { $0.kind == "rollbackDecided" })
        #expect(written < decided, "what was found is in the ledger before it is acted upon")
    }

    @Test func whileBothServeTheyAreComparedWithEachOther() throws {
        var bench = try rolledOut {
            $0.deployStrategy = .oneBox(bake: .seconds(600), then: .rolling)
        }
        for _ in 0..<60 where bench.decisions.isEmpty {
            bench.serve(oneIn: { $0 == "1.1" ? 20 : 100 })
            try bench.settle()
        }
        let found = try #require(compared(bench).first)
        #expect(found.outcome == .worse && found.basis == .sameTime)
        #expect(bench.decisions.first?.reason.contains("1.0 1 % at the same time (") == true)
    }

    @Test func whatBefallsBothAlikeIsNotTheNewReleasesDoingAndThatIsSaid() throws {
        var bench = try rolledOut {
            $0.deployStrategy = .oneBox(bake: .seconds(600), then: .rolling)
        }
        for _ in 0..<58 {
            bench.serve(oneIn: { _ in 20 })
            try bench.settle()
        }
        #expect(bench.decisions.isEmpty)
        let found = try #require(compared(bench).first)
        #expect(compared(bench).count == 1, "it is said once")
        #expect(found.outcome == .notTheRelease && found.basis == .sameTime)
        #expect(
            found.inWords("1.1")
                == "1.1 answers 5 % with faults, and so does 1.0 at the same time (5 %): not the new release's doing")
    }

    @Test func aReleaseThatFaultsAsTheSickOneBeforeItIsNotToBlame() throws {
        var bench = try rolledOut(before: 10)
        for _ in 0..<89 {
            bench.serve(oneIn: { _ in 10 })
            try bench.settle()
        }
        #expect(bench.decisions.isEmpty)
        #expect(compared(bench).map(\.outcome) == [.notTheRelease])
        #expect(compared(bench).first?.inWords("1.1").contains("as 1.0 did before it (10 %)") == true)
    }

    @Test func oneSickInstanceOfSeveralIsReplaced() throws {
        var bench = try rolledOut()
        let first = try #require(bench.state.instances.first { $0.release == "1.1" })
        for _ in 0..<60 where compared(bench).isEmpty {
            bench.serve(oneIn: { _ in 100 }, except: [first.key: 5])
            try bench.settle()
        }
        let found = try #require(compared(bench).first)
        #expect(found.outcome == .oneInstance && found.instance == first.key && found.slot == first.slot)
        #expect(bench.decisions.isEmpty)
        let stopping = bench.bodies.compactMap { body -> String? in
            if case .instanceStopping(first.slot, let reason) = body { reason } else { nil }
        }
        #expect(stopping.last?.contains("answers 20 % with faults, the others of 1.1 1 %") == true, "\(stopping)")
        #expect(!bench.state.instances.contains { $0.key == first.key })
        #expect(bench.state.instances.count { $0.release == "1.1" && $0.isReady } == 3)
    }

    /// Two that ended, and one that is exchanged though it serves, are not three that ended.
    @Test func aSickInstanceThatIsExchangedIsNoneThatDoesNotStayUp() throws {
        var bench = try rolledOut()
        for _ in 0..<EnvironmentPolicy.crashLimit - 1 {
            let slot = try #require(bench.state.instances.first { $0.release == "1.1" }?.slot)
            try bench.tell(.instanceExited(slot: slot, reason: "exited with status 1"))
            try bench.settle()
            try bench.pass(30)
        }
        let crashes = bench.state.recentCrashes
        let first = try #require(bench.state.instances.first { $0.release == "1.1" && $0.isReady })
        for _ in 0..<60 where compared(bench).isEmpty {
            bench.serve(oneIn: { _ in 100 }, except: [first.key: 5])
            try bench.settle()
        }
        #expect(compared(bench).map(\.outcome) == [.oneInstance])
        try bench.pass(60)
        #expect(!bench.state.instances.contains { $0.key == first.key })
        #expect(bench.decisions.isEmpty, "\(bench.decisions)")
        #expect(bench.state.deployment?.crashes == EnvironmentPolicy.crashLimit - 1)
        #expect(bench.state.recentCrashes == crashes && bench.state.problem == nil)
    }

    /// What is compared is what came since the rollout began, whatever the clock shows.
    @Test(arguments: [-3600, -120, 3600])
    func whereTheClockIsSetInABakeTheReleasesAreComparedAllTheSame(_ seconds: Int) throws {
        var bench = try rolledOut()
        for _ in 0..<12 { bench.serve(oneIn: { _ in 100 }) }
        try bench.settle()
        let shift = Duration.seconds(seconds)
        bench.now += shift
        try bench.tell(.clockSet(by: shift), actor: "lastgood")
        // Whoever remembers traffic forgets what lies ahead.
        bench.served.removeAll { $0.start > bench.now }
        for _ in 0..<70 where bench.decisions.isEmpty {
            bench.serve(oneIn: { _ in 20 })
            try bench.settle()
        }
        #expect(compared(bench).map(\.outcome) == [.worse])
        #expect(bench.decisions.map(\.to) == ["1.0"])
    }

    @Test func aSickInstanceServesUntilAnotherOneTakesItsPlace() throws {
        var bench = try rolledOut()
        let first = try #require(bench.state.instances.first { $0.release == "1.1" })
        let before = bench.bodies.count
        for _ in 0..<60 where compared(bench).isEmpty {
            bench.serve(oneIn: { _ in 100 }, except: [first.key: 5])
            try bench.settle()
        }
        let kinds = bench.bodies[before...].map(\.kind)
        let started = try #require(kinds.firstIndex(of: "instanceHealthChanged"))
        let stopping = try #require(kinds.firstIndex(of: "instanceStopping"))
        #expect(started < stopping, "with the default, none of three may be missing: \(kinds)")
        #expect(kinds.count { $0 == "instanceStarting" } == 1 && kinds.count { $0 == "instanceStopping" } == 1)
    }

    @Test func severalSickInstancesRollBack() throws {
        var bench = try rolledOut()
        let sick = bench.state.instances.filter { $0.release == "1.1" }.prefix(2).map { ($0.key, 5) }
        for _ in 0..<60 where bench.decisions.isEmpty {
            bench.serve(oneIn: { _ in 100 }, except: Dictionary(uniqueKeysWithValues: sick))
            try bench.settle()
        }
        #expect(compared(bench).map(\.outcome) == [.worse])
        #expect(bench.decisions.count == 1)
    }

    @Test func withoutAComparisonNothingIsComparedWithAnything() throws {
        var bench = try rolledOut { $0.comparison = .off }
        for _ in 0..<60 {
            bench.serve(oneIn: { _ in 25 })
            try bench.settle()
        }
        #expect(!bench.bodies.contains { $0.kind == "comparisonBegun" || $0.kind == "releaseCompared" })
        #expect(bench.decisions.isEmpty)
    }

    /// A counter may show anything, and nothing that it shows ends whoever compares.
    @Test func numbersThatCannotBeAddedAreComparedAllTheSame() throws {
        var bench = try Bench.settled()
        bench.policy.bake = .init(duration: .seconds(900), maximum: .seconds(3600))
        let most = Served(
            requests: .max, faults: .max, durations: DurationCounts(bounds: [0.1], counts: [.max, .max]))
        for _ in 0..<60 { bench.serve(oneIn: { _ in 1 }, all: most) }
        try bench.ask("1.1", order: 2)
        let reference = try #require(bench.state.deployment?.comparedWith)
        #expect(reference.served.requests == .max && reference.served.durations?.total == .max)
        for _ in 0..<20 {
            bench.serve(oneIn: { _ in 1 }, all: most)
            try bench.settle()
        }
        #expect(bench.state.deployment?.phase == .baking)
    }

    @Test func aSlowerReleaseIsTakenBackByTheRanksOfItsDurations() throws {
        var bench = try rolledOut()
        for _ in 0..<90 where bench.decisions.isEmpty {
            bench.serve(oneIn: { _ in 100 }, counts: [60, 80, 50, 10])
            try bench.settle()
        }
        let found = try #require(compared(bench).first)
        #expect(found.measure == .latency && found.outcome == .worse)
        #expect(
            bench.decisions.first?.reason.contains("for nine of ten requests, 1.0") == true,
            "\(String(describing: bench.decisions.first?.reason))")
    }
}

extension Bench {
    /// Ten seconds pass, in which every instance serves 200 requests.
    /// - Parameters:
    ///   - oneIn: of how many requests of a release one faults.
    ///   - others: the same for single instances, by their keys.
    ///   - counts: how long they take, of those of 1.1.
    ///   - all: what each answers instead of all that.
    mutating func serve(
        oneIn: (String) -> Int, except others: [Int64: Int] = [:], counts: [Int]? = nil, all: Served? = nil
    ) {
        for instance in state.instances where instance.isReady {
            let requests = 200
            let faults = requests / (others[instance.key] ?? oneIn(instance.release))
            let usual = [150, 40, 8, 2]
            served.append(
                ServedBlock(
                    start: now, instance: instance.key, release: instance.release,
                    served: all
                        ?? Served(
                            requests: requests, faults: faults,
                            durations: DurationCounts(
                                bounds: [0.1, 0.25, 0.5], counts: instance.release == "1.1" ? counts ?? usual : usual))
                ))
        }
        now = now + .seconds(10)
    }
}
