import Model
import Terminal

/// Where the parts of the environment view are.
struct EnvironmentLayout {
    var title: Rect
    /// One below the other, each as wide as the screen.
    var charts: [Rect] = []
    /// How many charts stand side by side.
    var chartsAcross: Int
    /// The line above the instances included.
    var instances: Rect
    var alarms: Rect
    /// What the alarms come to, on a wide screen.
    var aggregate: Rect
    var story: Rect

    /// Charts that are less wide say little.
    private static let leastChart = 40
    /// From this width on, the story stands beside the instances.
    private static let storyBeside = 160

    init(_ state: ViewState, _ environment: EnvironmentState) {
        var rest = state.body
        (title, rest) = rest.split(top: state.isExplainedBelow(environment) ? 2 : 1)
        chartsAcross = max(1, min(3, rest.width / Self.leastChart))
        let aggregateLines = state.aggregateLines(environment).count
        if rest.height >= 14 {
            let height = Self.chartHeight(rest, environment, aggregateLines)
            // A second line of them where the tables keep enough.
            let lines = chartsAcross > 1 && rest.height >= height * 2 + 12 ? 2 : 1
            for _ in 0..<lines {
                let line: Rect
                (line, rest) = rest.split(top: height)
                charts.append(line)
            }
        }
        // Beside what is now, what was.
        let isBeside = rest.width >= Self.storyBeside
        (rest, story) = isBeside ? rest.split(left: rest.width / 2) : (rest, rest)
        let most = isBeside ? rest.height * 2 / 3 : rest.height / 2
        (instances, rest) = rest.split(top: min(environment.instances.count + 2, max(3, most)))
        let on = environment.alarms.count { $0.state == .alarm }
        // Those that are on are worth more than what was.
        let least = on > 0 && rest.height >= 4 ? min(on + 1, rest.height - 2) : 0
        let alarmRoom = isBeside ? rest.height : max(least, rest.height >= 10 ? rest.height / 3 : 0)
        (alarms, rest) = rest.split(top: environment.alarms.isEmpty ? 0 : min(environment.alarms.count + 1, alarmRoom))
        let isWhole = isBeside && aggregateLines > 0 && rest.height > aggregateLines
        (aggregate, _) = rest.split(top: isWhole ? aggregateLines + 1 : 0)
        if !isBeside { story = rest }
    }

    /// On a high screen the charts have what the tables below them leave.
    private static func chartHeight(_ rest: Rect, _ environment: EnvironmentState, _ aggregateLines: Int) -> Int {
        guard rest.width >= storyBeside, rest.height >= 34 else { return rest.height >= 26 ? 9 : 7 }
        let tables = environment.instances.count + environment.alarms.count + aggregateLines + 4
        return max(9, min(16, (rest.height - max(12, tables)) / 2))
    }
}
