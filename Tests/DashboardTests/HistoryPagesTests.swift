import Model
import Testing

@testable import Dashboard

/// What of a long history is on the screen while things happen.
@Suite struct HistoryPagesTests {
    private func records(_ ids: some Sequence<Int>) -> [DeploymentRecord] {
        ids.map { id in
            let time = Timestamp(milliseconds: Int64(id) * 1000)
            return DeploymentRecord(
                id: Int64(id), release: "1.\(id)", releaseOrder: Int64(id), revision: nil, kind: .forward,
                trigger: .pipeline, actor: "ci", phase: .succeeded, requestedAt: time, startedAt: time, endedAt: time,
                liveFrom: time, liveUntil: nil, reason: nil, outcome: nil, alarms: [])
        }
    }

    private func pages() -> HistoryPages {
        var pages = HistoryPages(address: Gallery.address("prod-eu"))
        pages.take(records((101...300).reversed()), isFirst: true, isComplete: false)
        pages.read(.further)
        pages.take(records((1...100).reversed()), isFirst: false, isComplete: true)
        return pages
    }

    @Test func whoHasGoneDownTheListStaysThereWhileSomethingHappens() {
        var pages = pages()
        pages.isOutdated = true
        pages.read(.again)
        pages.take(records((102...301).reversed()), isFirst: true, isComplete: false)
        #expect(pages.records.map(\.id) == (1...301).reversed().map { Int64($0) })
        #expect(pages.isComplete && pages.total == 301 && pages.reading == nil && !pages.isOutdated)
    }

    @Test func anotherFilterTakesThePlaceOfAll() {
        var pages = pages()
        pages.narrow(to: "1.7")
        pages.take(records([79, 7]), isFirst: true, isComplete: true)
        #expect(pages.records.map(\.id) == [79, 7])
    }

    @Test func aPageThatComesAfterThingsHappenedAddsNothingTwice() {
        var pages = HistoryPages(address: Gallery.address("prod-eu"))
        pages.take(records((101...300).reversed()), isFirst: true, isComplete: false)
        pages.read(.further)
        pages.take(records((50...101).reversed()), isFirst: false, isComplete: false)
        #expect(pages.records.map(\.id) == (50...300).reversed().map { Int64($0) })
    }

    @Test func whatCouldNotBeReadIsAskedForAgain() {
        var pages = pages()
        pages.isOutdated = true
        pages.read(.again)
        pages.giveUp()
        #expect(pages.isOutdated && pages.reading == nil)
    }

    @Test func anEmptyHistoryIsReadAgainOnceSomethingIsDeployed() throws {
        var desk = try Desk()
        desk.press([.home, .down, .down, .character("h")])
        let address = try #require(desk.gallery.state.view.address)
        _ = desk.gallery.state.update(
            .history(address, filter: "", page: [], isFirst: true, isComplete: true))
        let event = try desk.gallery.tell(
            address.environment,
            .deploymentRequested(DeploymentRequest(release: "1.9.1", releaseOrder: 3, trigger: .pipeline)), actor: "ben"
        )
        desk.gallery.now = desk.gallery.now + .seconds(1)
        let effects =
            desk.gallery.state.update(.events([event])) + desk.gallery.state.update(.tick(desk.gallery.now, zone: 0))
        #expect(desk.gallery.state.history?.reading == .again)
        #expect(
            effects.contains { effect in
                if case .loadHistory(address, before: nil, upTo: _, filter: "") = effect {
                    true
                } else {
                    false
                }
            }, "\(effects)")
    }
}
