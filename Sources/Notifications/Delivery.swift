import Foundation
import HTTP
import Model

/// How an attempt to tell somebody went.
public enum DeliveryOutcome: Equatable, Sendable {
    case taken
    /// It will never be taken: the same again would be answered alike.
    case refused(String)
    /// It may be taken later, `after` so long where the other side said so.
    case failed(String, after: Duration? = nil)
}

/// Tells a notification's receiver.
public enum Delivery {
    /// Makes one attempt, which takes no longer than the notification's timeout.
    /// - Parameters:
    ///   - item: the notice as JSON, for receivers that read the whole of it.
    ///   - ledger: the ledger's identity, so that incidents of two ledgers are never taken for one.
    /// - Throws: `CancellationError` where the task was cancelled; whether it was taken is not known then.
    public static func attempt(
        _ notice: Notice, item: String, to specification: NotificationSpecification, ledger: String, now: Timestamp
    ) async throws -> DeliveryOutcome {
        let timeout = specification.timeout
        switch specification.channel {
        case .unavailable(let why): return .failed(why)
        case .slack(let url):
            return try await post(url.revealed, SlackMessage(notice).json, timeout: timeout)
        case .pagerDuty(let key, let url):
            for event in PagerDutyEvent.events(of: notice, routingKey: key.revealed, ledger: ledger) {
                let outcome = try await post(url, try event.json, timeout: timeout)
                if outcome != .taken { return outcome }
            }
            return .taken
        case .webhook(let url, let secret):
            var headers = ["Lastgood-Event: \(notice.event.sequence)", "Lastgood-Notification: \(notice.notification)"]
            if let secret { headers += WebhookSignature.headers(of: item, at: now, secret: secret.revealed) }
            return try await post(url.revealed, item, headers: headers, timeout: timeout)
        case .command(let words, let folder):
            return await CommandDelivery.run(words, folder: folder, input: item, deadline: timeout)
        }
    }

    private static func post(
        _ url: String, _ body: String, headers: [String] = [], timeout: Duration
    ) async throws -> DeliveryOutcome {
        do {
            let response = try await HTTPClient.shared.post(
                url, headers: ["Content-Type: application/json; charset=utf-8"] + headers, body: Array(body.utf8),
                timeout: timeout)
            return outcome(of: response)
        } catch let error as HTTPError {
            return .failed("\(error)")
        }
    }

    /// What an answer means: a complaint about the request itself is for good, everything else may pass.
    ///
    /// Source: RFC 9110, section 15.5, and RFC 6585, section 4, for those that ask to come again.
    static func outcome(of response: HTTPResponse) -> DeliveryOutcome {
        switch response.status {
        case 200..<300: return .taken
        case 408, 425, 429, 500...:
            return .failed(words(of: response), after: response.retryAfter)
        default: return .refused(words(of: response))
        }
    }

    private static func words(of response: HTTPResponse) -> String {
        let answer = String(decoding: response.body.prefix(200), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "answered \(response.status)" + (answer.isEmpty ? "" : ": \(Secrets.hiding(in: answer))")
    }
}
