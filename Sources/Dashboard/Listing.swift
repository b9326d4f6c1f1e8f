import Model
import Terminal

/// A list with a cursor that stays on its thing, and what a person made of it.
struct ListState: Equatable {
    /// The row under the cursor, and the first that is shown, of those that are left by the filter.
    var cursor = 0
    var top = 0
    /// The thing under the cursor.
    var picked: String?
    var filter = ""
    /// The title of the column that it is sorted by; `nil` for the order in which things come.
    var sort: String?
    var isDescending = false
    /// Things that are marked, to be copied.
    var marks: Set<String> = []
    /// What is shown, by its place among all; `nil` where that is all of it in its own order.
    fileprivate(set) var shown: [Int]?
    /// What `shown` was made of.
    fileprivate var made: Making?

    struct Making: Equatable {
        var filter: String
        var sort: String?
        var isDescending: Bool
        var count: Int
    }

    /// Puts the cursor somewhere, whatever is there.
    mutating func put(_ row: Int) {
        cursor = row
        picked = nil
    }

    /// The place among all of what stands in a row; `nil` where nothing does.
    func place(_ row: Int, of count: Int) -> Int? {
        let found = shown.map { $0.indices.contains(row) ? $0[row] : -1 } ?? row
        return (0..<count).contains(found) ? found : nil
    }

    func count(of all: Int) -> Int { shown?.count ?? all }
}

/// What a list shows at a moment.
struct Listing: Sendable {
    typealias Path = WritableKeyPath<ViewState, ListState> & Sendable

    var state: Path
    /// Where its rows are.
    var area: @Sendable (ViewState) -> Rect
    /// How many things there are before they are filtered; whether there are more that nobody has read yet.
    var count: Int
    var isPartial = false
    var columns: [Column]
    var cells: @Sendable (ViewState, Int) -> [Span]
    /// What a thing is called, however it is sorted.
    var name: @Sendable (ViewState, Int) -> String
    /// How many lines a row takes.
    var height: (@Sendable (ViewState, Int) -> Int)?
    /// Whether one who stands at the top sees what is newest or worst, whatever it is.
    var keepsTop = false
    /// Whether there is a line of titles above the rows.
    var hasHeader = true
    /// Filters at the source, and what that asks for; `nil` where what is read is filtered here.
    var filtered: (@Sendable (inout ViewState, String) -> [Effect])?
    /// How a source that filters does so, and among how many.
    var source: (filter: String, total: Int?)?
    /// Sorts at the source; `nil` where what is read is sorted here.
    var sorted: (@Sendable (inout ViewState) -> Void)?
    /// What is to be read when the cursor has moved.
    var moved: @Sendable (inout ViewState) -> [Effect] = { _ in [] }
    var hasFilter = true

    func filter(_ state: ViewState) -> String { source?.filter ?? state[keyPath: self.state].filter }

    /// `3 of 34`, where a filter hides some.
    func note(_ state: ViewState) -> [Span] {
        let list = state[keyPath: self.state]
        var words: [String] = []
        let filter = filter(state)
        if !filter.isEmpty {
            let total = (source == nil ? count : source?.total).map { " of \($0)\(isPartial ? "+" : "")" } ?? ""
            words.append("\(list.count(of: count))\(total) match “\(filter)”")
        }
        if let sort = list.sort { words.append("by \(sort.lowercased()) \(list.isDescending ? "↓" : "↑")") }
        if !list.marks.isEmpty { words.append("\(list.marks.count) marked") }
        return words.isEmpty ? [] : [Span(words.joined(separator: " · "), .strong)]
    }
}

// MARK: keys

extension KeyBinding {
    static let filter: KeyBinding = KeyBinding(
        [.character("/")], "/", "show only what matches", bar: "filter", command: "filter"
    ) {
        state, _ in
        let text = state.filterText
        state.overlay = .filter(TextField(text: text), before: text)
        return []
    }

    /// Those of every list.
    static func list(_ listing: Listing) -> [KeyBinding] {
        let moving = [
            KeyBinding([.down, .up, .wheelDown, .wheelUp] + Key.letters("jk"), "↑↓ j k", "move") { state, key in
                state.move([.down, .wheelDown, .character("j")].contains(key) ? 1 : -1)
            },
            KeyBinding([.home, .end] + Key.letters("gG"), "g G", "first, last") { state, key in
                state.move([.home, .character("g")].contains(key) ? -1_000_000_000 : 1_000_000_000)
            },
            KeyBinding(
                [.pageDown, .control("f"), .control("d"), .pageUp, .control("b")], "PgDn", "a page on, PgUp back"
            ) { state, key in
                let page = max(1, state.size.height - 6)
                return state.move([.pageUp, .control("b")].contains(key) ? -page : page)
            },
        ]
        let marking = [
            KeyBinding([.character(" ")], "␣", "mark one, and on", bar: nil) { state, _ in state.toggleListMark() },
            KeyBinding([.character("*")], "*", "mark all, or none") { state, _ in state.markAll() },
        ]
        let looking = [
            KeyBinding(Key.letters("<>"), "< >", "sort by another column") { state, key in
                state.sortByNext(key == .character(">") ? 1 : -1)
            },
            KeyBinding([.character("s")], "s", "the other way round") { state, _ in state.reverse() },
            KeyBinding([.character("y")], "y", "copy it, or what is marked", command: "copy") { state, _ in
                state.copy()
            },
        ]
        return moving + (listing.hasFilter ? [filter] : []) + marking + looking
    }
}

extension ViewState {
    var listing: Listing? { view.table.listing(self) }

    /// The place among all of the thing under the cursor.
    func picked(_ listing: Listing) -> Int? {
        let list = self[keyPath: listing.state]
        return list.place(list.cursor, of: listing.count)
    }

    mutating func move(_ rows: Int) -> [Effect] {
        guard let listing else { return [] }
        let count = self[keyPath: listing.state].count(of: listing.count)
        let cursor = self[keyPath: listing.state].cursor
        let target = max(0, min(count - 1, cursor.addingReportingOverflow(rows).partialValue))
        self[keyPath: listing.state].put(target)
        return listing.moved(&self)
    }

    mutating func toggleListMark() -> [Effect] {
        guard let listing, let place = picked(listing) else { return [] }
        let name = listing.name(self, place)
        if self[keyPath: listing.state].marks.remove(name) == nil { self[keyPath: listing.state].marks.insert(name) }
        return move(1)
    }

    mutating func markAll() -> [Effect] {
        guard let listing else { return [] }
        let list = self[keyPath: listing.state]
        let names = (0..<list.count(of: listing.count)).compactMap { list.place($0, of: listing.count) }
            .map { listing.name(self, $0) }
        self[keyPath: listing.state].marks = list.marks.isSuperset(of: names) ? [] : Set(names)
        return []
    }

    mutating func sortByNext(_ step: Int) -> [Effect] {
        guard let listing else { return [] }
        let table = tableLayout(listing, listing.area(self))
        let inSight = listing.columns.indices.filter { table.widths[$0] > 0 }.map { listing.columns[$0].title }
        let titles: [String?] = [nil] + inSight.filter { !$0.isEmpty }
        let index = titles.firstIndex(of: self[keyPath: listing.state].sort) ?? 0
        return sort(by: titles[(index + step + titles.count) % titles.count])
    }

    /// By a column; the second time, the other way round.
    mutating func sort(by title: String?) -> [Effect] {
        guard let listing else { return [] }
        let isSame = self[keyPath: listing.state].sort == title
        self[keyPath: listing.state].isDescending = isSame ? !self[keyPath: listing.state].isDescending : false
        self[keyPath: listing.state].sort = title
        listing.sorted?(&self)
        say(title.map { "sorted by \($0.lowercased()); s turns it round" } ?? "in its own order")
        return []
    }

    mutating func reverse() -> [Effect] {
        guard let listing else { return [] }
        guard let title = self[keyPath: listing.state].sort else {
            say("< and > choose the column that it is sorted by")
            return []
        }
        return sort(by: title)
    }

    /// Hands what is marked, or else the thing under the cursor, to the clipboard.
    mutating func copy() -> [Effect] {
        guard let listing else { return [] }
        let list = self[keyPath: listing.state]
        let rows = (0..<list.count(of: listing.count)).compactMap { list.place($0, of: listing.count) }
        var chosen = rows.filter { list.marks.contains(listing.name(self, $0)) }
        if chosen.isEmpty { chosen = picked(listing).map { [$0] } ?? [] }
        guard !chosen.isEmpty else {
            say("there is nothing to copy here")
            return []
        }
        let lines = chosen.prefix(5000).map { line(listing, $0) }
        say("\(counted(lines.count, "line")) copied")
        return [.copy(lines.joined(separator: "\n"))]
    }

    private func line(_ listing: Listing, _ place: Int) -> String {
        listing.cells(self, place).map { visible($0.text) }.filter { !$0.trimmed.isEmpty }.joined(separator: "  ")
    }

    // MARK: filter

    var filterText: String { listing?.filter(self) ?? "" }

    mutating func setFilter(_ text: String) -> [Effect] {
        if let typed = view.table.typed { return typed(&self, text) }
        guard let listing else { return [] }
        if let filtered = listing.filtered { return filtered(&self, text) }
        self[keyPath: listing.state].filter = text
        return []
    }

    // MARK: mouse

    /// A click into the rows, or on the title of a column.
    mutating func clickList(_ x: Int, _ y: Int) -> [Effect] {
        guard let listing else { return [] }
        let (area, list) = (listing.area(self), self[keyPath: listing.state])
        let count = list.count(of: listing.count)
        if listing.hasHeader, y == area.y - 1 {
            let table = tableLayout(listing, area)
            let index = listing.columns.indices.first { index in
                table.place(index, x: 3).map { ($0.x..<$0.x + $0.width).contains(x) } ?? false
            }
            guard let index, !listing.columns[index].title.isEmpty else { return [] }
            return sort(by: listing.columns[index].title)
        }
        var line = area.y
        for row in list.top..<max(list.top, count) {
            guard line < area.y + area.height, let place = list.place(row, of: listing.count) else { break }
            let height = listing.height?(self, place) ?? 1
            if (line..<line + height).contains(y) {
                self[keyPath: listing.state].put(row)
                return listing.moved(&self)
            }
            line += height
        }
        return []
    }

    // MARK: keeping it in order

    /// Filters, sorts and scrolls the list of the view; the cursor stays on its thing.
    /// - Parameter isNews: whether something was heard, so that things may have changed.
    mutating func settleList(isNews: Bool) {
        guard let listing else { return }
        var list = self[keyPath: listing.state]
        arrange(&list, listing, isNews: isNews)
        let count = list.count(of: listing.count)
        func name(_ row: Int) -> String? { list.place(row, of: listing.count).map { listing.name(self, $0) } }
        list.cursor = max(0, min(list.cursor, count - 1))
        if let known = list.picked, !(isNews && listing.keepsTop && list.cursor == 0 && list.sort == nil),
            name(list.cursor) != known,
            let row = (0..<count).first(where: { name($0) == known })
        {
            list.cursor = row
        }
        list.picked = name(list.cursor)
        scroll(&list, listing, count: count)
        self[keyPath: listing.state] = list
    }

    private func arrange(_ list: inout ListState, _ listing: Listing, isNews: Bool) {
        let pattern = listing.filtered == nil ? list.filter.lowercased() : ""
        let sort = listing.sorted == nil ? list.sort : nil
        guard !pattern.isEmpty || sort != nil else {
            (list.shown, list.made) = (nil, nil)
            return
        }
        let made = ListState.Making(
            filter: pattern, sort: sort, isDescending: list.isDescending, count: listing.count)
        if !isNews, list.shown != nil, list.made == made { return }
        var places = Array(0..<listing.count)
        if !pattern.isEmpty { places = places.filter { line(listing, $0).lowercased().contains(pattern) } }
        if let column = listing.columns.firstIndex(where: { $0.title == sort }) {
            places = sorted(places, by: column, list.isDescending) { listing.cells(self, $0) }
        }
        (list.shown, list.made) = (places, made)
    }

    /// Those with the same in the column stay in the order in which they came.
    func sorted<Place>(
        _ places: [Place], by column: Int, _ isDescending: Bool, _ cells: (Place) -> [Span]
    ) -> [Place] {
        let keys = places.map { place -> Span in
            let row = cells(place)
            return row.indices.contains(column) ? row[column] : Span("")
        }
        return places.indices.sorted { left, right in
            let order = keys[left].compare(keys[right])
            return order == 0 ? left < right : isDescending ? order > 0 : order < 0
        }.map { places[$0] }
    }

    private func scroll(_ list: inout ListState, _ listing: Listing, count: Int) {
        let room = listing.area(self).height
        func height(_ row: Int) -> Int {
            guard let height = listing.height, let place = list.place(row, of: listing.count) else { return 1 }
            return height(self, place)
        }
        if list.cursor < list.top { list.top = list.cursor }
        list.top = max(0, min(list.top, max(0, count - 1)))
        if list.cursor - list.top > room { list.top = max(0, list.cursor - room) }
        while list.top < list.cursor {
            if (list.top...list.cursor).reduce(0, { $0 + height($1) }) <= room { break }
            list.top += 1
        }
        // Nothing is left empty below while there are rows above.
        while list.top > 0 {
            let last = min(count, list.top + room)
            if (list.top - 1..<max(list.top, last)).reduce(0, { $0 + height($1) }) > room { break }
            list.top -= 1
        }
    }

    // MARK: drawing

    func tableLayout(_ listing: Listing, _ area: Rect) -> TableLayout {
        TableLayout(
            listing.columns, rows: shownRows(listing, area).map { listing.cells(self, $0) }, width: area.width - 4,
            hasHeader: listing.hasHeader)
    }

    private func shownRows(_ listing: Listing, _ area: Rect) -> [Int] {
        let list = self[keyPath: listing.state]
        let end = min(list.count(of: listing.count), list.top + max(0, area.height))
        return (list.top..<max(list.top, end)).compactMap { list.place($0, of: listing.count) }
    }

    /// Draws the rows with their cursor, and above them the titles where there is a line for them.
    func drawRows(_ frame: inout Frame, _ listing: Listing, hasCursor: Bool = true) {
        let (area, list) = (listing.area(self), self[keyPath: listing.state])
        let places = shownRows(listing, area)
        let rows = places.map { listing.cells(self, $0) }
        let table = TableLayout(listing.columns, rows: rows, width: area.width - 4, hasHeader: listing.hasHeader)
        if listing.hasHeader, area.y > body.y { table.header(&frame, x: 3, y: area.y - 1) }
        for (offset, row) in rows.enumerated() {
            let y = area.y + offset
            table.draw(&frame, row, x: 3, y: y)
            if list.marks.contains(listing.name(self, places[offset])) {
                frame.write("•", x: 2, y: y, width: 1, Role.key.number)
            }
            guard hasCursor, list.top + offset == list.cursor else { continue }
            frame.write("▸", x: 1, y: y, width: 1, Role.key.number)
            frame.select(Rect(x: area.x, y: y, width: area.width, height: 1))
        }
    }

    /// Draws a title and below it the list that is the whole view.
    func drawList(_ frame: inout Frame, _ listing: Listing, title: [Span], note: [Span], empty: [Span]) {
        let (head, rest) = body.split(top: 1)
        let own = listing.note(self)
        let both = own + [Span("  ")] + note
        frame.rule(head, title, note: own.isEmpty ? note : title.width + both.width + 8 <= size.width ? both : own)
        let count = self[keyPath: listing.state].count(of: listing.count)
        guard count > 0 else {
            let filter = listing.filter(self)
            let nothing = [Span("nothing matches “\(filter)”; Esc shows all", .muted)]
            return drawEmpty(&frame, rest, filter.isEmpty ? empty : nothing)
        }
        drawRows(&frame, listing)
    }

    /// The rows of a list, and below them on a screen with room for it what is to be seen of the one under the cursor.
    /// - Parameter count: how many rows there are.
    func listAreas(_ list: ListState, _ count: Int) -> (list: Rect, below: Rect?) {
        let whole = wholeList
        guard size.width >= Self.widthBelow, whole.height >= Self.heightBelow else { return (whole, nil) }
        let (rows, below) = whole.split(top: min(list.count(of: count) + 1, whole.height / 2))
        return (rows, below)
    }

    private static let widthBelow = 100
    /// With less room, all of it is for the list.
    private static let heightBelow = 24

    /// Where the rows of a list are that is the whole view.
    var wholeList: Rect {
        let (_, rest) = body.split(top: 1)
        return rest.split(top: rest.height > 2 ? 1 : 0).1
    }
}

extension Span {
    /// Which comes first: by the number behind them where both have one, else by their words, numbers in those as such.
    func compare(_ other: Span) -> Int {
        if let here = order, let there = other.order { return here < there ? -1 : here > there ? 1 : 0 }
        if (order == nil) != (other.order == nil) { return order == nil ? -1 : 1 }
        return naturally(text, other.text)
    }
}

/// `1.9.0` before `1.10.0`.
func naturally(_ left: String, _ right: String) -> Int {
    var (here, there) = (Substring(left), Substring(right))
    while let first = here.first, let second = there.first {
        if first.isASCII, first.isNumber, second.isASCII, second.isNumber {
            let (one, two) = (here.prefix { $0.isASCII && $0.isNumber }, there.prefix { $0.isASCII && $0.isNumber })
            let (small, large) = (one.drop { $0 == "0" }, two.drop { $0 == "0" })
            if small.count != large.count { return small.count < large.count ? -1 : 1 }
            if small != large { return small < large ? -1 : 1 }
            (here, there) = (here.dropFirst(one.count), there.dropFirst(two.count))
            continue
        }
        let (one, two) = (first.lowercased(), second.lowercased())
        if one != two { return one < two ? -1 : 1 }
        (here, there) = (here.dropFirst(), there.dropFirst())
    }
    return here.count == there.count ? 0 : here.isEmpty ? -1 : 1
}

extension String {
    fileprivate var trimmed: Substring {
        self[...].drop { $0 == " " }
    }
}
