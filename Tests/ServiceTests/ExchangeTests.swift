import TestSupport
import Testing

@testable import Service

@Suite struct ExchangeTests {
    private static let answer: @Sendable (Request) -> Response = { Response(body: "\($0.method) \($0.path)\n") }

    private func answer(to text: String) -> String? {
        var exchange = Exchange(now: .zero)
        let action = exchange.received(Array(text.utf8), now: .zero, answer: Self.answer)
        guard case .send(let bytes) = action else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aRequestIsAnsweredOnceItsHeadIsThere() throws {
        for text in [
            "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "GET /metrics?x=1 HTTP/1.0\n\n",
            "GET /metrics HTTP/1.1\r\n\r\nmore",
        ] {
            let found = try #require(answer(to: text), "\(text)")
            #expect(found.hasPrefix("HTTP/1.1 200 OK\r\n") && found.hasSuffix("\r\n\r\nGET /metrics\n"), "\(found)")
            #expect(found.contains("Content-Length: 13\r\n") && found.contains("Connection: close\r\n"))
        }
        #expect(answer(to: "GET /metrics HTTP/1.1\r\nHost: a\r\n") == nil)
        let head = try #require(answer(to: "HEAD /healthz HTTP/1.1\r\n\r\n"))
        #expect(head.contains("Content-Length: 14\r\n") && head.hasSuffix("\r\n\r\n"))
    }

    @Test func whatIsNoRequestOfOursIsRefused() throws {
        for (text, status) in [
            ("POST /metrics HTTP/1.1\r\n\r\n", 405), ("GET metrics HTTP/1.1\r\n\r\n", 400),
            ("GET /metrics HTTP/2\r\n\r\n", 400), ("GET  /metrics HTTP/1.1\r\n\r\n", 400), ("\r\n\r\n", 400),
            ("GET /\u{1}  HTTP/1.1\r\n\r\n", 400), ("GET /metrics\r\n\r\n", 400),
            ("GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\n\r\n", 431),
            (String(repeating: "a", count: 8193), 431),
        ] {
            #expect(answer(to: text)?.hasPrefix("HTTP/1.1 \(status) ") == true, "\(text.prefix(40))")
        }
    }

    @Test func theNameThatItIsAskedByIsReadAsItStands() {
        func host(_ lines: String) -> String?? {
            var found: String??
            var exchange = Exchange(now: .zero)
            _ = exchange.received(Array("GET / HTTP/1.1\r\n\(lines)\r\n".utf8), now: .zero) { request in
                found = .some(request.host)
                return Response(body: "")
            }
            return found
        }
        #expect(host("Host: localhost:9474\r\n") == "localhost:9474")
        #expect(host("Accept: a\r\nhOST:\t[::1] \r\nVia: Host: b\r\n") == "[::1]")
        #expect(host("") == .some(nil) && host("Host:\r\n") == .some(nil))
        #expect(host("Host: a\r\nHost: b\r\n") == .none, "two of them are no request")
        #expect(host("Host: a\u{1B}[2J\r\n") == .none)
    }

    @Test func onlyWhoAsksByANameOfThisMachineIsAnswered() {
        let loopback = AnsweredNames(.loopback(host: "127.0.0.2", port: 9474), others: ["Metrics.example:80"])
        for (host, isAnswered) in [
            (nil, true), ("localhost", true), ("LOCALHOST.:9474", true), ("127.0.0.1:9474", true),
            ("127.0.0.2", true), ("[::1]:9474", true), ("metrics.example", true), ("metrics.example:9474", true),
            ("evil.example:9474", false), ("127.0.0.1.evil.example", false), ("localhost.evil.example", false),
            ("[::2]", false), ("192.0.2.1", false), (":9474", false), ("[::1", false),
        ] as [(String?, Bool)] {
            let refusal = loopback.refusal(Request(method: "GET", path: "/metrics", host: host))
            #expect((refusal == nil) == isAnswered, "\(host ?? "none")")
            if let refusal { #expect(refusal.status == 421 && refusal.body.contains("--answer-to")) }
        }
        let socket = AnsweredNames(.socket(path: "/s"), others: [])
        #expect(socket.refusal(Request(method: "GET", path: "/", host: "evil.example")) == nil)
    }

    @Test func anAnswerGoesInPiecesAndTheOtherSideMayReadItToItsEnd() {
        var exchange = Exchange(now: .zero)
        var action = exchange.received(Array("GET / HTTP/1.1\r\n\r\n".utf8), now: .zero, answer: Self.answer)
        var pieces = 0
        while case .send(let bytes) = action {
            pieces += 1
            action = exchange.sent(min(10, bytes.count), now: .zero)
        }
        #expect(pieces > 10 && action == .endSending)
        #expect(exchange.received(Array("more".utf8), now: .zero, answer: Self.answer) == .read)
        #expect(exchange.received([], now: .zero, answer: Self.answer) == .close)
    }

    @Test func eachPartHasItsTime() {
        var silent = Exchange(now: .zero)
        #expect(silent.passed(to: .seconds(4)) == .read)
        #expect(silent.passed(to: .seconds(5)) == .close)

        var slow = Exchange(now: .zero)
        _ = slow.received(Array("GET".utf8), now: .seconds(4), answer: Self.answer)
        guard case .send(let bytes) = slow.passed(to: .seconds(5)) else {
            Issue.record("it is told that it was too slow")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
        // It does not read the answer either.
        _ = slow.sent(1, now: .seconds(6))
        #expect(slow.passed(to: .seconds(15)) == .close)

        var leaving = Exchange(now: .zero)
        guard
            case .send(let all) = leaving.received(
                Array("GET / HTTP/1.1\r\n\r\n".utf8), now: .zero, answer: Self.answer)
        else {
            Issue.record("an answer")
            return
        }
        #expect(leaving.sent(all.count, now: .zero) == .endSending)
        #expect(leaving.passed(to: .seconds(1)) == .close)
    }

    @Test func noBytesDoAnythingButAnAnswerOrTheEnd() {
        var generator = SeededGenerator(seed: testSeed())
        let pieces = ["GET ", "/", "\r\n", "\n", " HTTP/1.1", "\u{0}", "é", "?", "HEAD "].map { Array($0.utf8) }
        for _ in 0..<2000 {
            var exchange = Exchange(now: .zero)
            var action = Exchange.Action.read
            for _ in 0..<12 {
                let piece = pieces.randomElement(using: &generator) ?? []
                action = exchange.received(piece, now: .zero, answer: Self.answer)
                if case .send(let bytes) = action {
                    #expect(bytes.starts(with: "HTTP/1.1 ".utf8))
                    break
                }
            }
            #expect(action != .endSending)
        }
    }
}
