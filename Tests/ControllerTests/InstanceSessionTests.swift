import Foundation
import Model
import TestSupport
import Testing

@testable import Targets

/// An instance is all that its first process started.
@Suite struct InstanceSessionTests {
    private let shed: ServiceShed

    init() throws { shed = try ServiceShed() }

    /// All processes that carry the marks of this test's folder.
    private func left() -> [Int32] {
        ProcessTable.look().entries.values.filter { $0.claim?.directory == shed.directory }.map(\.pid)
    }

    @Test func whatAnEndedFirstProcessStartedServesOnAndIsStopped() async throws {
        let target = shed.target(["/bin/sh", "-c", "./server; true"])
        try await shed.prepare(target)
        let running = try await shed.serving(21, in: target)
        kill(try #require(running.process).pid, SIGKILL)
        // A process that took over meanwhile has not seen the first one live.
        let next = shed.target()
        for target in [target, next] {
            try await eventually("the first process is gone") { running.process?.isRunning == false }
            let seen = try #require(await target.observe([running]).first)
            #expect(seen.exit == nil)
            #expect(seen.health != .unhealthy)
        }
        try await eventually("it serves on") { await next.observe([running]).first?.health == .healthy }
        try await eventually("gone") { try await next.stop(running) }
        #expect(left() == [])
    }

    @Test func whatServesAfterItsStarterHasEndedIsFoundAlsoInASessionOfItsOwn() async throws {
        let target = shed.target(["/bin/sh", "-c", "setsid ./server & exit 0"])
        try await shed.prepare(target)
        let running = try await shed.serving(22, in: target)
        #expect(running.process?.isRunning == false)
        try await eventually("gone") { try await target.stop(running) }
        #expect(left() == [])
    }

    @Test func anInstanceEndsOnlyWhenNothingOfItLives() async throws {
        let target = shed.target(["/bin/sh", "-c", "sleep 1000 & exec ./server"])
        try await shed.prepare(target)
        let running = try await shed.serving(23, in: target)
        kill(try #require(running.process).pid, SIGKILL)
        var exit: String?
        var details: [String] = []
        try await eventually("its end") {
            let seen = try #require(await target.observe([running]).first)
            exit = seen.exit
            if exit == nil, let detail = seen.detail { details.append(detail) }
            // Looking alone stops nothing: whoever looks may have lost the lease.
            if details.count > 3 { await target.clearAway(running) } else { #expect(exit == nil) }
            return exit != nil
        }
        #expect(exit?.hasPrefix("killed by signal 9") == true)
        #expect(details.first == "its first process killed by signal 9; 1 that it started are being stopped")
        #expect(left() == [])
    }

    @Test func aStoppedProcessStillEndsAsItIsAskedTo() async throws {
        try shed.write(
            "polite", "#!/bin/sh\ntrap 'echo goodbye; exit 0' TERM\necho ready\nwhile :; do sleep 0.05; done\n")
        let target = shed.target(["./polite"], grace: .seconds(600))
        try await shed.prepare(target)
        let blank = shed.instance(24)
        let running = try shed.running(blank, try await target.start(blank, of: shed.release))
        let log = { (try? String(contentsOfFile: shed.log(), encoding: .utf8)) ?? "" }
        try await eventually("ready") { log().contains("ready") }
        kill(try #require(running.process).pid, SIGSTOP)
        try await eventually("gone") { try await target.stop(running) }
        #expect(log().contains("goodbye"))
    }

    @Test func whatDoesNotEndInTimeIsKilledWithAllThatItStarted() async throws {
        try shed.write("deaf", "#!/bin/sh\ntrap '' TERM\nsh -c 'sleep 1000; true' &\necho ready\nwait\nsleep 1000\n")
        let target = shed.target(["./deaf"], grace: .milliseconds(50))
        try await shed.prepare(target)
        let blank = shed.instance(25)
        let running = try shed.running(blank, try await target.start(blank, of: shed.release))
        try await eventually("ready") {
            (try? String(contentsOfFile: shed.log(), encoding: .utf8))?.contains("ready") == true && left().count > 2
        }
        try await eventually("gone") { try await target.stop(running) }
        #expect(left() == [])
    }

    @Test func stoppingEverythingEndsWithTheNameOfWhatDoesNotEnd() async throws {
        try shed.write("deaf", "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n")
        let target = shed.target(["./deaf"], grace: .seconds(600))
        try await shed.prepare(target)
        let started = try await target.start(shed.instance(26), of: shed.release)
        try await eventually("ready") {
            (try? String(contentsOfFile: shed.log(), encoding: .utf8))?.contains("ready") == true
        }
        let error = await #expect(throws: TargetError.self) { try await target.stopAll(atMost: .zero) }
        #expect(error?.description.contains("1 of 1 instances in \(shed.directory) did not end") == true)
        #expect(error?.description.contains("process \(started.process.pid) (1.0)") == true)
        #expect(try await shed.target(["./deaf"], grace: .zero).stopAll() == 1)
    }

    @Test func aLookIsUsedAgainOnlyWhereItIsYoungerThanTheLastAct() throws {
        let first = try #require(ProcessTable.look(maximumAge: .seconds(60)).takenAt)
        let act = ContinuousClock.now
        let second = try #require(ProcessTable.look(maximumAge: .seconds(60), notBefore: act).takenAt)
        #expect(first < act && act < second)
        // Whoever stops something else in the same turn need not look again.
        #expect(try #require(ProcessTable.look(maximumAge: .seconds(60), notBefore: act).takenAt) >= second)
    }

    @Test func aProcessThatTakesNoSignalFromUsIsNamedAtOnceAndTheOthersAreAsked() throws {
        let one = try #require(ProcessTable.entry(1))
        let own = try #require(ProcessTable.entry(getpid()))
        let now = ContinuousClock.now
        var order = StopOrder(signal: SIGTERM, deadline: now + .seconds(10))
        var sent: [ProcessIdentity] = []
        let error = #expect(throws: TargetError.self) {
            try order.advance([one, own], now: now) { process, _ in
                sent.append(process)
                return process.pid == 1 ? .refused(EPERM) : .sent
            }
        }
        #expect(sent == [one.identity, own.identity])
        #expect(error?.description.contains("process 1 (\(one.name)) belongs to root") == true)
        #expect(error?.cause == .infrastructure)
    }

    @Test func whatIsStoppedAfterItWasToldToEndIsContinued() throws {
        var own = try #require(ProcessTable.entry(getpid()))
        let now = ContinuousClock.now
        var order = StopOrder(signal: SIGTERM, deadline: now + .seconds(10))
        var sent: [Int32] = []
        for isStopped in [false, true, false] {
            own.isStopped = isStopped
            try order.advance([own], now: now) { _, signal in
                sent.append(signal)
                return .sent
            }
        }
        #expect(sent == [SIGTERM, SIGCONT])
    }

    @Test func aNumberThatWasGivenToALaterProcessIsNotSignalled() {
        let mistaken = ProcessIdentity(pid: getpid(), startTime: 1)
        #expect(mistaken.signal(SIGKILL) == .gone)
    }

    @Test func aNumberOfBeforeTheMachineStartedAnewMeansNothing() throws {
        let own = try #require(ProcessIdentity(running: getpid()))
        let boot = try #require(own.boot)
        #expect(own.signal(0) == .sent)
        let ofAnOlderLedger = ProcessIdentity(pid: own.pid, startTime: own.startTime)
        #expect(ofAnOlderLedger.signal(0) == .sent)
        let ofBefore = ProcessIdentity(pid: own.pid, startTime: own.startTime, boot: boot ^ 1)
        #expect(ofBefore.signal(0) == .gone)
        #expect(!ofBefore.isRunning)
    }

    @Test func aFirstProcessThatSaysItIsOfAnotherStartIsNoneOfThisOne() async throws {
        let target = shed.target()
        try await shed.prepare(target)
        let first = try await shed.serving(71, in: target)
        let second = try await target.start(shed.instance(72, slot: 2), of: shed.release)
        let processes = InstanceProcesses(ledger: shed.ledger, directory: shed.directory)
        let members = processes.members(
            of: InstanceStart(first), port: nil, leader: second.process, known: [], in: .look())
        #expect(members.map(\.identity) == [try #require(first.process)])
    }
}
