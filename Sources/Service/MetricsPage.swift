/// A page of metrics in Prometheus' text format, version 0.0.4.
///
/// See prometheus.io, "Exposition formats".
public struct MetricsPage {
    public enum Kind: String, Sendable { case counter, gauge }

    /// One value of a metric, with the labels that tell it from others.
    public struct Value: Sendable {
        public var labels: [(name: String, value: String)]
        public var number: Double

        public init(_ number: Double, _ labels: (name: String, value: String)...) {
            self.labels = labels
            self.number = number
        }
    }

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    public private(set) var text = ""

    public init() {}

    /// - Parameters:
    ///   - name: with the unit at its end, and `_total` for counters.
    ///   - help: one sentence.
    public mutating func add(_ name: String, _ kind: Kind, _ help: String, _ values: [Value]) {
        guard !values.isEmpty else { return }
        begin(name, kind.rawValue, help)
        for value in values { line(name, value.labels, value.number) }
    }

    /// - Parameters:
    ///   - bounds: the upper ends of the buckets, without that of the last, which has none.
    ///   - counts: how many are in each bucket, one more than there are bounds.
    ///   - sum: of all that was observed.
    public mutating func add(histogram name: String, _ help: String, bounds: [Double], counts: [Int], sum: Double) {
        begin(name, "histogram", help)
        var total = 0
        for (bound, count) in zip(bounds + [.infinity], counts) {
            total += count
            line("\(name)_bucket", [("le", Self.written(bound))], Double(total))
        }
        line("\(name)_sum", [], sum)
        line("\(name)_count", [], Double(total))
    }

    private mutating func begin(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind)\n"
    }

    private mutating func line(_ name: String, _ labels: [(name: String, value: String)], _ number: Double) {
        let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        text += "\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(Self.written(number))\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        let plain = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? plain.replacing("\"", with: "\\\"") : plain
    }

    private static func written(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: number) { return String(whole) }
        return "\(number)"
    }
}
