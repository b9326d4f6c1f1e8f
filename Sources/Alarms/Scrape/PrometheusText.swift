/// One line of Prometheus' text format.
struct MetricLine: Equatable {
    var name: String
    var labels: [String: String]
    var value: Double
}

/// Reads Prometheus' text exposition format. Survives any bytes: a line that is none is passed over.
///
/// Source: prometheus.io, "Exposition formats", version 0.0.4.
struct PrometheusText {
    /// Calls `body` with each line whose name is wanted.
    static func forEach(_ bytes: [UInt8], isWanted: (String) -> Bool, _ body: (MetricLine) -> Void) {
        bytes.withUnsafeBufferPointer { buffer in
            var start = 0
            while start < buffer.count {
                var end = start
                while end < buffer.count, buffer[end] != 0x0A { end += 1 }
                if let line = parse(UnsafeBufferPointer(rebasing: buffer[start..<end]), isWanted) { body(line) }
                start = end + 1
            }
        }
    }

    private static func parse(
        _ line: UnsafeBufferPointer<UInt8>, _ isWanted: (String) -> Bool
    ) -> MetricLine? {
        var index = 0
        func skipBlanks() { while index < line.count, line[index] == 0x20 || line[index] == 0x09 { index += 1 } }
        func text(_ range: Range<Int>) -> String { String(decoding: line[range], as: UTF8.self) }
        skipBlanks()
        guard index < line.count, line[index] != UInt8(ascii: "#") else { return nil }
        let first = index
        while index < line.count, line[index] != UInt8(ascii: "{"), line[index] != 0x20, line[index] != 0x09 {
            index += 1
        }
        let name = text(first..<index)
        guard isWanted(name) else { return nil }
        var labels: [String: String] = [:]
        skipBlanks()
        if index < line.count, line[index] == UInt8(ascii: "{") {
            index += 1
            while true {
                while index < line.count, line[index] == 0x20 || line[index] == UInt8(ascii: ",") { index += 1 }
                guard index < line.count else { return nil }
                if line[index] == UInt8(ascii: "}") {
                    index += 1
                    break
                }
                let key = index
                while index < line.count, line[index] != UInt8(ascii: "=") { index += 1 }
                let label = text(key..<index)
                guard index + 1 < line.count, line[index + 1] == UInt8(ascii: "\"") else { return nil }
                index += 2
                var value: [UInt8] = []
                while index < line.count, line[index] != UInt8(ascii: "\"") {
                    if line[index] == UInt8(ascii: "\\"), index + 1 < line.count {
                        index += 1
                        value.append(line[index] == UInt8(ascii: "n") ? 0x0A : line[index])
                    } else {
                        value.append(line[index])
                    }
                    index += 1
                }
                guard index < line.count else { return nil }
                index += 1
                labels[label] = String(decoding: value, as: UTF8.self)
            }
        }
        skipBlanks()
        let number = index
        while index < line.count, line[index] != 0x20, line[index] != 0x09, line[index] != 0x0D { index += 1 }
        guard index > number, let value = real(text(number..<index)) else { return nil }
        return MetricLine(name: name, labels: labels, value: value)
    }

    /// A number as Go's `ParseFloat` takes it, infinities and `NaN` included: what it may be is for the caller.
    static func real(_ text: String) -> Double? {
        switch text {
        case "+Inf", "Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}
