import Foundation
import Testing

extension EndToEndTests {
    /// A moment of the past on the screen, with the real ledger.
    @Suite struct PastTests {
        @Test func aMomentBeforeARollbackShowsWhatWasLiveThenAndComparesThat() async throws {
            let shop = try Workshop(bake: "0s")
            for release in ["1.0.0", "1.1.0"] {
                let output = try shop.lastgood(
                    ["deploy", "svc", release, "--to", "*", "--wait", "--override", "test"])
                #expect(output.status == 0, "\(output.text)\(output.errors)")
            }
            let back = try shop.lastgood(["rollback", "svc/env0", "--wait", "--yes", "--reason", "leak"])
            #expect(back.status == 0, "\(back.errors)")
            let history = try shop.lastgood(["history", "svc/env0"]).text
            #expect(history.contains("↺ rollback, live now: leak") && !history.contains("is live"), "\(history)")

            let screen = try Tmux(
                "\(shop.binary) --config \(shop.folder)/lastgood.yaml --readonly; exec cat", width: 120, height: 30)
            try await screen.eventually("the environment") { $0.contains("svc/env0") }
            try screen.press("c")
            try await screen.eventually("the present") { $0.contains("1.1.0 (taken back) → 1.0.0") }
            try screen.press("1", "t")
            try await screen.eventually("the lanes") { $0.contains("1.0.0") && $0.contains("last ") }
            // To the rollback, and into the moment at which it was decided.
            try screen.press("N")
            try screen.press("Enter")
            try await screen.eventually("the past") { $0.contains("THE PAST") && $0.contains("1.1.0") }
            try screen.press("c")
            try await screen.eventually("the past, compared") { $0.contains("1.1.0 (live) → 1.0.0") }
            try screen.press("h")
            try await screen.eventually("its history") { $0.contains("3 deployments") && $0.contains("rolling back") }
            try screen.press(".")
            try await screen.eventually("now") { !$0.contains("THE PAST") }
        }
    }
}
