import Foundation
import Model
import Testing

extension EndToEndTests {
    /// Freezes with the real binary: what waits, what passes, and what is said.
    @Suite struct FreezeTests {
        private static func calendar(_ span: ClosedRange<Int>, _ name: String) -> String {
            func text(_ seconds: Int) -> String {
                (Timestamp.now + .seconds(seconds)).rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
            }
            return "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:\(name)\nDTSTART:\(text(span.lowerBound))\n"
                + "DTEND:\(text(span.upperBound))\nEND:VEVENT\nEND:VCALENDAR\n"
        }

        @Test func aFreezeHoldsDeploymentsBackAndNoRollbackAndWhatWaitsBeginsWhenItEnds() async throws {
            let shop = try Workshop()
            for release in ["1.0.0", "1.1.0"] {
                #expect(try shop.lastgood(["deploy", "svc", release, "--to", "svc/env0", "--wait"]).status == 0)
            }
            let path = "\(shop.folder)/freezes.ics"
            func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
            try write(Self.calendar(-3600...7200, "Black Friday"))
            let configuration = "\(shop.folder)/lastgood.yaml"
            let text = try String(contentsOfFile: configuration, encoding: .utf8)
            try (text + "\nfreezes:\n  - {name: sales, calendar: freezes.ics}\n").write(
                toFile: configuration, atomically: true, encoding: .utf8)

            let gate = try shop.lastgood(["gate", "svc/env0", "-o", "json"])
            #expect(gate.status == 3)
            let object = try JSONSerialization.jsonObject(with: Data(gate.text.utf8)) as? [String: Any]
            let item = try #require(object?["item"] as? [String: Any])
            let reason = try #require((item["reasons"] as? [[String: Any]])?.first)
            #expect(reason["kind"] as? String == "freeze")
            #expect((reason["summary"] as? String)?.hasPrefix("frozen: sales: Black Friday until ") == true)
            #expect(reason["until"] as? String == item["nextChange"] as? String)
            #expect((try shop.status()["gate"] as? [String: Any])?["state"] as? String == "blocked")
            #expect(try shop.lastgood(["freeze", "list"]).text.contains("sales: Black Friday"))

            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            let refused = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(refused.status == 3, "\(refused.errors)")
            let back = try shop.lastgood(
                ["rollback", "svc/env0", "--to", "1.0.0", "--reason", "a leak", "--wait", "--yes"])
            #expect(back.status == 0, "\(back.errors)")
            let forward = try shop.lastgood(
                ["rollback", "svc/env0", "--to", "1.1.0", "--reason", "no leak", "--wait", "--yes"])
            #expect(forward.status == 0, "\(forward.errors)")

            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--queue"]).status == 0)
            try await shop.eventually("the deployment waits") {
                (try shop.status()["deployment"] as? [String: Any])?["phase"] as? String == "blocked"
            }
            let waiting = try shop.begin(["gate", "svc/env0", "--wait", "--config", configuration])
            try write(Self.calendar(7200...9000, "Later"))
            try await shop.eventually("it begins by itself") { try shop.status()["liveRelease"] as? String == "1.0.0" }
            let opened = waiting.end()
            #expect(opened.status == 0, "\(opened.errors)")
        }

        @Test func aFreezeSetByHandHoldsBackUntilItIsTakenAwayAndSaysWhoAndWhy() async throws {
            let shop = try Workshop()
            let serving = try shop.start(["serve"])
            defer { serving.terminate() }
            let first = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"])
            #expect(first.status == 0, "\(first.errors)")
            func freeze(_ words: String...) throws -> (status: Int32, text: String, errors: String) {
                let done = try shop.lastgood(["freeze"] + words)
                return (done.status, done.text, done.errors)
            }
            let added = try freeze(
                "add", "move", "--environments", "svc/*", "--until", "2h", "--reason", "the database moves")
            #expect(added.status == 0, "\(added.errors)")
            for (glob, said) in [
                ("svc/[", "has “[”"), ("svc", "names no environment of an application"), ("", "is empty"),
            ] {
                let broken = try freeze("add", "x", "--environments", glob, "--until", "2h", "--reason", "x")
                #expect(broken.status == 2 && broken.errors.contains(said), "\(broken.errors)")
                #expect(broken.errors.contains("checkout/*"), "\(broken.errors)")
            }
            let nowhere = try freeze("add", "nowhere", "--environments", "svc/env9", "--until", "1h", "--reason", "x")
            #expect(nowhere.status == 0)
            #expect(nowhere.errors.contains("no environment is called “svc/env9” now"), "\(nowhere.errors)")
            #expect(nowhere.errors.contains("did you mean svc/env0?"), "\(nowhere.errors)")
            #expect(nowhere.errors.contains("freeze remove nowhere"), "\(nowhere.errors)")
            #expect(try freeze("remove", "nowhere").status == 0)
            let again = try freeze("add", "move", "--environments", "*", "--until", "3h", "--reason", "me too")
            #expect(again.status == 5)
            #expect(again.errors.contains("there is a freeze “move” already, set by "), "\(again.errors)")
            let late = try freeze(
                "add", "past", "--environments", "*", "--until", "2020-01-01", "--reason", "x")
            #expect(late.status == 2 && late.errors.contains("would be over before it begins"), "\(late.errors)")

            let listed = try freeze("list", "-o", "json").text
            let list = try JSONSerialization.jsonObject(with: Data(listed.utf8)) as? [String: Any]
            let item = try #require((list?["items"] as? [[String: Any]])?.first)
            #expect(item["name"] as? String == "move" && item["source"] as? String == "hand")
            #expect(item["reason"] as? String == "the database moves" && item["inForce"] as? Bool == true)
            #expect(try freeze("list").text.contains("the database moves"))

            let gate = try shop.lastgood(["gate", "svc/env0"])
            #expect(gate.status == 3)
            #expect(
                gate.errors.contains("frozen: move until ") && gate.errors.contains(": the database moves"),
                "\(gate.errors)")
            #expect((try shop.status()["gate"] as? [String: Any])?["state"] as? String == "blocked")

            #expect(try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--queue"]).status == 0)
            try await shop.eventually("the deployment waits") {
                (try shop.status()["deployment"] as? [String: Any])?["phase"] as? String == "blocked"
            }
            let unknown = try freeze("remove", "mover")
            #expect(unknown.status == 2 && unknown.errors.contains("did you mean “move”?"), "\(unknown.errors)")
            #expect(try freeze("remove", "move", "--reason", "it moved").status == 0)
            try await shop.eventually("it begins by itself") { try shop.status()["liveRelease"] as? String == "1.1.0" }
            #expect(try freeze("list").text.contains("no freeze within 31d"))
            let told = try shop.lastgood(["events"]).text
            #expect(told.contains("frozen by ") && told.contains("freeze move taken away by "), "\(told)")
        }
    }
}
