#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The natural logarithm.
func logarithm(_ value: Double) -> Double { log(value) }

/// The logarithm of the mean of numbers that are given by their logarithms.
func logarithmOfMean(_ logarithms: [Double]) -> Double {
    guard let largest = logarithms.max(), largest.isFinite else { return -.infinity }
    let sum = logarithms.reduce(0) { $0 + exp($1 - largest) }
    return largest + log(sum / Double(logarithms.count))
}
