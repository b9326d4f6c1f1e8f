extension Int {
    /// The whole number nearest to `value`, or the nearest that there is; 0 for what is not a number.
    ///
    /// `Int(_: Double)` ends the process on what is not finite or too large. A value that comes from outside, or was
    /// computed from one, is made whole here and nowhere else.
    public init(nearest value: Double) {
        if let whole = Int(exactly: value.rounded()) {
            self = whole
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }

    /// The whole number that `value` reaches going towards zero, or the nearest that there is; 0 for what is not a
    /// number.
    public init(towardZero value: Double) { self.init(nearest: value.rounded(.towardZero)) }

    /// The sum, or the nearest whole number that there is.
    ///
    /// `+` ends the process where the sum is too large. Counts that came from outside are added by this.
    public func addingToNearest(_ other: Int) -> Int {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? (other < 0 ? .min : .max) : sum
    }
}

extension Sequence<Int> {
    /// The sum of counts that came from outside; see ``Swift/Int/addingToNearest(_:)``.
    public var sumToNearest: Int { reduce(0) { $0.addingToNearest($1) } }
}
