import Foundation
import Ledger
import Model
import Testing

extension EndToEndTests {
    /// Bakes whose traffic is put beside what two weeks of samples say is usual, with the real binary.
    @Suite struct UsualTrafficTests {
        private static let address = EnvironmentAddress(application: "svc", environment: "env0")

        /// A shop that has had so many requests a second at this hour for two weeks.
        private func shop(usual aSecond: Double, maximum: String) throws -> Workshop {
            let shop = try Workshop()
            // No request is asked for by number: only what is usual tells how much is little.
            try shop.configuration().replacing("minimumRequests: 10, maximum: 60s", with: "maximum: \(maximum)").write(
                toFile: "\(shop.folder)/lastgood.yaml", atomically: true, encoding: .utf8)
            let store = try SampleStore(besideLedger: "\(shop.folder)/state/ledger.sqlite")
            for back in (1...14).reversed() {
                // Wide enough for a clock that was set for summer or winter in between.
                let middle = Timestamp.now - .seconds(back * 86_400)
                try store.add(
                    stride(from: -9000, to: 9000, by: 300).map { second in
                        (
                            address: Self.address, series: SampleSeries.requestRate,
                            sample: Sample(time: middle + .seconds(second), value: aSecond)
                        )
                    })
            }
            return shop
        }

        private func deployment(_ shop: Workshop) throws -> [String: Any] {
            try shop.status()["deployment"] as? [String: Any] ?? [:]
        }

        @Test func aBakeWithFarLessThanUsualIsExtendedAndThenAPersonDecides() async throws {
            // More than this machine could bring about.
            let shop = try shop(usual: 3000, maximum: "6s")
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0"]).status == 0)
            try await shop.eventually("nothing can be said") {
                try shop.lastgood(["events"]).text.contains("cannot be judged, a person decides: traffic ")
            }
            let usual = "usual here at this hour 180000/min"
            let events = try shop.lastgood(["events"]).text
            #expect(events.contains("traffic \(usual), by 14 days"), "\(events)")
            #expect(events.contains("bakes for longer: traffic "), "\(events)")
            #expect(try deployment(shop)["phase"] as? String == "baking")
            let traffic = try #require(try deployment(shop)["traffic"] as? [String: Any])
            #expect(traffic["usual"] as? Double == 180_000 && traffic["days"] as? Int == 14)
            #expect(traffic["isLow"] as? Bool == true)
            let seen = try #require(traffic["seen"] as? Double)
            #expect(seen > 0 && seen < 36_000)
            let explained = try shop.lastgood(["explain", "svc/env0"]).text
            #expect(explained.contains("its bake came to no verdict: traffic ") && explained.contains(usual))
            // The few events of a bake, however long it goes on.
            let noted = events.split(separator: "\n").count { $0.contains(usual) }
            #expect(noted <= 5, "\(events)")
            #expect(try shop.lastgood(["mark", "svc", "1.0.0", "good", "--reason", "a holiday"]).status == 0)
            try await shop.eventually("a person has decided") {
                try deployment(shop)["phase"] as? String == "succeeded"
            }
        }

        @Test func aBakeWithAsMuchAsUsualPasses() throws {
            let shop = try shop(usual: 20, maximum: "60s")
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            let done = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(done.status == 0, "\(done.errors)")
            let events = try shop.lastgood(["events"]).text
            #expect(events.contains("/min, usual here at this hour 1200/min"), "\(events)")
            #expect(!events.contains("cannot be judged"), "\(events)")
        }
    }
}
