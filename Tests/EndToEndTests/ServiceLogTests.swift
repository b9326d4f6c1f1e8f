import Decisions
import Foundation
import Ledger
import Model
import Synchronization
import TestSupport
import Testing

@testable import Controller
@testable import lastgood

/// What a service writes into its log, line by line.
@Suite struct ServiceLogTests {
    private let event = Event(
        sequence: 41, time: Timestamp(milliseconds: 1_600_000_000_123), actor: "lastgood", token: 1,
        application: "shop",
        environment: "prod",
        body: .deploymentEnded(
            deployment: 7, release: "1.9\u{1B}[2J", phase: .failed, reason: "no\nport; password=hunter2secret"))

    @Test func aLineOfJSONHasItsFieldsAndNothingThatATerminalWouldObey() throws {
        let line = ServiceLog(.json, .info).line(LogRecord(event))
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(line)")
        #expect(!line.contains("hunter2secret"), "\(line)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["time"] as? String == event.time.rfc3339 && object["level"] as? String == "error")
        #expect(object["environment"] as? String == "shop/prod" && object["deployment"] as? Int == 7)
        #expect(object["event"] as? String == "deploymentEnded" && object["sequence"] as? Int == 41)
        #expect((object["message"] as? String)?.contains("failed") == true)
        #expect(object["errorKind"] == nil)
        let failure = LogRecord(.error, "cannot be read", errorKind: .configuration)
        #expect(ServiceLog(.json, .info).line(failure).contains(#""errorKind":"configuration""#))
    }

    @Test func aLineOfTextIsOneLine() {
        let line = ServiceLog(.text, .info).line(LogRecord(event))
        #expect(line.hasPrefix("\(event.time.rfc3339)  error    shop/prod: "), "\(line)")
        #expect(line.contains("\u{240A}") && !line.contains("\n") && !line.contains("\u{1B}"), "\(line)")
        #expect(!line.contains("hunter2secret"), "\(line)")
        let journal = ServiceLog(.text, .info, isJournal: true).line(LogRecord(event))
        #expect(journal.hasPrefix("<3>shop/prod: "), "\(journal)")
    }

    @Test func theJournalIsKnownByTheFileThatStandardErrorIs() throws {
        let bench = try Workbench()
        let place = try bench.text("touch log; stat -c %d:%i log")
        let file = try #require(FileHandle(forWritingAtPath: "\(bench.path)/log"))
        #expect(ServiceLog.isJournal(["JOURNAL_STREAM": place], descriptor: file.fileDescriptor))
        #expect(!ServiceLog.isJournal(["JOURNAL_STREAM": "1:2"], descriptor: file.fileDescriptor))
        #expect(!ServiceLog.isJournal([:], descriptor: file.fileDescriptor))
    }

    @Test func whatMattersLessThanWasAskedForIsLeftOut() throws {
        let bench = try Workbench()
        try bench.shell("touch log")
        let file = try #require(FileHandle(forWritingAtPath: "\(bench.path)/log"))
        let log = ServiceLog(.text, .warning, output: file)
        for level in LogLevel.allCases { log.write(level, "told as \(level.rawValue)") }
        log.flush()
        #expect(try bench.text("grep -o 'told as .*' log") == "told as error\ntold as warning")
    }

    @Test func whatSomebodyMayHaveToLookAtStandsOut() {
        #expect(EventBody.bakeProgressed(deployment: 1, requests: 2).logLevel == .debug)
        #expect(
            EventBody.deploymentEnded(deployment: 1, release: "1", phase: .succeeded, reason: "").logLevel == .info)
        #expect(EventBody.problemNoted(reason: "").logLevel == .warning)
        #expect(EventBody.unknown(kind: "later", stored: "").logLevel == .debug)
    }
}

@Suite struct ServiceHealthTests {
    @Test func itIsWellWhereTheLoopGoesRoundAndTheLedgerAnswers() {
        let well = ServiceHealth(lastRound: .seconds(95), ledgerAnswered: .seconds(95))
        #expect(well.troubles(at: .seconds(100)).isEmpty)
        #expect(
            well.troubles(at: .seconds(120)) == [
                "the controller has not gone round for 25 s", "the ledger has not answered for 25 s",
            ])
        #expect(
            ServiceHealth(lastRound: .seconds(95), ledgerAnswered: .seconds(95), ledgerProblem: "it is locked")
                .troubles(at: .seconds(96)) == ["the ledger does not answer: it is locked"])
        #expect(
            ServiceHealth().troubles(at: .zero) == [
                "the controller has not gone round yet", "the ledger has not answered yet",
            ])
    }

    @Test func aStatusIsOneLineWithTheMostUrgentFirst() {
        var vitals = Vitals.Reading()
        var census = LedgerCensus.Reading()
        #expect(serviceStatus(vitals, census) == "starting")
        (vitals.isSettled, vitals.isLeading, vitals.environments) = (true, true, 4)
        census.counts = ["ok": 2, "baking": 1, "rollingBack": 1]
        #expect(serviceStatus(vitals, census) == "leading, 4 environments, 1 rolling back, 1 baking")
        (vitals.isLeading, vitals.environments, census.counts) = (false, 1, [:])
        #expect(serviceStatus(vitals, census) == "standing by, 1 environment")
    }
}

@Suite struct LedgerCensusTests {
    /// Whoever asks `/healthz` hears of a ledger that answers, however long a large fleet takes to be counted.
    @Test func theLedgerIsAskedAlsoWhileNothingIsCountedAgainSoSoon() async throws {
        let bench = try Workbench()
        let configuration = try Configuration.parse(
            """
            ledger: \(bench.path)/ledger.sqlite
            applications:
              shop:
                environments:
                  prod:
                    stage: prod
                    target: {kind: local, directory: \(bench.path)/prod, command: ["true"]}
            """, path: "\(bench.path)/lastgood.yaml", variables: [:])
        let ledger = try SQLiteLedger(path: configuration.ledger)
        let times = Mutex<[Duration]>([])
        let census = try LedgerCensus(configuration, courier: nil) { times.withLock { $0.removeFirst() } }
        func look(at moments: [Duration]) async -> LedgerCensus.Reading {
            times.withLock { $0 = moments }
            await census.look()
            return census.reading
        }
        // Counting takes three seconds.
        let first = await look(at: [.seconds(100), .seconds(103)])
        #expect(first.counts == ["nothingDeployed": 1] && first.answeredAt == .seconds(103))
        try ledger.append(
            .deploymentRequested(DeploymentRequest(release: "1", releaseOrder: 1, trigger: .person)),
            to: .environment(EnvironmentAddress(application: "shop", environment: "prod")), actor: "ana", at: .now)
        let second = await look(at: [.milliseconds(103_500)])
        #expect(second.answeredAt == .milliseconds(103_500) && second.problem == nil)
        #expect(second.counts == first.counts, "it was counted just now")
        let third = await look(at: [.seconds(163), .seconds(166)])
        #expect(third.counts == ["pending": 1])
    }

    @Test func aStateThatAnEnvironmentCanBeInIsCountedUnderItsOwnName() {
        #expect(Set(Condition.states.map(\.code)).count == Condition.states.count)
        #expect(Condition.states.first == .setApart && Condition.states.last == .ok)
        let page = ServiceMetrics(
            version: "1", startedAt: .now, vitals: Vitals.Reading(), problems: [:], census: LedgerCensus.Reading(),
            configuration: ConfigurationReload.Outcome(takenAt: .now), now: .zero
        ).page.text
        for state in Condition.states {
            #expect(page.contains("lastgood_environments{state=\"\(state.code)\"} 0"), "\(state.code)")
        }
    }
}
