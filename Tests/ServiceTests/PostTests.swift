import Testing

@testable import Service

@Suite("Requests that bring something") struct PostTests {
    private func exchange() -> Exchange { Exchange(now: .zero, taking: ["POST"]) }

    private func answer(_ request: Request) -> Response { Response(body: "taken \(request.path)") }

    private func sent(_ action: Exchange.Action) -> String {
        if case .send(let bytes) = action { String(decoding: bytes, as: UTF8.self) } else { "\(action)" }
    }

    @Test("what comes with them is passed over, in however many pieces, and answered once it is there")
    func passedOver() {
        var exchange = exchange()
        let head = "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345"
        #expect(exchange.received(Array(head.utf8), now: .zero, answer: answer) == .read)
        #expect(exchange.received(Array("678".utf8), now: .zero, answer: answer) == .read)
        let action = exchange.received(Array("90".utf8), now: .zero, answer: answer)
        #expect(sent(action).hasSuffix("\r\n\r\ntaken /hook"))
    }

    @Test("without a length they are answered at once")
    func withoutLength() {
        var exchange = exchange()
        let action = exchange.received(Array("POST /a HTTP/1.1\r\n\r\n".utf8), now: .zero, answer: answer)
        #expect(sent(action).hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("too much, too slow and another method are refused")
    func refused() {
        var large = exchange()
        let head = "POST /a HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n"
        #expect(sent(large.received(Array(head.utf8), now: .zero, answer: answer)).hasPrefix("HTTP/1.1 413 "))
        var slow = exchange()
        _ = slow.received(Array("POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\n".utf8), now: .zero, answer: answer)
        #expect(sent(slow.passed(to: Exchange.timeToRead)).hasPrefix("HTTP/1.1 408 "))
        var get = exchange()
        let refused = sent(get.received(Array("GET /a HTTP/1.1\r\n\r\n".utf8), now: .zero, answer: answer))
        #expect(refused.hasPrefix("HTTP/1.1 405 ") && refused.contains("Allow: POST\r\n"))
        var cut = exchange()
        _ = cut.received(Array("POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\n1".utf8), now: .zero, answer: answer)
        #expect(cut.received([], now: .zero, answer: answer) == .close)
    }
}
