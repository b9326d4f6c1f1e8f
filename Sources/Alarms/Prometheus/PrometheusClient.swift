import HTTP
import Model

/// A query, and the moments for which it is to be answered: one for each period, at its end.
struct PrometheusQuestion: Hashable, Sendable {
    var query: String
    var first: Timestamp
    var last: Timestamp
    var step: Duration
}

/// Asks a Prometheus, or what speaks as one.
struct PrometheusClient: Sendable {
    let access: ServerAccess

    /// The largest answer that is read.
    private static let mostBytes = 8 << 20

    /// - Throws: ``SourceFailure``.
    func ask(_ question: PrometheusQuestion, timeout: Duration) async throws(SourceFailure) -> PrometheusAnswer {
        var parameters = [("query", question.query)]
        if question.first == question.last {
            parameters.append(("time", Self.written(question.last)))
        } else {
            parameters.append(("start", Self.written(question.first)))
            parameters.append(("end", Self.written(question.last)))
            parameters.append(("step", Self.written(question.step.milliseconds)))
        }
        let limit = min(timeout, access.timeout)
        // It gives up by itself where nobody waits any more.
        parameters.append(("timeout", "\(max(1, limit.milliseconds))ms"))
        let name = question.first == question.last ? "query" : "query_range"
        // A form, since a query may be longer than an address may be.
        let form = parameters.map { "\(ServerAccess.encoded($0.0))=\(ServerAccess.encoded($0.1))" }
            .joined(separator: "&")
        let request = try access.request(
            "POST", "/api/v1/\(name)", body: Array(form.utf8), contentType: "application/x-www-form-urlencoded")
        let response: HTTPResponse
        do {
            response = try await HTTPClient.shared.send(request, timeout: limit, limit: Self.mostBytes)
        } catch { throw SourceFailure(error) }
        return try PrometheusAnswer(status: response.status, body: response.body)
    }

    private static func written(_ time: Timestamp) -> String { written(time.milliseconds) }

    /// Seconds with three digits behind the point.
    private static func written(_ milliseconds: Int64) -> String {
        let rest = "\(milliseconds % 1000)"
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
