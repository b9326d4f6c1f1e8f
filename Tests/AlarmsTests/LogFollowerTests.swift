import Foundation
import Model
import Testing

@testable import Alarms

@Suite struct LogFollowerTests {
    @Test func newLinesComeOnceAndWholeAlsoAfterTheLogBeganAnew() throws {
        let path = NSTemporaryDirectory() + "lastgood-log-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }
        func lines(_ follower: inout LogFollower) -> [String] {
            var lines: [String] = []
            follower.newLines { lines.append(String($0)) }
            return lines
        }
        try write("old\n")
        var late = LogFollower(path: path, fromStart: false)
        var early = LogFollower(path: path, fromStart: true)
        try write("old\nnew\nhal")
        #expect(lines(&late) == ["new"])
        #expect(lines(&early) == ["old", "new"])
        try write("old\nnew\nhalf\n")
        #expect(lines(&late) == ["half"])
        #expect(lines(&late) == [])
        try write("a\n")
        #expect(lines(&late) == ["a"])
    }

    @Test func patternsArePOSIXExtended() throws {
        let pattern = try #require(LinePattern("ERROR|FATAL|panic|Traceback"))
        #expect(pattern.matches("12:00 ERROR no mail"))
        #expect(!pattern.matches("all is well"))
        #expect(patternFault("(") != nil)
        #expect(patternFault("a+") == nil)
    }

    @Test func theLogOfANewInstanceDoesNotBeginWithWhatTheOneBeforeInItsSlotWrote() async throws {
        let path = NSTemporaryDirectory() + "lastgood-log-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "ERROR of the instance before\n".write(toFile: path, atomically: false, encoding: .utf8)
        let alarm = AlarmDefinition(
            name: "errors", kind: .logErrors(pattern: "ERROR"), scope: .instance, threshold: Quantity(0, .perMinute),
            datapointsToAlarm: 1, evaluationPeriods: 1, period: .milliseconds(200))
        let address = EnvironmentAddress(application: "shop", environment: "prod")
        let (readings, sink) = AsyncStream<[AlarmReading]>.makeStream()
        let source = ScrapeSource(
            now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }, onChange: { _ in },
            onSamples: { _ in }, onReadings: { sink.yield($1) })
        let started = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let instance = WatchedInstance(
            slot: 1, key: 7, release: "1.1", startedAt: started, pid: getpid(), port: 1, log: path, isHealthy: true)
        await source.watch(
            WatchedEnvironment(
                address: address, alarms: [alarm], metrics: MetricsEndpoint(path: nil, every: .milliseconds(100)),
                directory: "/", instances: [instance], known: []))
        var iterator = readings.makeAsyncIterator()
        let first = try #require(await iterator.next()?.first)
        #expect(first.status.value?.value == 0)
        #expect(first.status.state == .ok)
        await source.stopWatching(address)
    }
}
