import Foundation
import Model

/// What Prometheus answers to a query.
///
/// Source: Prometheus, "HTTP API", "Expression query result formats".
struct PrometheusAnswer: Equatable, Sendable {
    struct Series: Equatable, Sendable {
        var labels: [String: String]
        /// By the moment, in milliseconds.
        var values: [Int64: Double]
    }

    var series: [Series] = []
    /// What it says besides, as that a part of the data was not there.
    var warnings: [String] = []

    init(series: [Series] = [], warnings: [String] = []) {
        self.series = series
        self.warnings = warnings
    }

    /// - Throws: ``SourceFailure`` where it is no answer, or one that says why there is none.
    init(status: Int, body: [UInt8]) throws(SourceFailure) {
        let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(body))
        guard let envelope else {
            if status == 200 { throw .silent("what it answers is not of Prometheus") }
            throw SourceFailure(status: status, nil)
        }
        guard envelope.status == "success", status == 200, let data = envelope.data else {
            throw SourceFailure(status: status == 200 ? 422 : status, envelope.error)
        }
        warnings = envelope.warnings ?? []
        switch data.result {
        case .series(let found):
            series = found.map { item in
                let points = item.values ?? item.value.map { [$0] } ?? []
                return Series(
                    labels: item.metric,
                    values: Dictionary(points.map { ($0.milliseconds, $0.value) }, uniquingKeysWith: { $1 }))
            }
        case .scalar(let point): series = [Series(labels: [:], values: [point.milliseconds: point.value])]
        case .text: throw .refused("the query answers with a text, not with numbers")
        }
    }

    private struct Envelope: Decodable {
        var status: String
        var data: Content?
        var error: String?
        var warnings: [String]?
    }

    private struct Content: Decodable {
        var result: Result

        enum Result {
            case series([Item])
            case scalar(Point)
            case text
        }

        enum CodingKeys: CodingKey { case resultType, result }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            switch try keys.decode(String.self, forKey: .resultType) {
            case "vector", "matrix": result = .series(try keys.decode([Item].self, forKey: .result))
            case "scalar": result = .scalar(try keys.decode(Point.self, forKey: .result))
            default: result = .text
            }
        }
    }

    private struct Item: Decodable {
        var metric: [String: String]
        var value: Point?
        var values: [Point]?
    }

    /// `[1435781451.781, "1"]`
    private struct Point: Decodable {
        var milliseconds: Int64
        var value: Double

        init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            let seconds = try parts.decode(Double.self)
            let text = try parts.decode(String.self)
            guard seconds.isFinite, abs(seconds) < 1e12, let value = Double(text) else {
                throw DecodingError.dataCorruptedError(in: parts, debugDescription: "no number")
            }
            milliseconds = Int64((seconds * 1000).rounded())
            self.value = value
        }
    }
}
