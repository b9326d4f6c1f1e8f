import Archive
import Model

/// Proves to a webhook's receiver who sent a body and when, so that neither can be changed nor sent again later.
///
/// `Lastgood-Signature` is `sha256=` and the HMAC-SHA-256, in hexadecimal digits, of the value of `Lastgood-Time` (seconds
/// since 1970), a point, and the body's bytes. A receiver also refuses a time that is too long ago.
public enum WebhookSignature {
    public static func headers(of body: String, at time: Timestamp, secret: String) -> [String] {
        let seconds = String(time.milliseconds / 1000)
        let digest = KeyedDigest.digest(of: "\(seconds).\(body)".utf8, key: Array(secret.utf8))
        let digits = Digest.text(digest).dropFirst("sha256:".count)
        return ["Lastgood-Time: \(seconds)", "Lastgood-Signature: sha256=\(digits)"]
    }
}
