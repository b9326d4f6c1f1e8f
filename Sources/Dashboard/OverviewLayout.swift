import Model
import Terminal

/// Where the parts of the overview are.
struct OverviewLayout {
    var title: Rect
    var columns: Rect
    var rows: Rect
    var underWay: Rect
    var alarms: Rect
    var lately: Rect
    var news: Rect
    /// The newest events, beside what is over.
    var newest: Rect
    /// What is known of the environment under the cursor, on wide screens with many environments.
    var side: Rect
    /// How many lines an environment has, a chart among them; `nil` where it has a line of a table.
    var band: Int?

    static let sideWidth = 62
    /// A band is as high as there is room for, within these.
    static let bandHeights = 4...9
    /// Narrower than this, there is no room for a chart beside the words.
    static let bandWidth = 100
    /// The lines below the bands that are never taken from what is under way and what was.
    private static let leastBelow = 8
    private static let nowhere = Rect(x: 0, y: 0, width: 0, height: 0)

    /// How high the bands are; `nil` where there is no room for any.
    ///
    /// It depends on the number of environments alone: what happens does not move them.
    static func band(_ size: Size, environments count: Int) -> Int? {
        guard size.width >= bandWidth, count > 0 else { return nil }
        let room = (size.height - 2 - 1 - leastBelow) / count
        return room < bandHeights.lowerBound ? nil : min(room, bandHeights.upperBound)
    }

    init(_ state: ViewState) {
        band = Self.band(state.size, environments: state.rows.count)
        (title, columns, rows, underWay) = (Self.nowhere, Self.nowhere, Self.nowhere, Self.nowhere)
        (alarms, lately, news, side) = (Self.nowhere, Self.nowhere, Self.nowhere, Self.nowhere)
        newest = Self.nowhere
        if let band { layOutBands(state, band) } else { layOutRows(state) }
    }

    /// Bands, and below them side by side what was and what is.
    private mutating func layOutBands(_ state: ViewState, _ height: Int) {
        var body = state.body
        (title, body) = body.split(top: 1)
        (rows, body) = body.split(top: min(body.height, height * state.rows.count))
        (lately, body) = body.split(left: state.size.width * 11 / 20)
        func pane(_ count: Int, _ most: Int) -> Rect {
            let pane: Rect
            (pane, body) = body.split(top: count == 0 ? 0 : min(count + 1, most))
            return pane
        }
        underWay = pane(state.underWay.count, max(2, body.height / 2))
        alarms = pane(state.alarmsOn.count, max(2, body.height * 2 / 3))
        newest = body
    }

    private mutating func layOutRows(_ state: ViewState) {
        var body = state.body
        if state.size.width >= 160, state.size.height >= 20 {
            (body, side) = body.split(left: body.width - Self.sideWidth)
        }
        let isTall = body.height >= 8
        (title, body) = body.split(top: isTall ? 1 : 0)
        (columns, body) = body.split(top: isTall ? 1 : 0)
        let newsHeight = body.height >= 8 ? 1 : 0
        var lists = body.height - newsHeight
        let most = max(1, lists / 4)
        func pane(_ count: Int) -> Int {
            guard count > 0, lists >= 8 else { return 0 }
            let height = 1 + min(count, most)
            lists -= height
            return height
        }
        let alarmsHeight = pane(state.alarmsOn.count)
        let underWayHeight = pane(state.underWay.count)
        // What is over has what the environments leave, and a few lines of a high screen in any case.
        let wanted = state.rows.prefix(lists).reduce(0) { $0 + state.rowHeight($1) }
        let left = max(lists - wanted, lists >= 30 ? 5 : 0)
        let latelyHeight = state.lately.isEmpty || left < 2 ? 0 : min(left, state.lately.count + 1)
        (rows, body) = body.split(top: lists - latelyHeight)
        (underWay, body) = body.split(top: underWayHeight)
        (alarms, body) = body.split(top: alarmsHeight)
        (lately, news) = body.split(top: latelyHeight)
    }
}
