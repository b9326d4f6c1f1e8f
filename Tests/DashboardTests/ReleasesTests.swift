import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// Releases by environments: 1.9.0 is rolled back in prod-eu, bakes in gamma, and never was elsewhere.
@Suite struct ReleasesTests {
    private func gallery(_ width: Int = 120, _ height: Int = 30) throws -> Gallery {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.home, .character("v")])
        return gallery
    }

    private func line(_ gallery: Gallery, _ release: String) -> String {
        render(gallery.state).text.split(separator: "\n").first { $0.dropFirst(3).hasPrefix(release) }.map(String.init)
            ?? ""
    }

    /// Answers what is asked about, when it could be read.
    private func press(_ gallery: inout Gallery, _ keys: [Key]) -> [Effect] {
        gallery.now = gallery.now + .seconds(1)
        _ = gallery.state.update(.tick(gallery.now, zone: 0))
        return keys.flatMap { gallery.state.update(.key($0)) }
    }

    @Test func aReleaseSaysHowItDidInEachEnvironment() throws {
        let gallery = try gallery()
        let bad = line(gallery, "1.9.0")
        #expect(bad.contains("◌ baking") && bad.contains("▲ live: faults"), "\(render(gallery.state).text)")
        let good = line(gallery, "1.8.2")
        #expect(good.contains("● live") && good.contains("↺ rolling back") && good.contains("← back to"), "\(good)")
        #expect(!line(gallery, "1.8.1").contains("●"), "never deployed")
    }

    @Test func environmentsForWhichThereIsNoRoomAreCounted() throws {
        #expect(!render(try gallery(120).state).text.contains("more environment"))
        let narrow = render(try gallery(60).state).text
        #expect(narrow.contains(try Regex("← → [1-3] more environments?")), "\(narrow)")
    }

    @Test func whatWasNeverDeployedThereHasNoStory() throws {
        var gallery = try gallery()
        let row = try #require(gallery.state.releases.known?.firstIndex { $0.release.version == "1.8.1" })
        _ = press(&gallery, Array(repeating: .down, count: row) + [.enter])
        let text = render(gallery.state).text
        #expect(text.contains("1.8.1 was never deployed to shop/"), "\(text)")
    }

    @Test func theReleaseUnderTheCursorIsGoneToInItsEnvironmentAlone() throws {
        var gallery = try gallery()
        // gamma, to 1.8.2.
        let effects = press(&gallery, [.right, .down, .character("r")])
        guard case .asking(let known)? = gallery.state.overlay else {
            Issue.record("\(effects): \(render(gallery.state).text)")
            return
        }
        #expect(
            known.subject == .rollback(Gallery.address("gamma"), chosen: .init(version: "1.8.2", order: 1)))
    }

    @Test func whereItIsMarkedItIsGoneToByOnePlan() throws {
        var gallery = try gallery()
        for name in ["beta", "prod-us"] { try gallery.deploy(name, "1.9.0", order: 2, instances: 2) }
        _ = gallery.look()
        // 1.8.2 in beta and prod-us.
        let keys: [Key] = [.down, .character(" "), .right, .right, .character(" "), .character("r")]
        let effects = press(&gallery, keys)
        let editor = try #require(gallery.state.planEditor, "\(effects): \(render(gallery.state).text)")
        #expect(editor.addresses == [Gallery.address("beta"), Gallery.address("prod-us")])
        #expect(editor.targets == .same("1.8.2", order: 1))
    }

    @Test func marksOfAnotherReleaseAreGoneAsAPlanGoesToOne() throws {
        var gallery = try gallery()
        _ = press(&gallery, [.down, .character(" "), .down, .character(" ")])
        #expect(gallery.state.releases.markedRelease == "1.8.1")
        #expect(gallery.state.releases.marked == [Gallery.address("gamma")])
        #expect(render(gallery.state).text.contains("marks of 1.8.2 are gone"))
    }

    @Test func whatAReleaseBroughtStandsBelowTheListAndIsLookedAtWhereTheCursorRests() throws {
        var gallery = try gallery(200, 50)
        func asked(_ effects: [Effect]) -> [CompareSubject] {
            effects.compactMap { if case .survey(let subject) = $0 { subject } else { nil } }
        }
        // 1.9.0 was looked at as the view opened; two more are passed before the next is answered.
        let passed = asked(press(&gallery, [.down]))
        #expect(passed.map(\.from) == ["1.8.2"])
        #expect(asked(press(&gallery, [.up, .down, .down])).isEmpty)
        _ = gallery.state.update(.surveyed(passed[0], ChangeSurvey(Gallery.comparison)))
        #expect(render(gallery.state).text.contains("Nothing was registered before it"))
        _ = press(&gallery, [.up])
        let text = render(gallery.state).text
        #expect(text.contains("What 1.8.2 brought  against 1.8.1") && text.contains("+  33333333"), "\(text)")
    }

    @Test func whatIsLiveThereIsNotGoneTo() throws {
        var gallery = try gallery()
        _ = press(&gallery, [.down])
        let effects = press(&gallery, [.character("r")])
        #expect(effects.isEmpty && gallery.state.overlay == nil && gallery.state.planEditor == nil)
        #expect(render(gallery.state).text.contains("1.8.2 is live in shop/beta"))
    }

    @Test func itsStoryIsTheHistoryNarrowedDownToIt() throws {
        var gallery = try gallery()
        let address = Gallery.address("beta")
        _ = press(&gallery, [.down])
        #expect(
            press(&gallery, [.enter]) == [.loadHistory(address, before: nil, upTo: nil, filter: "1.8.2")])
        // Out of the narrowing, and then back among the releases.
        #expect(press(&gallery, [.escape]) == [.loadHistory(address, before: nil, upTo: nil, filter: "")])
        _ = press(&gallery, [.escape])
        #expect(render(gallery.state).text.contains("3 releases"), "\(render(gallery.state).text)")
    }

    @Test func whatIsRegisteredMeanwhileIsAskedForAndTheCursorStaysOnItsRelease() throws {
        var gallery = try gallery()
        _ = press(&gallery, [.down])
        gallery.now = gallery.now + .seconds(2)
        #expect(gallery.state.update(.tick(gallery.now, zone: 0)).contains(.loadReleases("shop")))
        let known = ["2.0.0", "1.9.0", "1.8.2"].enumerated().map { index, version in
            RegisteredRelease(
                release: Release(application: "shop", version: version, artifact: "/\(version)"),
                order: Int64(3 - index), registeredAt: gallery.now)
        }
        _ = gallery.state.update(.releases("shop", known, failures: [:]))
        #expect(line(gallery, "2.0.0").contains("2.0.0") && line(gallery, "1.8.2").hasPrefix(" ▸"))
    }

    @Test func onANarrowScreenTheKeysFitAndTheHelpShowsAll() throws {
        var gallery = try gallery(80, 24)
        #expect(render(gallery.state).text.contains("Esc back"), "\(render(gallery.state).text)")
        _ = gallery.look([.character("o"), .character("?")])
        #expect(render(gallery.state).text.contains("↓ shows more"), "\(render(gallery.state).text)")
        _ = gallery.look(Array(repeating: .down, count: 60))
        #expect(render(gallery.state).text.contains("last good"), "\(render(gallery.state).text)")
    }

    @Test func inThePastNothingIsGoneTo() throws {
        var gallery = try gallery()
        _ = gallery.state.update(.key(.character("t")))
        _ = gallery.state.update(.past(gallery.now - .seconds(10), gallery.fleet))
        gallery.answer(gallery.state.update(.key(.character("v"))))
        _ = gallery.state.update(.key(.character("r")))
        #expect(gallery.state.overlay == nil && gallery.state.planEditor == nil)
        #expect(render(gallery.state).text.contains("this is the past"))
    }
}

extension PictureTests {
    @Test(arguments: [(80, 24), (200, 50)])
    func theReleases(width: Int, height: Int) throws {
        var gallery = try Gallery(width, height)
        try gallery.incident()
        _ = gallery.look([.home])
        try compare(gallery.look([.character("v"), .down]), "releases-\(width)x\(height)")
    }
}
