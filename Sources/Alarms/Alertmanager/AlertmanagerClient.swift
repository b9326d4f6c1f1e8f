import Foundation
import HTTP
import Model

/// A silence as Alertmanager has it.
///
/// Source: Alertmanager, `api/v2/openapi.yaml`, `gettableSilence` and `postableSilence`.
struct Silence: Codable, Equatable, Sendable {
    struct Matcher: Codable, Equatable, Sendable {
        var name: String
        var value: String
        var isRegex: Bool
        var isEqual: Bool?
    }

    struct Status: Codable, Equatable, Sendable { var state: String }

    var id: String?
    var matchers: [Matcher]
    var startsAt: String
    var endsAt: String
    var createdBy: String
    var comment: String
    var status: Status?
}

/// Asks an Alertmanager, through the second version of its interface.
struct AlertmanagerClient: Sendable {
    let access: ServerAccess

    private static let mostBytes = 16 << 20

    /// The alerts that match, those that are silenced or inhibited included; none that has ended.
    func alerts(_ matchers: [String]) async throws(SourceFailure) -> [Alert] {
        try await read(
            [Alert].self, "/api/v2/alerts",
            matchers.map { ("filter", $0) } + [
                ("active", "true"), ("silenced", "true"), ("inhibited", "true"), ("unprocessed", "true"),
            ])
    }

    func silences() async throws(SourceFailure) -> [Silence] {
        try await read([Silence].self, "/api/v2/silences", [])
    }

    /// Makes a silence, or changes the one that it names.
    func put(_ silence: Silence) async throws(SourceFailure) {
        let body: [UInt8]
        do { body = Array(try JSONEncoder().encode(silence)) } catch { throw .silent("\(error)") }
        _ = try await send(try access.request("POST", "/api/v2/silences", body: body, contentType: "application/json"))
    }

    func expire(_ id: String) async throws(SourceFailure) {
        _ = try await send(try access.request("DELETE", "/api/v2/silence/\(ServerAccess.encoded(id))"))
    }

    private func read<Value: Decodable>(
        _ type: Value.Type, _ path: String, _ parameters: [(String, String)]
    ) async throws(SourceFailure) -> Value {
        let body = try await send(try access.request("GET", path, parameters))
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
            throw .silent("what it answers is not of Alertmanager")
        }
    }

    private func send(_ request: HTTPRequest) async throws(SourceFailure) -> [UInt8] {
        let response: HTTPResponse
        do {
            response = try await HTTPClient.shared.send(request, timeout: access.timeout, limit: Self.mostBytes)
        } catch { throw SourceFailure(error) }
        guard response.status == 200 else {
            // It complains with a text in JSON, or with a text.
            let text = String(decoding: response.body.prefix(300), as: UTF8.self)
            throw SourceFailure(status: response.status, text.trimmingCharacters(in: .init(charactersIn: "\"\n ")))
        }
        return response.body
    }
}
