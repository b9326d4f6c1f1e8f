import Foundation
import HTTP
import Model

/// How a server is reached that delivers data of alarms, and how it is shown who asks.
///
/// Passwords and tokens are in files, which are read for each request: they are changed without anybody's doing here, and
/// are in no configuration, event or message.
public struct ServerAccess: Hashable, Sendable {
    public enum Login: Hashable, Sendable {
        case none
        case bearer(tokenFile: String)
        case basic(username: String, passwordFile: String)
    }

    /// Without a slash at its end.
    public var url: String
    public var login: Login
    public var trust: HTTPTrust
    /// For one question.
    public var timeout: Duration

    public init(
        url: String, login: Login = .none, trust: HTTPTrust = HTTPTrust(), timeout: Duration = .seconds(5)
    ) {
        self.url = url
        self.login = login
        self.trust = trust
        self.timeout = timeout
    }

    /// The largest secret that is read.
    private static let mostBytes = 64 << 10

    func request(
        _ method: String = "GET", _ path: String, _ parameters: [(String, String)] = [], body: [UInt8]? = nil,
        contentType: String? = nil
    ) throws(SourceFailure) -> HTTPRequest {
        let query = parameters.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
        var headers = ["Accept: application/json"]
        if let contentType { headers.append("Content-Type: \(contentType)") }
        switch login {
        case .none: break
        case .bearer(let file): headers.append("Authorization: Bearer \(try Self.secret(file, "the token"))")
        case .basic(let username, let file):
            let pair = Data("\(username):\(try Self.secret(file, "the password"))".utf8)
            headers.append("Authorization: Basic \(pair.base64EncodedString())")
        }
        return HTTPRequest(
            method, url + path + (query.isEmpty ? "" : "?\(query)"), headers: headers, body: body, trust: trust)
    }

    /// Bytes that stand for themselves in a form or a query; see RFC 3986, 2.3.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-._~".utf8.contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func secret(_ file: String, _ what: String) throws(SourceFailure) -> String {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw .access("\(what) cannot be read from \(file): \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        // Nothing is read at the end of an empty one, and of a folder.
        let data = (try? handle.read(upToCount: mostBytes)) ?? Data()
        guard let text = String(validating: data, as: UTF8.self) else { throw .access("\(file) is no file of text") }
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty else { throw .access("\(file) is empty") }
        // A line more would be a header more.
        guard !secret.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw .access("\(file) has more than one line")
        }
        return secret
    }
}

/// Why a source of data does not tell something, for people; never with a secret in it.
public enum SourceFailure: Error, Hashable, Sendable {
    /// It cannot be shown who asks.
    case access(String)
    /// There is no answer that could be read.
    case silent(String)
    /// It has understood the question, and refuses it.
    case refused(String)
    /// It cannot be heard; it can be asked all the same.
    case deaf(String)

    /// What is wrong with a source of that name.
    public func words(of source: String) -> String {
        switch self {
        case .access(let reason): "\(source) cannot be asked: \(reason)"
        case .silent(let reason): "\(source) does not answer: \(reason)"
        case .refused(let reason): "\(source) refuses the query: \(reason)"
        case .deaf(let reason): "\(source) cannot be heard, and is only asked every now and then: \(reason)"
        }
    }

    init(_ error: any Error) {
        switch error {
        case let failure as SourceFailure: self = failure
        // How long was left differs each time, and is nothing that anybody wants to know.
        case HTTPError.timedOut: self = .silent("no answer in time")
        case is CancellationError: self = .silent("it was not waited for")
        default: self = .silent("\(error)")
        }
    }

    /// What an answer with another status than 200 means.
    /// - Parameter words: what it says, where it says something.
    init(status: Int, _ words: String?) {
        let detail = words.flatMap { $0.isEmpty ? nil : ": \($0.prefix(300))" } ?? ""
        switch status {
        case 401: self = .silent("it does not know who asks (status 401)")
        case 403: self = .silent("whoever asks may not (status 403)")
        case 400, 422: self = .refused(words.map { String($0.prefix(300)) } ?? "status \(status)")
        case 300..<400: self = .silent("it sends on to another address (status \(status)): give that one")
        default: self = .silent("status \(status)\(detail)")
        }
    }
}
