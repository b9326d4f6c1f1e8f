import Model
import Terminal
import Testing

@testable import Dashboard

/// What is over can be gone into from the overview.
@Suite struct LatelyTests {
    private func desk() throws -> Desk {
        var desk = try Desk(200, 50)
        for (name, release) in [("prod-us", "1.9.0"), ("gamma", "1.9.0")] {
            try desk.gallery.deploy(name, release, order: 2, instances: 2)
        }
        _ = desk.gallery.look()
        desk.gallery.state.isLatelyOld = true
        desk.gallery.refresh()
        try #require(desk.gallery.state.lately.count >= 3, "\(desk.text)")
        return desk
    }

    private func deployment(_ desk: Desk) -> Int64? {
        if case .deployment(_, let id) = desk.gallery.state.view.matter { id } else { nil }
    }

    @Test func tabGoesAmongWhatIsOverAndEnterOpensOne() throws {
        var desk = try desk()
        let ended = desk.gallery.state.lately.map(\.record.id)
        desk.press([.tab, .down])
        #expect(desk.gallery.state.latelyPicked == ended[1])
        #expect(desk.text.contains("⏎ opens it"), "\(desk.text)")
        desk.press([.enter])
        #expect(deployment(desk) == ended[1])
        desk.press([.escape])
        #expect(desk.gallery.state.view == .overview && desk.gallery.state.latelyPicked == nil)
    }

    @Test func whatEndedLastComesFirstWheneverItBegan() throws {
        var desk = try desk()
        var ended = Array(desk.gallery.state.lately.prefix(2))
        ended[1].record.endedAt = ended[0].record.endedAt.map { $0 + .seconds(1) }
        _ = desk.gallery.state.update(.lately(ended))
        #expect(desk.gallery.state.lately.map(\.record.id) == [ended[1].record.id, ended[0].record.id])
    }

    @Test func theCursorStaysOnItsDeploymentAsOthersEnd() throws {
        var desk = try desk()
        desk.press([.tab])
        let picked = try #require(desk.gallery.state.latelyPicked)
        try desk.gallery.deploy("beta", "1.9.1", order: 3, instances: 2)
        desk.gallery.state.isLatelyOld = true
        desk.gallery.refresh()
        #expect(desk.gallery.state.latelyPicked == picked && desk.gallery.state.lately.first?.record.id != picked)
        desk.press([.enter])
        #expect(deployment(desk) == picked)
    }

    @Test(arguments: [Key.escape, .tab]) func whoLeavesIsWhereTheyWereAmongTheEnvironments(key: Key) throws {
        var desk = try desk()
        let before = desk.gallery.state.overview.cursor
        desk.press([.tab, .down, key])
        #expect(desk.gallery.state.latelyPicked == nil && desk.gallery.state.overview.cursor == before)
    }

    @Test func anyOtherKeyIsAboutTheEnvironmentOfWhatIsPicked() throws {
        for index in 0..<3 {
            var desk = try desk()
            let ended = desk.gallery.state.lately[index]
            desk.press([.tab] + Array(repeating: .down, count: index) + [.character("h")])
            #expect(desk.gallery.state.view == .history(ended.address))
            #expect(desk.gallery.state.latelyPicked == nil)
        }
    }

    @Test func whatIsNotInTheListIsNotMistakenForWhatTheCursorWasOn() throws {
        var desk = try desk()
        desk.gallery.state.rows.removeAll { $0 == desk.gallery.state.lately[0].address }
        desk.press([.tab, .character("r")])
        #expect(desk.gallery.state.overlay == nil)
        #expect(desk.text.contains("is not in the list"), "\(desk.text)")
    }

    @Test func whereNothingIsOverItSaysSo() throws {
        var desk = try desk()
        desk.gallery.state.lately = []
        desk.press([.tab])
        #expect(desk.text.contains("nothing is over yet"), "\(desk.text)")
    }
}
