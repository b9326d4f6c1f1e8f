import Foundation
import Model
import Testing

@testable import Alarms

@Suite("Alerts of an Alertmanager") struct AlertTests {
    @Test(
        "matchers are read as Alertmanager reads them",
        arguments: [
            (#"service="checkout",severity="page""#, [#"service="checkout""#, #"severity="page""#]),
            (#"{service="checkout"}"#, [#"service="checkout""#]),
            (#" { a = "b" , c =~ "d|e" , } "#, [#"a="b""#, #"c=~"d|e""#]),
            (#"a!=b,c!~"d""#, [#"a!="b""#, #"c!~"d""#]),
            (#"a="x,y""#, [#"a="x,y""#]),
            (#"a="say \"hi\"""#, [#"a="say \"hi\"""#]),
            (#"a=~"1\.2""#, [#"a=~"1\\.2""#]),
            (#"a="two\nlines""#, [#"a="two\nlines""#]),
            (#"a="""#, [#"a="""#]),
        ])
    func matchers(text: String, expected: [String]) throws {
        let read = try AlertMatcher.list(parsing: text)
        #expect(read.map(\.description) == expected)
        // What is written means the same when it is read again.
        #expect(try AlertMatcher.list(parsing: read.map(\.description).joined(separator: ",")) == read)
    }

    @Test(
        "what is no matcher says why",
        arguments: [
            ("", "there is no matcher in it, and all alerts would match"),
            ("{}", "there is no matcher in it, and all alerts would match"),
            ("checkout", "“checkout” is no matcher"), ("1a=\"b\"", "“1a=\"b\"” is no matcher"),
            ("a=\"b", "a quote is not closed"), ("a=b\"c\"", "b\"c\" has a quote in it: write it as \\\""),
            ("a=b,,c=d", "“” is no matcher"),
        ])
    func faults(text: String, message: String) {
        #expect(throws: AlertMatcher.Problem(message: message)) { try AlertMatcher.list(parsing: text) }
    }

    private func alert(
        _ name: String, _ state: String = "active", silencedBy: [String] = [], inhibitedBy: [String] = [],
        summary: String? = nil
    ) -> Alert {
        Alert(
            labels: ["alertname": name], annotations: summary.map { ["summary": $0] } ?? [:],
            status: .init(state: state, silencedBy: silencedBy, inhibitedBy: inhibitedBy))
    }

    @Test("what is silenced, inhibited or not processed yet is told, and does not fire")
    func standings() {
        let picture = AlertPicture([
            alert("Faults", summary: "5 % fail"), alert("Slow"), alert("Old", "suppressed", silencedBy: ["a"]),
            alert("Lower", "suppressed", inhibitedBy: ["f"]), alert("New", "unprocessed"),
        ])
        #expect(picture.firing == 2)
        #expect(
            picture.evidence
                == "Faults: 5 % fail, Slow; 1 silenced (Old); 1 inhibited (Lower); 1 not processed yet (New)")
        #expect(AlertPicture([]).evidence == "none")
        // What was silenced here for the time of a rollback fires all the same.
        #expect(AlertPicture([alert("Old", "suppressed", silencedBy: ["own"])], besides: ["own"]).firing == 1)
        #expect(AlertPicture([alert("Old", "suppressed", silencedBy: ["own", "b"])], besides: ["own"]).firing == 0)
    }

    private let alarm = AlarmDefinition(
        name: "paged", kind: .alert, origin: .alerts(source: "alertmanager", AlertSelection(matchers: ["a=\"b\""])),
        threshold: Quantity(0, .count), datapointsToAlarm: 1, evaluationPeriods: 1, period: .seconds(5))
    private let begin = Timestamp(milliseconds: 1_700_000_000_000)

    private func environment() -> AlertedEnvironment {
        AlertedEnvironment(
            WatchedEnvironment(
                address: EnvironmentAddress(application: "shop", environment: "prod"), alarms: [alarm],
                metrics: MetricsEndpoint(), directory: "/", instances: [], known: []))
    }

    /// Whether what was asked so many seconds after the beginning, and came a second later, is a change.
    private func isNews(
        _ known: inout AlertedEnvironment, _ result: Result<AlertPicture, SourceFailure>, after seconds: Int
    ) -> Bool {
        let asked = begin + .seconds(seconds)
        return known.take(result, of: alarm, asked: asked, at: asked + .seconds(1))
    }

    @Test("an alarm is on while an alert fires, and it is known of when that is")
    func states() {
        var known = environment()
        #expect(!known.readings.isSettled)
        let none = Result<AlertPicture, SourceFailure>.success(AlertPicture([]))
        let first = isNews(&known, none, after: 0)
        #expect(first && known.readings.isSettled && known.readings.alarms.first?.state == .ok)
        #expect(known.readings.alarms.first?.condition == "no alert firing")
        #expect(known.readings.judgedSince == ["paged": begin])
        let second = isNews(&known, .success(AlertPicture([alert("Faults"), alert("Slow")])), after: 5)
        let status = known.readings.alarms.first
        #expect(second && status?.state == .alarm && status?.since == begin + .seconds(6))
        #expect(status?.sentence == "paged 2 alerts firing (Faults, Slow)")
        let third = isNews(&known, .success(AlertPicture([alert("Slow")])), after: 10)
        #expect(!third && known.current.first?.peak == Quantity(2, .count))
        #expect(known.current.first?.onset == Quantity(2, .count))
        let fourth = isNews(&known, none, after: 15)
        #expect(fourth && known.current.first?.peak == nil)
    }

    @Test("where it cannot be asked nothing is known at once, but what fires stays on for a while")
    func unanswered() {
        let failure = Result<AlertPicture, SourceFailure>.failure(.silent("connection refused"))
        var known = environment()
        _ = isNews(&known, .success(AlertPicture([])), after: 0)
        let first = isNews(&known, failure, after: 5)
        #expect(first && known.readings.alarms.first?.state == .insufficientData)
        #expect(
            known.readings.alarms.first?.evidence
                == "no data: alertmanager does not answer: connection refused")
        #expect(known.readings.judgedSince.isEmpty && known.readings.failures["paged"] != nil)
        _ = isNews(&known, .success(AlertPicture([alert("a")])), after: 10)
        let changes = [15, 44, 45].map { isNews(&known, failure, after: $0) }
        #expect(changes == [false, false, true])
        #expect(known.readings.alarms.first?.state == .insufficientData)
    }

    // MARK: silences

    private func wish(_ deployment: Int64 = 41, _ environment: String = "prod") throws -> SilencePlan.Wish {
        SilencePlan.Wish(
            address: EnvironmentAddress(application: "shop", environment: environment), deployment: deployment,
            alarm: "paged", matchers: try AlertMatcher.list(parsing: #"a="b",c!~"d""#), reason: "rolls back")
    }

    @Test("a silence is made once, found again by whoever comes after, renewed, and removed when it is over")
    func silences() throws {
        let plan = SilencePlan(owner: "lastgood:1234")
        let (wish, watched) = (try wish(), Set([try self.wish().address]))
        let first = plan.steps([wish], [], watched: watched, at: begin)
        guard case .put(var silence) = first.first, first.count == 1 else {
            Issue.record("\(first)")
            return
        }
        #expect(silence.matchers[1] == .init(name: "c", value: "d", isRegex: true, isEqual: false))
        #expect(silence.comment == "rolls back [lastgood:1234 shop/prod #41 paged]" && silence.id == nil)
        silence.id = "s1"
        silence.status = .init(state: "active")
        // It died before it was told that it was made: there is no second one.
        #expect(plan.steps([wish], [silence], watched: watched, at: begin + .seconds(60)).isEmpty)
        // A long rollback is silenced to its end, by the same silence.
        let later = plan.steps([wish], [silence], watched: watched, at: begin + .seconds(2000))
        guard case .put(let renewed) = later.first else {
            Issue.record("\(later)")
            return
        }
        #expect(renewed.id == "s1" && renewed.startsAt == silence.startsAt && renewed.endsAt > silence.endsAt)
        #expect(plan.steps([], [silence], watched: watched, at: begin) == [.expire("s1")])
        // Of what it does not watch it knows nothing; and others' silences are theirs.
        #expect(plan.steps([], [silence], watched: [], at: begin).isEmpty)
        #expect(SilencePlan(owner: "lastgood:12").steps([], [silence], watched: watched, at: begin).isEmpty)
        var ended = silence
        ended.status = .init(state: "expired")
        #expect(plan.steps([], [ended], watched: watched, at: begin).isEmpty)
        // The next rollback has one of its own.
        let next = plan.steps([try self.wish(42)], [silence], watched: watched, at: begin)
        #expect(next.count == 2 && next.last == .expire("s1"))
    }
}
