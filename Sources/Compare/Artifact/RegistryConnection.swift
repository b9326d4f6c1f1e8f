import Foundation
import HTTP
import Model

/// Asks a registry for what is read from it: with a login where it wants one, and again where that may help.
final class RegistryConnection {
    let reference: ImageReference
    private let credentials: Credentials
    let time: Time
    private var authorization: String?
    private static let mostComplaint = 8 << 20

    /// What it waits by.
    struct Time {
        var now: () -> ContinuousClock.Instant
        var pause: (Duration) -> Void
        /// After that long without a byte a connection counts as cut.
        var stall: Duration = .seconds(30)

        static var real: Time { Time(now: { .now }, pause: { Thread.sleep(forTimeInterval: $0 / .seconds(1)) }) }
    }

    init(_ reference: ImageReference, credentials: Credentials, time: Time = .real) {
        self.reference = reference
        self.credentials = credentials
        self.time = time
    }

    func fault(_ what: String) -> Problem { Problem("\(reference.text): \(what)") }

    /// Reads what lies at a path below the repository.
    /// - Parameters:
    ///   - deadline: for everything, logins and waiting included.
    ///   - restart: is told before each try: what was taken before is to be forgotten.
    ///   - take: is given the body of a good answer only; ends it by answering `false`.
    /// - Returns: the answer's headers; `nil` where there is no such thing.
    func get(
        _ path: String, headers: [String] = [], deadline: Duration, restart: () -> Void,
        take: (UnsafeRawBufferPointer) -> Bool
    ) throws(Problem) -> [String: String]? {
        var patience = Patience(deadline, time)
        var isRenewed = false
        while true {
            let all = headers + (authorization.map { ["Authorization: \($0)"] } ?? [])
            let answer = try ask(
                "the registry", "\(reference.base)/\(path)", all, nil, followsRedirects: true, &patience,
                restart: restart, take: take)
            switch answer.status {
            case 200: return answer.headers
            case 401, 403:
                // Who it sends to has no say in where logins go.
                if answer.isRedirected { throw fault("what it sends on to answers \(answer.status)") }
                guard answer.status == 401, !isRenewed else { throw refusal("you may not read it", []) }
                // Tokens end, also between two layers.
                isRenewed = true
                authorization = nil
                try authorize(answer.headers["www-authenticate"] ?? "", &patience)
            case 404: return nil
            default: throw fault("the registry answers \(answer.status)")
            }
        }
    }

    /// Reads what is small enough to be kept in memory, whole.
    /// - Parameters:
    ///   - what: what it is, for people.
    ///   - limit: in bytes.
    /// - Returns: it, and the answer's headers; `nil` where there is no such thing.
    func document(
        _ path: String, _ what: String, headers: [String] = [], atMost limit: Int, deadline: Duration
    ) throws(Problem) -> (bytes: [UInt8], headers: [String: String])? {
        var body: [UInt8] = []
        var isTooLarge = false
        do throws(Problem) {
            let answer = try get(
                path, headers: headers, deadline: deadline, restart: { body = [] },
                take: { piece in
                    body.append(contentsOf: piece)
                    isTooLarge = body.count > limit
                    return !isTooLarge
                })
            return answer.map { (body, $0) }
        } catch { throw isTooLarge ? fault("\(what) is larger than \(limit >> 20) MiB") : error }
    }

    // MARK: asking again

    /// How long it may still take, and how long to wait before the next try.
    private struct Patience {
        let deadline: Duration
        private let time: Time
        private let end: ContinuousClock.Instant
        private var tries = 0
        /// One second, two, four, eight: what does not answer by then does not answer a person.
        private static let mostOwnTries = 4
        private static let mostTries = 20

        init(_ deadline: Duration, _ time: Time) {
            self.deadline = deadline
            self.time = time
            end = time.now() + deadline
        }

        var left: Duration { max(.milliseconds(1), end - time.now()) }

        /// - Parameter asked: what the server asks for.
        /// - Returns: how long to wait; `nil` where that takes too long.
        mutating func next(_ asked: Duration?) -> Duration? {
            tries += 1
            guard tries <= (asked == nil ? Self.mostOwnTries : Self.mostTries) else { return nil }
            let wait = max(asked ?? .seconds(1 << (tries - 1)), .milliseconds(100))
            return wait < left ? wait : nil
        }
    }

    private func ask(
        _ who: String, _ url: String, _ headers: [String], _ form: String?, followsRedirects: Bool,
        _ patience: inout Patience, restart: () -> Void, take: (UnsafeRawBufferPointer) -> Bool
    ) throws(Problem) -> HTTPTransfer.Answer {
        while true {
            restart()
            var complaint = 0
            var why: String
            var asked: Duration?
            do {
                let answer = try HTTPTransfer.get(
                    url, headers: headers, form: form, followsRedirects: followsRedirects, timeout: patience.left,
                    stall: time.stall
                ) {
                    status, piece in
                    if status == 200 { return take(piece) }
                    complaint += piece.count
                    return complaint <= Self.mostComplaint
                }
                guard [408, 429, 502, 503, 504].contains(answer.status) else { return answer }
                why = "\(who) \(answer.status == 429 ? "is asked too often" : "answers \(answer.status)")"
                asked = answer.headers["retry-after"].flatMap { Self.wait($0, now: Date()) }
                if let asked { why += ", and says to come again in \(asked.inFull)" }
            } catch {
                switch error {
                case .interrupted(let detail): why = "\(who): \(detail)"
                case .timedOut: throw fault("\(who): no answer within \(patience.deadline.inFull)")
                default: throw fault("\(who): \(error.description)")
                }
            }
            guard let wait = patience.next(asked) else { throw fault(why) }
            time.pause(wait)
        }
    }

    /// What `Retry-After` says: seconds or a date, see [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
    static func wait(_ text: String, now: Date) -> Duration? {
        if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let seconds = format.date(from: text)?.timeIntervalSince(now), seconds < Double(UInt32.max) else {
            return nil
        }
        return .seconds(max(0, Int64(seconds.rounded(.up))))
    }

    // MARK: logging in

    private func refusal(_ why: String, _ faults: [String]) -> Problem {
        let known = faults.isEmpty ? "" : " (\(faults.joined(separator: "; ")))"
        return Problem(
            fault(why + known).reason,
            mend: faults.isEmpty ? "log in: `docker login \(reference.registry)`" : "mend that, or log in again")
    }

    /// Gets the right to read, as the registry's answer says how.
    private func authorize(_ header: String, _ patience: inout Patience) throws(Problem) {
        let (login, faults) = credentials.login(reference.registry, repository: reference.repository)
        if case .token(let token)? = login {
            authorization = "Bearer \(token)"
            return
        }
        let challenges = AuthenticationChallenge.parse(header)
        if let bearer = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            authorization = "Bearer \(try token(bearer, login, faults, &patience))"
            return
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            let known = challenges.map(\.scheme).joined(separator: ", ")
            throw fault("it asks for a kind of login that lastgood does not know: \(known.isEmpty ? "none" : known)")
        }
        guard case .basic(let basic)? = login else { throw refusal("it wants a password", faults) }
        authorization = "Basic \(basic)"
    }

    /// As the [specification of tokens](https://distribution.github.io/distribution/spec/auth/token/) says, and
    /// [that of OAuth 2](https://distribution.github.io/distribution/spec/auth/oauth/) where the login is a token itself.
    private func token(
        _ challenge: AuthenticationChallenge, _ login: Login?, _ faults: [String], _ patience: inout Patience
    ) throws(Problem) -> String {
        let realm = challenge.parameters["realm"] ?? ""
        guard let address = URLComponents(string: realm), let host = address.host,
            let scheme = address.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { throw fault("it sends to “\(realm)” for a login, which is no address") }
        if scheme == "http", login != nil, !ImageReference.isHere(host) {
            throw fault("it wants the password sent to \(realm), where anybody on the way could read it")
        }
        var fields: [(String, String)] = []
        if let service = challenge.parameters["service"] { fields.append(("service", service)) }
        fields.append(("scope", challenge.parameters["scope"] ?? "repository:\(reference.repository):pull"))
        var headers: [String] = []
        var form: String?
        var url = realm
        if case .identity(let secret)? = login {
            fields += [("grant_type", "refresh_token"), ("client_id", "lastgood"), ("refresh_token", secret)]
            form = Self.encoded(fields)
        } else {
            if case .basic(let basic)? = login { headers.append("Authorization: Basic \(basic)") }
            url += (realm.contains("?") ? "&" : "?") + Self.encoded(fields)
        }
        var body: [UInt8] = []
        let answer = try ask(
            "its login at \(realm)", url, headers, form, followsRedirects: login == nil, &patience,
            restart: { body = [] },
            take: { piece in
                body.append(contentsOf: piece)
                return body.count <= Self.mostComplaint
            })
        guard !(300..<400).contains(answer.status) else {
            throw fault("its login at \(realm) sends on elsewhere, where the password was not sent")
        }
        guard answer.status == 200 || [400, 401, 403, 404].contains(answer.status) else {
            throw fault("its login at \(realm) answers \(answer.status)")
        }
        let root = try? JSONValue(body)
        guard let token = root?["token"].text ?? root?["access_token"].text,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw refusal("you may not read it", faults) }
        return token
    }

    private static func encoded(_ fields: [(String, String)]) -> String {
        fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
    }
}
