import Foundation
import Model
import Testing

@testable import Compare
@testable import Decisions
@testable import Incidents

@Suite struct ReportTests {
    private func told(_ prepare: (inout Chronicle) -> Void) -> Chronicle {
        var chronicle = Chronicle()
        prepare(&chronicle)
        chronicle.finish()
        return chronicle
    }

    @Test func whatHappenedIsToldInOneParagraph() {
        let report = told { $0.incident() }.report()
        let paragraph = report.components(separatedBy: "\n\n").drop { $0 != "## Summary" }.dropFirst().first ?? ""
        for words in [
            "**1.9.0** came to shop/prod-eu at 15:00:00, asked for by pipeline (nightly).",
            "The alarm **faults** went on in shop/prod-eu at 15:00:51, 51 s later with 5.2 %, where it alarms above 1 %.",
            "Lastgood rolled it back by itself to **1.8.2** at once.",
            "It took 8 s from the alarm to all traffic; 4 instances were exchanged.",
            "All was quiet again 48 s after the first alarm.",
            "shop/prod-eu is held: only a release registered after **1.9.0** gets in.",
        ] { #expect(paragraph.contains(words), "\(words)\n\(report)") }
    }

    @Test func anAlarmThatComesAgainWithAnotherReleaseIsToldOfThatOne() {
        let chronicle = told { chronicle in
            chronicle.incident()
            chronicle.wait(600)
            chronicle.incident()
        }
        let alarms = chronicle.reading.incident.alarms
        #expect(alarms.map(\.times) == [1, 1])
        #expect(alarms.map(\.since) == [51, 750].map { Chronicle.start + .seconds($0) }, "\(alarms.map(\.since))")
        let report = chronicle.report()
        #expect(!report.contains("0 ms later"), "\(report)")
        #expect(report.contains("at 15:12:30, 51 s later"), "\(report)")
    }

    @Test func theTimelineTellsNoSingleStep() {
        let lines = told { $0.incident() }.timeline.map(\.text)
        #expect(
            lines == [
                "#1 deployment of 1.9.0 asked for by pipeline: nightly",
                "#1 1.9.0 is live: 4 instances exchanged in 20 s",
                "alarm faults is on: 5.2 % > 1 % (3 of 5)",
                "#11 decided automatically: roll back from 1.9.0 to 1.8.2: alarm faults 5.2 % > 1 % (3 of 5)",
                "#11 back on 1.8.2: 4 instances exchanged, 8 s from the alarm to all traffic",
                "held: only a release registered after 1.9.0 gets in", "alarm faults is ok: 0.2 %, after 48 s",
                "all high alarms are over",
            ])
    }

    @Test func timesAreInTheReadersZoneWithUTCBeside() {
        let report = told { $0.incident() }.report()
        #expect(report.contains("24 Nov 2026, 15:00:00 to 16:00:00 UTC+1 (14:00:00 to 15:00:00 UTC)."))
        #expect(report.contains("- 15:00:51 (14:00:51 UTC) **shop/prod-eu** alarm faults is on"), "\(report)")
        let utc = told { $0.incident() }.report(zone: 0)
        #expect(utc.contains("- 14:00:51 UTC **shop/prod-eu** alarm faults is on"), "\(utc)")
    }

    @Test func aSpanOfSeveralDaysSaysWithEachTimeWhichItIs() {
        let clock = ReportClock(Chronicle.start...Chronicle.start + .seconds(86_400)) { _ in 39_600 }
        #expect(clock.both(Chronicle.start) == "25 Nov 2026 01:00:00 (24 Nov 2026 14:00:00 UTC)")
    }

    @Test func whoAskedAndWhatForStandsUnderWhoDecidedWhat() {
        let report = told { chronicle in
            let id = chronicle.deploy("prod-eu")
            chronicle.wait(600)
            chronicle.tell("prod-eu", .rollbackRequested(RollbackRequest(to: "1.8.2", reason: "leak")), by: "ana")
            chronicle.rollBack("prod-eu", id, trigger: .person, reason: "leak")
        }.report()
        #expect(report.contains("ana had it rolled back to **1.8.2** (leak)."), "\(report)")
        #expect(report.contains("**shop/prod-eu** ana asked to roll back to 1.8.2: leak"), "\(report)")
        #expect(!report.contains("rolled back as"), "it was asked for, which is told once\n\(report)")
    }

    @Test func severalEnvironmentsThatLeftTheSameReleaseAreOneStory() {
        var chronicle = Chronicle(["prod-eu", "prod-us"])
        chronicle.incident("prod-eu")
        chronicle.incident("prod-us")
        let report = chronicle.report()
        #expect(report.contains("**1.9.0** came to shop/prod-eu at 15:00:00 and shop/prod-us at 15:01:39"), "\(report)")
        #expect(
            report.contains("It took at most 8 s from the alarm to all traffic; 8 instances were exchanged."),
            "\(report)")
        #expect(report.contains("# Incident report: shop/prod-eu and shop/prod-us"), "\(report)")
    }

    @Test func anAlarmShowsWhatItBeganWithItsPeakAndHowLongItWasOn() {
        let chronicle = told { $0.incident() }
        var incident = chronicle.reading.incident
        let on = incident.alarms[0].since
        incident.measure { address, name in
            address == Chronicle.address("prod-eu") && name == "faultRate"
                ? [
                    Sample(time: on - .seconds(5), value: 90), Sample(time: on + .seconds(5), value: 18.3),
                    Sample(time: on + .seconds(600), value: 80),
                ] : []
        }
        let clock = ReportClock(incident.from...incident.until) { _ in 0 }
        let report = IncidentReport(incident, changes: [], clock: clock, now: chronicle.now).opening
        #expect(
            report.contains(
                "| shop/prod-eu | faults | 14:00:51 UTC | 48 s       | 5.2 %    | 18.3 % | above 1 % |"), "\(report)")
        #expect(report.contains("above 1 %; the worst was 18.3 %."), "\(report)")
    }

    @Test func whatWasNeverOnIsNotTold() {
        let chronicle = told { $0.tell("prod-eu", Chronicle.alarm(.ok, 0.1, at: $0.now)) }
        #expect(chronicle.timeline.isEmpty && chronicle.reading.incident.alarms.isEmpty)
        #expect(chronicle.report().contains("Nothing happened in this time."))
    }

    @Test func whatTheReleaseBroughtStandsWithAuthorsDependenciesAndReasons() {
        func commit(_ number: Int, _ author: String, _ subject: String) -> Commit {
            Commit(
                revision: String(repeating: String(number), count: 40), author: author, date: Chronicle.start,
                subject: subject, direction: .takenBack)
        }
        var comparison = Comparison()
        comparison.source = .success(
            SourceComparison(
                from: "a", to: "b",
                commits: [commit(1, "Ana Ruiz", "Look taxes up"), commit(2, "Ben Okafor", "Drop *all* of `it`")],
                files: [], notes: []))
        var dependencies = DependencyComparison()
        dependencies.changes = DependencyChange.between(
            [Package("axios", "1.7.2", .npm, .direct)], [Package("axios", "0.28.0", .npm, .direct)],
            file: "package-lock.json")
        comparison.dependencies = dependencies
        comparison.safety = [
            Finding(.danger, .migration, "migration 0042 has no way down"), Finding(.note, .history, "x"),
        ]
        var change = ReleaseChange(release: "1.9.0", to: "1.8.2", comparison)
        change.reasons = [Suspect.Reason(sentence: "prod-us runs it and shows the same", weight: 2)]
        let report = told { $0.incident() }.report([change])
        for words in [
            "## The release taken back: 1.9.0", "- prod-us runs it and shows the same",
            "### 2 commits since 1.8.2, by Ana Ruiz (1) and Ben Okafor (1)",
            "- `1111111111` Look taxes up – Ana Ruiz", "- `2222222222` Drop \\*all\\* of \\`it\\` – Ben Okafor",
            "- axios 0.28.0 → 1.7.2 (package-lock.json), another major version",
            "- danger: migration 0042 has no way down",
        ] { #expect(report.contains(words), "\(words)\n\(report)") }
        #expect(!report.contains("note:"), "notes are no reason to think twice")
    }
}

/// What comes from outside stays text.
@Suite struct MarkdownTests {
    @Test(arguments: [
        ("a\u{1B}[31m\nb", "a␛\\[31m␊b"), ("<script>", "\\<script>"), ("snake_case_name", "snake_case_name"),
        ("_it_", "\\_it\\_"), ("![x](y)", "\\!\\[x\\](y)"), ("@channel", "\\@channel"), ("memory#3", "memory#3"),
        ("#41 is live", "\\#41 is live"), ("a | b", "a \\| b"), ("~~gone~~", "\\~\\~gone\\~\\~"),
    ])
    func textFromOutsideStaysText(text: String, markdown: String) {
        #expect(Markdown.text(text) == markdown)
    }

    @Test func secretsStayHidden() {
        let text = Markdown.text("because password=hunter2hunter2 leaked")
        #expect(!text.contains("hunter2") && text.contains("‹hidden›"), "\(text)")
    }

    @Test func aReasonThatIsMarkdownChangesNothingAroundIt() {
        var chronicle = Chronicle()
        _ = chronicle.deploy("prod-eu", reason: "x\n# Incident report: all is well\n- 15:00:00 nothing")
        let report = chronicle.report()
        #expect(report.components(separatedBy: "\n").count { $0.hasPrefix("# ") } == 1, "\(report)")
    }

    @Test func whereGoingBackDidNotHelpTheReportSaysWhatElseChanged() throws {
        var chronicle = Chronicle()
        chronicle.incident()
        let rollback = try #require(chronicle.reading.incident.rollbacks.first)
        #expect(chronicle.reading.incident.rollbacksInVain.isEmpty)
        chronicle.tell(
            "prod-eu",
            .rollbackJudged(
                deployment: rollback.deployment, left: "1.9.0", judgement: .didNotHelp(readings: ["faults 5 %"])))
        let incident = chronicle.reading.incident
        #expect(incident.rollbacksInVain.map(\.deployment) == [rollback.deployment])
        var changes = OtherChanges(in: Chronicle.address("prod-eu"), onset: chronicle.now)
        changes.take(
            Event(
                sequence: 1, time: chronicle.now - .seconds(40), actor: "lastgood", token: 1, application: "payments",
                environment: "prod*eu",
                body: .deploymentStarted(
                    deployment: 41, release: "2.3.0", strategy: .rolling, instances: 1, alarmsOnBefore: [])))
        let clock = ReportClock(incident.from...incident.until) { _ in 0 }
        let text = IncidentReport(
            incident, changes: [], otherChanges: [changes], clock: clock, now: chronicle.now
        ).closing
        #expect(text.contains("## What else changed then\n\n- "))
        #expect(text.contains("payments/prod\\*eu began to roll out 2.3.0 (\\#41), 40 s before the alarm"), "\(text)")
    }
}
