import Testing

@testable import Service

@Suite struct ListenAddressTests {
    @Test func loopbackAddressesAndSocketsAreTaken() throws {
        for (text, address) in [
            ("127.0.0.1:9474", ListenAddress.loopback(host: "127.0.0.1", port: 9474)),
            ("127.8.0.1:0", .loopback(host: "127.8.0.1", port: 0)),
            ("localhost:80", .loopback(host: "127.0.0.1", port: 80)),
            ("[::1]:9474", .loopback(host: "::1", port: 9474)),
            ("unix:/run/a.sock", .socket(path: "/run/a.sock")), ("unix:a", .socket(path: "a")),
        ] {
            #expect(try ListenAddress(written: text) == address, "\(text)")
        }
        #expect(ListenAddress.loopback(host: "::1", port: 1).description == "[::1]:1")
    }

    @Test func everythingElseIsRefusedInWords() {
        for text in [
            "0.0.0.0:9474", "[::]:9474", "10.0.0.1:1", "bastion:9474", ":9474", "9474", "", "127.0.0.1", "127.0.0.1:",
            "127.0.0.1:70000", "127.0.0.1:-1", "127.1:80", "[::1:80", "::ffff:127.0.0.1:80", "unix:",
            "unix:/\(String(repeating: "a", count: 107))", "127.0.0.1 :80", "128.0.0.1:80",
        ] {
            let refusal = #expect(throws: ListenAddress.Refusal.self, "\(text)") {
                try ListenAddress(written: text)
            }
            #expect(refusal.map { !$0.message.isEmpty && !$0.mend.isEmpty } == true)
        }
    }
}
