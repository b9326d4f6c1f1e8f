import Foundation
import Model

/// The values between which a chart is drawn, and the round ones that are written beside it.
struct ChartScale: Equatable {
    private(set) var bottom: Double
    private(set) var top: Double
    /// From one tick to the next: 1, 2, 2.5 or 5 times a power of ten, of the unit in which it is written.
    private(set) var step: Double
    private let unit: Quantity.Unit
    /// The bytes of the unit that they are written in.
    private let size: Double
    /// How wide a label is at the most.
    static let labelWidth = 6

    /// Beyond this, numbers are not told apart any more.
    private static let largest = 1e15
    /// A limit is in the picture where that leaves the data at least this share of the height.
    private static let leastShare = 0.4

    /// A scale that fits the values. The limit is in it where it is near; what is not finite counts for nothing.
    /// - Parameter rows: how many lines of the screen there are for it.
    init(_ values: [Double], unit: Quantity.Unit, limit: Double? = nil, rows: Int) {
        self.unit = unit
        let known = values.filter(\.isFinite).map(Self.bounded)
        let leastTop = unit.usualFloor
        var high = known.max() ?? leastTop
        var low = min(0, known.min() ?? 0)
        if unit == .bytes, let least = known.min(), least > 0 {
            // What a process holds is never near nought; what counts is how it grows.
            let span = max(high - least, high / 10)
            low = max(0, high - span - span / 4)
        } else {
            high = max(high, leastTop)
        }
        if let limit, limit.isFinite {
            let limit = Self.bounded(limit)
            let span = max(high, limit) - min(low, limit)
            if (high - low) >= span * Self.leastShare {
                high = max(high, limit)
                low = min(low, limit)
            }
        }
        if high <= low { high = low + max(1, abs(low)) }
        size = unit == .bytes ? Self.unitSize(high) : 1
        (bottom, top, step) = Self.even(low, high, unit: unit, size: size, rows: max(1, rows))
    }

    /// From one tick to the next there are always as many rows: the eye reads distances, not numbers.
    ///
    /// The bottom tick stands in the last dot of the lowest row, so that each next one is whole rows above it. Of all
    /// distances, that is taken which leaves the least room above the data.
    private static func even(
        _ low: Double, _ high: Double, unit: Quantity.Unit, size: Double, rows: Int
    ) -> (bottom: Double, top: Double, step: Double) {
        let dots = Double(rows * 4 - 1)
        // Rows that follow each other at once are no scale, and neither are two ticks where there is room for three.
        let distances = rows >= 5 ? 2...max(2, Int(towardZero: dots / 8)) : 1...max(1, (rows + 1) / 2)
        var best: (bottom: Double, top: Double, step: Double)?
        // Where two leave the same room, the wider one is the calmer.
        for distance in distances.reversed() {
            let steps = dots / Double(distance * 4)
            func even(_ wanted: Double) -> Double { evenStep(wanted / size, unit: unit) * size }
            var step = even((high - low) / steps)
            var bottom = (low / step).rounded(.down) * step
            // As the bottom goes down to a round value, the top may have come below the data.
            for _ in 0..<3 where bottom + step * steps < high {
                step = even(step * 1.2)
                bottom = (low / step).rounded(.down) * step
            }
            let top = max(high, bottom + step * steps)
            if best.map({ top - bottom < ($0.top - $0.bottom) * (1 - 1e-9) }) ?? true { best = (bottom, top, step) }
        }
        return best ?? (low, high, high - low)
    }

    /// 1024 to the power by which a number of bytes is written.
    private static func unitSize(_ bytes: Double) -> Double {
        var size = 1.0
        while abs(bytes) / size >= 1024, size < pow(1024, 4) { size *= 1024 }
        return size
    }

    /// As ``roundStep(_:)``, and besides 2.5 times a power of ten, which is between the others.
    private static func evenStep(_ wanted: Double, unit: Quantity.Unit) -> Double {
        let round = roundStep(wanted)
        let isFive = abs(round / pow(10, log10(round).rounded(.down)) - 5) < 1e-6
        return unit != .bytes && isFive && round / 2 >= wanted * (1 - 1e-9) ? round / 2 : round
    }

    private static func bounded(_ value: Double) -> Double {
        value.isNaN ? 0 : max(-largest, min(largest, value))
    }

    /// From 0 at the bottom to 1 at the top; what is outside is at the edge.
    func share(_ value: Double) -> Double {
        guard !value.isNaN else { return 0 }
        return max(0, min(1, (Self.bounded(value) - bottom) / (top - bottom)))
    }

    func contains(_ value: Double) -> Bool { value >= bottom && value <= top }

    /// The round values, from the bottom up.
    var ticks: [Double] {
        let count = min(100, Int(towardZero: (top - bottom) / step + 1e-9))
        return (0...max(0, count)).map { bottom + Double($0) * step }
    }

    /// A tick as it is written beside the chart, with no more digits than it takes to tell it from the next.
    func label(_ tick: Double) -> String {
        switch unit {
        case .percent: "\(number(tick, step))%"
        case .perMinute: fitting("\(number(tick, step))/min", orElse: number(tick, step))
        case .perSecond: "\(number(tick, step))/s"
        case .count: number(tick, step)
        case .seconds:
            tick == 0 ? "0" : abs(top) < 1 ? "\(number(tick * 1000, step * 1000))ms" : "\(number(tick, step))s"
        case .bytes: bytes(tick)
        }
    }

    private func number(_ value: Double, _ step: Double) -> String {
        let thousand = unit == .perMinute ? 1e3 : 1e4
        for (size, sign) in [(1e9, "G"), (1e6, "M"), (thousand, "k")] where abs(value) >= size {
            let size = sign == "k" ? 1e3 : size
            return decimal(value / size, digits: Self.digits(step / size)) + sign
        }
        return decimal(value, digits: Self.digits(step))
    }

    private func bytes(_ value: Double) -> String {
        if value == 0 { return "0" }
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        let index = units.indices.first { size <= pow(1024, Double($0)) } ?? 0
        let number = decimal(value / size, digits: Self.digits(step / size))
        return fitting(number + units[index], orElse: number + units[index].prefix(1))
    }

    /// A number is never cut for its unit, which stands in the title and at the last value, too.
    private func fitting(_ whole: String, orElse short: String) -> String {
        whole.count <= Self.labelWidth ? whole : short
    }

    /// How many digits after the point show a step.
    private static func digits(_ step: Double) -> Int {
        var (rest, digits) = (abs(step), 0)
        while digits < 4, abs(rest - rest.rounded()) > 1e-6 * max(1, rest) { (rest, digits) = (rest * 10, digits + 1) }
        return digits
    }

    /// The smallest round step that is not less than `wanted`.
    static func roundStep(_ wanted: Double) -> Double {
        guard wanted.isFinite, wanted > 0 else { return 1 }
        let least = wanted * (1 - 1e-9)
        let power = pow(10, log10(wanted).rounded(.down))
        for factor in [1.0, 2, 5] where factor * power >= least { return factor * power }
        return 10 * power
    }
}

extension Quantity.Unit {
    /// A chart of less is noise.
    fileprivate var usualFloor: Double {
        switch self {
        case .percent, .count, .perMinute, .perSecond: 1
        case .seconds: 0.01
        case .bytes: 1024 * 1024
        }
    }
}
