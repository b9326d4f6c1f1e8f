import HTTP
import Testing

@Suite struct ProxyRulesTests {
    @Test(arguments: [
        ("https://api.example.com", true), ("http://api.example.com", false), ("https://inner.example.org", false),
        ("https://example.org", false), ("https://notexample.org", true), ("https://a.below.test", false),
        ("https://below.test", true), ("https://10.1.2.3:6443", false), ("https://11.1.2.3", true),
        ("https://localhost:6443", false), ("https://127.0.0.9", false), ("https://[::1]", false),
        ("https://[fd00::1]", false), ("https://port.test:8443", false), ("https://port.test", true),
    ]) func exceptionsAreReadAsGoReadsThem(url: String, isProxied: Bool) throws {
        let rules = ProxyRules([
            "HTTPS_PROXY": "proxy:3128",
            "NO_PROXY": "example.org, .below.test,10.0.0.0/8,fd00::/8,port.test:8443,,bad/99",
        ])
        let proxy = rules.proxy(for: try #require(HTTPAddress(url)))
        #expect(proxy == (isProxied ? .through(Secret("http://proxy:3128")) : .none))
    }

    @Test func everythingCanBeExcepted() throws {
        let rules = ProxyRules(["https_proxy": "socks5://p:1", "no_proxy": "*"])
        #expect(rules.proxy(for: try #require(HTTPAddress("https://a"))) == .none)
    }

    @Test func aWebServersHeadersSetNoProxy() throws {
        let address = try #require(HTTPAddress("http://a"))
        #expect(ProxyRules(["HTTP_PROXY": "p", "REQUEST_METHOD": "GET"]).proxy(for: address) == .none)
        #expect(ProxyRules(["HTTP_PROXY": "p"]).proxy(for: address) == .through(Secret("http://p")))
    }

    @Test(arguments: [
        "", "http://", "x", "ftp://a", "http://a:0", "http://a:99999", "http://u:p@a", "http://[::1", "http://[::1]x",
        "http://a b",
    ]) func whatIsNoAddressIsRefused(text: String) {
        #expect(HTTPAddress(text) == nil)
    }

    @Test func partsOfAnAddress() throws {
        let address = try #require(HTTPAddress("HTTPS://[fd00::1]:6443/api?x=1#y"))
        #expect(address.authority == "[fd00::1]:6443")
        #expect(address.path == "/api?x=1")
        #expect(HTTPAddress("https://a")?.path == "/")
    }
}
