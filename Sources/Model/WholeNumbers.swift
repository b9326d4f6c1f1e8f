/// `value` without its fraction, held within `range`; what is no number is its lower end.
///
/// Whatever is measured outside may be anything, and `Int` of a value that has no place in it ends the process.
public func whole(_ value: Double, in range: ClosedRange<Int>) -> Int {
    guard value > Double(range.lowerBound) else { return range.lowerBound }
    return value < Double(range.upperBound) ? Int(value) : range.upperBound
}

/// A share as whole percent, from 0 to 100.
public func wholePercent(_ share: Double) -> Int { whole((share * 100).rounded(), in: 0...100) }
