import HTTP
import Model
import Testing

@testable import Notifications

@Suite("The words of notifications, and what answers mean") struct NoticeTextTests {
    private func text(_ template: String?, _ body: EventBody) throws -> String {
        var incidents = OpenIncidents()
        let specification = NotificationSpecification(
            name: "ops", kinds: [.all], text: try template.map { try NoticeText(parsing: $0) } ?? .usual,
            channel: .command(["true"], folder: "/"))
        return try #require(Notice(specification, KindTests.event(body, 12), &incidents, isRollback: { _ in false }))
            .text
    }

    @Test(
        "fields are filled in",
        arguments: [
            (nil, "checkout/prod-eu: decided automatically: roll back from 1.9.0 to 1.8.2: faults 5 % > 1 %"),
            ("{environment} {{now}} on {release} by {actor}", "checkout/prod-eu {now} on 1.8.2 by ana"),
            ("{kind}|{event}|{deployment}|{sequence}|{state}", "rollback|rollbackDecided|12|12|open"),
            ("{application} {time} {notification}", "checkout 2023-11-14T22:13:20.000Z ops"),
            ("no field", "no field"),
        ])
    func filled(template: String?, expected: String) throws {
        #expect(try text(template, .rollbackDecided(KindTests.decision)) == expected)
    }

    @Test("a field that is not known, and a brace alone, are none")
    func problems() {
        #expect(throws: NoticeText.Problem.unknownField("releas")) { try NoticeText(parsing: "to {releas}") }
        #expect(throws: NoticeText.Problem.loneBrace) { try NoticeText(parsing: "to {release") }
        #expect(throws: NoticeText.Problem.loneBrace) { try NoticeText(parsing: "to release}") }
    }

    @Test("what looks like a secret is hidden, and Slack takes nothing for a link")
    func harmless() throws {
        let told = try text("{summary}", .problemNoted(reason: "password=hunter2secret <!channel> & \"x\"\n"))
        #expect(!told.contains("hunter2secret"))
        var incidents = OpenIncidents()
        let specification = NotificationSpecification(
            name: "ops", kinds: [.all], channel: .slack(url: HiddenText("https://hooks.slack.com/services/T0/B0/x")))
        let notice = try #require(
            Notice(
                specification, KindTests.event(.problemNoted(reason: "<!channel> & \"x\"\n")), &incidents,
                isRollback: { _ in false }))
        let json = SlackMessage(notice).json
        #expect(json == #"{"text":"checkout/prod-eu: &lt;!channel&gt; &amp; \"x\"\n"}"#)
        #expect(!"\(specification)".contains("hooks.slack.com"))
    }

    @Test("an answer is success, a refusal, or to be tried again")
    func answers() {
        func outcome(_ status: Int, _ after: Duration? = nil) -> DeliveryOutcome {
            Delivery.outcome(of: HTTPResponse(status: status, body: Array("no\n such".utf8), retryAfter: after))
        }
        #expect(outcome(200) == .taken && outcome(202) == .taken)
        for status in [301, 400, 401, 403, 404, 410, 422] {
            #expect(outcome(status) == .refused("answered \(status): no such"))
        }
        for status in [408, 425, 429, 500, 502, 503] {
            #expect(outcome(status, .seconds(7)) == .failed("answered \(status): no such", after: .seconds(7)))
        }
    }

    @Test("pauses grow to a minute, with chance in them, and heed what the other side asks")
    func pauses() {
        #expect(Backoff.pause(after: 1, chance: 0) == .milliseconds(250))
        #expect(Backoff.pause(after: 1, chance: 1) == .milliseconds(500))
        #expect(Backoff.pause(after: 3, chance: 1) == .seconds(2))
        #expect(Backoff.pause(after: 100, chance: 0) == .seconds(30))
        #expect(Backoff.pause(after: 100, chance: 1) == .seconds(60))
        #expect(Backoff.pause(after: 1, chance: 1, asked: .seconds(90)) == .seconds(90))
        #expect(Backoff.pause(after: 1, chance: 1, asked: .seconds(90_000)) == .seconds(600))
    }
}
