import Incidents
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// The deployment, the report and the events, in the incident.
@Suite struct IncidentViewTests {
    private static let address = Gallery.address("prod-eu")

    private func gallery(_ width: Int = 120, _ height: Int = 35) throws -> Gallery {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.home])
        gallery.state.select(Self.address)
        return gallery
    }

    /// Presses keys, has everything answered, and keeps what was to be saved.
    private func press(_ gallery: inout Gallery, _ keys: [Key]) -> [Effect] {
        keys.flatMap { key in
            let effects = gallery.state.update(.key(key))
            gallery.answer(effects)
            return effects
        }
    }

    private func text(_ gallery: Gallery) -> String { render(gallery.state).text }

    @Test func whyWhoWhatChangedAndTheReportSavedTakeAtMostEightKeys() throws {
        var gallery = try gallery(120, 50)
        let keys: [Key] = [.character("h"), .enter, .character("R"), .enter, .enter]
        #expect(keys.count <= 8)
        _ = press(&gallery, Array(keys.prefix(2)))
        let seen = text(gallery)
        for words in [
            "alarm faults 5.2 % > 1 % (3 of 5)", "lastgood decided it by itself", "rollback from 1.9.0 to 1.8.2",
            "What 1.9.0 brought", "Look taxes up by region", "no way down",
        ] { #expect(seen.contains(words), "\(words)\n\(seen)") }
        let effects = press(&gallery, Array(keys.dropFirst(2)))
        let saved = effects.compactMap { effect -> (String, String)? in
            if case .saveReport(let name, let text) = effect { (name, text) } else { nil }
        }
        let (name, report) = try #require(saved.first, "\(text(gallery))")
        #expect(name == "incident-shop-prod-eu-2026-11-24-1607.md", "\(name)")
        for words in [
            "**1.9.0** came to shop/prod-eu", "lastgood rolled back automatically", "Look taxes up by region",
        ] {
            #expect(report.contains(words), "\(words)\n\(report)")
        }
        #expect(text(gallery).contains("saved as /home/ana/incident-shop-prod-eu"), "\(text(gallery))")
    }

    @Test func whatIsReadForTheExplanationIsAskedForSometimesAndTold() throws {
        var gallery = try gallery(120, 40)
        #expect(press(&gallery, [.character("E")]).contains(.explain(Self.address)))
        var background = ExplanationBackground()
        var changes = OtherChanges(in: Self.address, onset: gallery.now)
        changes.take(
            Event(
                sequence: 1, time: gallery.now - .seconds(40), actor: "lastgood", token: 1, application: "payments",
                environment: "prod",
                body: .deploymentStarted(
                    deployment: 41, release: "2.3.0", strategy: .rolling, instances: 1, alarmsOnBefore: [])))
        background.otherChanges = changes
        let words = "payments/prod began to roll out 2.3.0"
        _ = gallery.state.update(.explained(Gallery.address("beta"), background))
        #expect(!text(gallery).contains(words), "\(text(gallery))")
        _ = gallery.state.update(.explained(Self.address, background))
        #expect(text(gallery).contains(words), "\(text(gallery))")
        func asked(after pause: Duration) -> Bool {
            gallery.now = gallery.now + pause
            return gallery.state.update(.tick(gallery.now, zone: 0)).contains(.explain(Self.address))
        }
        #expect(!asked(after: .seconds(4)))
        #expect(asked(after: .seconds(8)))
    }

    @Test func theExplanationScrollsToItsEnd() throws {
        var gallery = try gallery(80, 12)
        _ = press(&gallery, [.character("E")])
        #expect(gallery.state.view == .explanation(Self.address))
        let state = try #require(gallery.state.environment(Self.address))
        let last = try #require(gallery.state.explanation(of: state).lines.last)
        let words = String(last.text.prefix(20))
        #expect(!text(gallery).contains(words))
        _ = press(&gallery, Array(repeating: .down, count: 60))
        #expect(text(gallery).contains(words), "\(text(gallery))")
    }

    @Test func theReportIsCopiedAsItIs() throws {
        var gallery = try gallery()
        let effects = press(&gallery, [.character("R"), .character("y")])
        let copied = effects.compactMap { if case .copy(let text) = $0 { text } else { nil } }.first
        #expect(copied?.hasPrefix("# Incident report: shop/prod-eu") == true, "\(effects)")
    }

    @Test func theNameOfTheFileCanBeAnotherAndEscapeSavesNothing() throws {
        var gallery = try gallery()
        _ = press(&gallery, [.character("R"), .character("w")])
        #expect(text(gallery).contains("save as incident-shop-prod-eu"), "\(text(gallery))")
        #expect(
            press(&gallery, [.escape, .character("q")]).contains { if case .saveReport = $0 { true } else { false } }
                == false)
        gallery = try self.gallery()
        let effects = press(&gallery, [.character("R"), .character("w"), .character("q"), .character("."), .enter])
        #expect(effects.contains { if case .saveReport("q.", _) = $0 { true } else { false } }, "\(effects)")
    }

    @Test func whatCannotBeSavedIsSaid() throws {
        var gallery = try gallery()
        _ = press(&gallery, [.character("R")])
        _ = gallery.state.update(.saving(.failed(reason: "/x.md is there already: choose another name")))
        #expect(text(gallery).contains("not saved: /x.md is there already"), "\(text(gallery))")
    }

    @Test func aDeploymentThatWasTakenBackLeadsToItsRollback() throws {
        var gallery = try gallery()
        let taken = try #require(gallery.fleet.environments[Self.address]?.takenBack?.id)
        let rollback = try #require(gallery.fleet.environments[Self.address]?.deployment?.id)
        gallery.answer(gallery.state.open(.deployment(Self.address, taken)))
        #expect(text(gallery).contains("taken back by") && text(gallery).contains("#\(rollback)"), "\(text(gallery))")
        _ = press(&gallery, [.enter])
        #expect(gallery.state.view == .deployment(Self.address, rollback))
        #expect(text(gallery).contains("#\(rollback) rollback from 1.9.0 to 1.8.2"), "\(text(gallery))")
    }

    @Test func whatChangedIsComparedFromTheReleaseThatWasLeft() throws {
        var gallery = try gallery()
        _ = press(&gallery, [.character("D"), .character("c")])
        let wanted = CompareSubject(address: Self.address, from: "1.9.0", to: "1.8.2", at: nil)
        #expect(gallery.state.view == .compare(wanted))
    }

    @Test func aDeploymentThatIsNotThereSaysSo() throws {
        var gallery = try gallery()
        gallery.answer(gallery.state.open(.deployment(Self.address, 999_999)))
        #expect(text(gallery).contains("✗ there is no deployment #999999"), "\(text(gallery))")
    }

    // MARK: events

    @Test func theStepsOfADeploymentAreOneLineThatOpens() throws {
        var gallery = try gallery(120, 50)
        _ = press(&gallery, [.character("e")])
        let id = try #require(gallery.fleet.environments[Self.address]?.deployment?.id)
        let folded = text(gallery)
        #expect(folded.contains("▸ #\(id) 11 steps"), "\(folded)")
        #expect(!folded.contains("instance #1 starting on 1.8.2"), "\(folded)")
        // The newest line is that of the newest steps.
        _ = press(&gallery, [.enter])
        #expect(text(gallery).contains("▾ #\(id) 11 steps"), "\(text(gallery))")
        #expect(text(gallery).contains("    instance #1 starting on 1.8.2"), "\(text(gallery))")
        _ = press(&gallery, [.enter])
        #expect(text(gallery) == folded)
    }

    @Test func whatWeighsLessCanBeLeftOut() throws {
        var gallery = try gallery(120, 50)
        _ = press(&gallery, [.character("e"), .character("L")])
        #expect(!text(gallery).contains("steps") && text(gallery).contains("alarm faults is on"), "\(text(gallery))")
        _ = press(&gallery, [.character("L")])
        #expect(!text(gallery).contains("alarm faults is on"), "\(text(gallery))")
        #expect(text(gallery).contains("decided automatically"), "\(text(gallery))")
        _ = press(&gallery, [.character("L")])
        #expect(!text(gallery).contains("decided automatically"), "\(text(gallery))")
        #expect(text(gallery).contains("asked for by pipeline"), "\(text(gallery))")
        _ = press(&gallery, [.character("L")])
        #expect(text(gallery).contains("steps"), "\(text(gallery))")
    }

    @Test func anEventOpensTheDeploymentThatItNames() throws {
        var gallery = try gallery(120, 50)
        _ = press(&gallery, [.character("e"), .down])
        let event = try #require(gallery.state.pickedEvent)
        #expect(event.body.kind == "rollbackDecided")
        _ = press(&gallery, [.enter])
        #expect(gallery.state.view == .deployment(Self.address, event.sequence))
    }

    @Test func newEventsAreFoldedAsTheyCome() throws {
        var gallery = try gallery(120, 50)
        _ = press(&gallery, [.character("e")])
        let event = try gallery.tell("prod-eu", .instanceStopping(slot: 7))
        _ = gallery.state.update(.events([event]))
        #expect(text(gallery).contains("12 steps"), "\(text(gallery))")
    }
}

extension PictureTests {
    @Test(arguments: [(80, 24), (200, 50)])
    func theDeployment(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.home])
        gallery.state.select(Gallery.address("prod-eu"))
        try compare(gallery.look([.character("D")]), "deployment-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theReport(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.home])
        gallery.state.select(Gallery.address("prod-eu"))
        try compare(gallery.look([.character("R"), .enter]), "report-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theExplanation(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.home])
        gallery.state.select(Gallery.address("prod-eu"))
        try compare(gallery.look([.character("E")]), "explanation-\(width)x\(height)")
    }

    @Test(arguments: [(80, 24), (200, 50)])
    func theEvents(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.home])
        try compare(gallery.look([.character("e"), .enter]), "events-\(width)x\(height)")
    }
}
