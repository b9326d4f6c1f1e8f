import Model

/// A chart of one line of characters.
struct Sparkline {
    private(set) var text = ""
    /// The columns in which the threshold was passed.
    private(set) var above: [Int] = []

    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The highest value of each column's share of the time; a bar stands where the release changed.
    /// - Parameters:
    ///   - floor: the top of the chart is at least this, so that mere noise stays low.
    ///   - limit: what passes it stands out; `nil` where nothing does.
    init(
        _ samples: [Sample], from start: Timestamp, to end: Timestamp, width: Int, floor: Double,
        limit: Chart.Limit? = nil, marks: [Timestamp]
    ) {
        guard width > 0, end > start else { return }
        let span = TimeColumns(from: start, to: end, count: width)
        let bins = Binning(from: span.start, to: span.end, count: width)
        let values = limit?.comparison == .below ? bins.lowest(samples) : bins.highest(samples)
        let top = max(floor.isFinite ? floor : 0, values.compactMap { $0 }.max() ?? 0)
        var text = values.map { value -> Character in
            guard let value else { return " " }
            return Self.levels[max(0, min(7, Int(towardZero: value / top * 7.999)))]
        }
        // What alarmed is not hidden.
        for mark in marks {
            guard let index = bins.index(mark), values[index].map({ limit?.isPassed($0) ?? false }) != true else {
                continue
            }
            text[index] = "│"
        }
        self.text = String(text)
        guard let limit else { return }
        above = values.indices.filter { index in text[index] != "│" && values[index].map(limit.isPassed) ?? false }
    }
}
