#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Random numbers that are the same for the same seed on every machine.
///
/// Source: SplitMix64, of Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, OOPSLA 2014.
struct Chance {
    private var state: UInt64

    // A seed that is not mixed would give what the next one gives, one number later.
    init(seed: UInt64) { state = Self.mixed(seed &+ 0x1234_5678_9ABC_DEF1) }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// From above 0 to below 1.
    mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) / 9_007_199_254_740_992 }

    mutating func exponential(mean: Double) -> Double { -mean * log(uniform()) }

    mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }

    /// How many come by themselves where `mean` are expected; the normal approximation above 60.
    mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        if mean > 60 { return max(0, Int((mean + mean.squareRoot() * normal()).rounded())) }
        let limit = exp(-mean)
        var (count, product) = (0, uniform())
        while product > limit {
            count += 1
            product *= uniform()
        }
        return count
    }

    /// A positive number with mean 1 that varies by `deviation`.
    ///
    /// Source: Marsaglia, Tsang, “A simple method for generating gamma variables”, ACM TOMS 26 (2000).
    mutating func gamma(deviation: Double) -> Double {
        let shape = 1 / (deviation * deviation)
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            if v > 0, log(uniform()) < x * x / 2 + d - d * v + d * log(v) { return d * v / shape }
        }
    }
}

/// The probability that a number whose logarithm is normally distributed around `median` is less than `value`.
func logNormal(below value: Double, median: Double, deviation: Double) -> Double {
    erfc(-(log(value / median)) / (deviation * 2.0.squareRoot())) / 2
}

func sine(_ value: Double) -> Double { sin(value) }
func exponential(_ value: Double) -> Double { exp(value) }
