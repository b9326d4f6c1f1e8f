import Compare
import Decisions
import Model
import Terminal
import Testing

@testable import Dashboard

/// Every view with a list, and the keys that lead there from the overview of an incident.
private enum Listed: String, CaseIterable {
    case overview, history, alarms, events, suspects, compare, commits, dependencies, plan, following, timeline,
        releases, environment, freezes

    var keys: [Key] {
        switch self {
        case .overview: []
        case .history: [.character("h")]
        case .alarms: [.character("a")]
        case .events: [.character("e")]
        case .suspects: [.character("S")]
        case .compare: [.character("c")]
        case .commits: [.character("c"), .character("1")]
        case .dependencies: [.character("c"), .character("3")]
        case .plan: [.character("*"), .character("r")]
        case .following: [.character("P")]
        case .timeline: [.character("t")]
        case .releases: [.character("v")]
        case .environment: [.enter]
        case .freezes: [.character("F")]
        }
    }

    /// A text that is in some of its rows and not in all.
    var filter: String {
        switch self {
        case .overview, .plan, .following, .timeline: "eu"
        case .environment: "#8"
        case .history, .suspects, .releases: "1.9"
        case .alarms: "slow"
        case .events: "rollback"
        case .compare: "CVE"
        case .commits: "tax"
        case .dependencies: "axios"
        case .freezes: "week"
        }
    }

    /// Lanes and steps come in one order, which is what they are there to show.
    var isSorted: Bool { self != .timeline }
}

@Suite struct ListTests {
    private func gallery(_ place: Listed, _ width: Int = 120, _ height: Int = 35) throws -> Gallery {
        var gallery = try Gallery(width, height)
        for name in ["prod-eu", "prod-us"] { try gallery.deploy(name, "1.9.0", order: 2, instances: 4) }
        gallery.now = gallery.now + .seconds(240)
        try gallery.tell("prod-eu", gallery.alarm(Gallery.alarms[0], .alarm, value: 5.2))
        if place == .following {
            let steps = ["prod-eu", "prod-us"].map {
                RollbackPlan.Step(address: Gallery.address($0), to: "1.8.2", order: 1)
            }
            try gallery.tellLedger(
                .planMade(RollbackPlan(waves: [steps], maxParallel: 2, reason: "leak", suspect: nil)))
        }
        if place == .freezes { try gallery.freeze() }
        gallery.now = gallery.now + .seconds(20)
        _ = gallery.look([.home, .down, .down])
        if place == .events {
            let bodies: [EventBody] = [
                gallery.alarm(Gallery.alarms[0], .alarm, value: 6),
                .rollbackRequested(RollbackRequest(to: "1.8.2", order: 1)),
                gallery.alarm(Gallery.alarms[1], .ok, value: 0.1),
            ]
            for body in bodies { _ = gallery.state.update(.events([try gallery.tell("prod-eu", body)])) }
        }
        _ = gallery.look(place.keys)
        if place == .history {
            let address = Gallery.address("prod-eu")
            _ = gallery.state.update(
                .history(address, filter: "", page: gallery.records(address), isFirst: true, isComplete: true))
        }
        return gallery
    }

    private func names(_ gallery: Gallery) -> [String] {
        guard let listing = gallery.state.listing else { return [] }
        let list = gallery.state[keyPath: listing.state]
        return (0..<list.count(of: listing.count)).compactMap { list.place($0, of: listing.count) }
            .map { listing.name(gallery.state, $0) }
    }

    private func picked(_ gallery: Gallery) -> String? {
        gallery.state.listing.flatMap { listing in
            gallery.state.picked(listing).map { listing.name(gallery.state, $0) }
        }
    }

    @Test(arguments: Listed.allCases)
    private func aFilterLeavesWhatMatchesSaysOfHowManyAndEscapeTakesItAway(place: Listed) throws {
        var gallery = try gallery(place)
        let all = names(gallery)
        try #require(all.count > 1, "\(render(gallery.state).text)")
        var effects = gallery.state.update(.key(.character("/")))
        for letter in place.filter { effects += gallery.state.update(.key(.character(letter))) }
        // The history is filtered where it is kept.
        if place == .history {
            let address = Gallery.address("prod-eu")
            #expect(effects.contains(.loadHistory(address, before: nil, upTo: nil, filter: place.filter)))
            return
        }
        let left = names(gallery)
        #expect(!left.isEmpty && left.count < all.count, "\(left) of \(all)")
        _ = gallery.state.update(.key(.enter))
        let text = render(gallery.state).text
        if place != .timeline {
            #expect(
                text.contains("\(left.count) of \(all.count)") && text.contains("match “\(place.filter)”"), "\(text)")
        }
        guard place != .timeline, place != .plan else { return }
        _ = gallery.state.update(.key(.escape))
        #expect(names(gallery) == all)
    }

    @Test(arguments: Listed.allCases)
    private func everyColumnSortsAndTheCursorStaysOnItsThing(place: Listed) throws {
        guard place.isSorted else { return }
        var gallery = try gallery(place)
        _ = gallery.state.update(.key(.down))
        let here = try #require(picked(gallery))
        let all = names(gallery)
        let listing = try #require(gallery.state.listing)
        // What there is no room for cannot be sorted by.
        let widths = gallery.state.tableLayout(listing, listing.area(gallery.state)).widths
        let titles = zip(listing.columns, widths).filter { $1 > 0 }.map(\.0.title).filter { !$0.isEmpty }
        #expect(!titles.isEmpty)
        var orders: Set<[String]> = []
        for title in titles {
            _ = gallery.state.update(.key(.character(">")))
            #expect(gallery.state[keyPath: listing.state].sort == title)
            orders.insert(names(gallery))
            #expect(picked(gallery) == here, "\(title)")
            #expect(names(gallery).sorted() == all.sorted(), "\(title): nothing is lost")
            _ = gallery.state.update(.key(.character("s")))
            orders.insert(names(gallery))
            #expect(picked(gallery) == here, "\(title), turned round")
        }
        #expect(orders.count > 1, "some column orders them in another way")
        _ = gallery.state.update(.key(.character(">")))
        #expect(names(gallery) == all)
    }

    @Test(arguments: Listed.allCases)
    private func whatIsUnderTheCursorIsCopied(place: Listed) throws {
        var gallery = try gallery(place)
        let effects = gallery.state.update(.key(.character("y")))
        guard case .copy(let text)? = effects.first, effects.count == 1 else {
            Issue.record("\(place): \(effects)")
            return
        }
        #expect(!text.isEmpty && !text.contains("\n"), "\(text)")
        #expect(render(gallery.state).text.contains("1 line copied"))
    }

    @Test(arguments: Listed.allCases)
    private func aClickPutsTheCursorOnTheRowUnderIt(place: Listed) throws {
        var gallery = try gallery(place)
        let listing = try #require(gallery.state.listing)
        let area = listing.area(gallery.state)
        _ = gallery.state.update(.key(.home))
        let first = picked(gallery)
        let below = area.y + (listing.height?(gallery.state, 0) ?? 1)
        _ = gallery.state.update(.key(.click(x: 5, y: below)))
        try #require(names(gallery).count > 1)
        #expect(picked(gallery) == names(gallery)[1] && picked(gallery) != first)
        let marker = Array(render(gallery.state).text.split(separator: "\n", omittingEmptySubsequences: false)[below])
        #expect(marker.count > 1 && marker[1] == "▸", "\(render(gallery.state).text)")
    }

    @Test(arguments: Listed.allCases)
    private func theHelpNamesTheKeysOfTheViewAndOfItsList(place: Listed) throws {
        var gallery = try gallery(place, 120, 50)
        let bar = gallery.state.bar
        _ = gallery.state.update(.key(.character("?")))
        let text = render(gallery.state).text
        for binding in bar where !binding.sign.isEmpty {
            #expect(text.contains(binding.sign), "\(binding.sign): \(text)")
        }
        #expect(text.contains("sort by another column") && text.contains("copy it"), "\(text)")
        #expect(text.contains("Signs"))
    }

    @Test(arguments: Listed.allCases)
    private func aKeyInTheBarIsPressedByAClickOnIt(place: Listed) throws {
        var gallery = try gallery(place)
        // Whatever was said is over.
        gallery.now = gallery.now + .seconds(10)
        _ = gallery.state.update(.tick(gallery.now, zone: 0))
        let help = try #require(gallery.state.barPlaces.first { $0.binding.sign == "?" || $0.binding.sign == "d" })
        let before = render(gallery.state).text
        _ = gallery.state.update(.key(.click(x: help.columns.lowerBound, y: gallery.state.size.height - 1)))
        #expect(render(gallery.state).text != before)
    }

    @Test func numbersInTextsAreSortedAsNumbers() {
        let sorted = ["1.10.0", "1.9.0", "1.9", "1.9.0-rc1", "10", "2"].sorted { naturally($0, $1) < 0 }
        #expect(sorted == ["1.9", "1.9.0", "1.9.0-rc1", "1.10.0", "2", "10"])
    }

    @Test func noKeyOfAViewIsHiddenByAnother() throws {
        for place in Listed.allCases {
            let gallery = try gallery(place)
            var seen: Set<Key> = []
            for binding in gallery.state.view.table.keys(gallery.state) {
                #expect(seen.isDisjoint(with: binding.keys), "\(place): \(binding.sign)")
                seen.formUnion(binding.keys)
            }
        }
    }
}
