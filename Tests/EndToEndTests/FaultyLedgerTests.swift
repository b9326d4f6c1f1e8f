import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// A ledger of which something is wrong, with the real binary.
    @Suite struct FaultyLedgerTests {
        private func prepared() async throws -> Workshop {
            let shop = try Workshop(environments: 2, instances: 1, bake: "0s")
            let output = try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "*", "--wait", "--override", "test"])
            #expect(output.status == 0, "\(output.text)\(output.errors)")
            return shop
        }

        @Test func oneEnvironmentThatIsSetApartIsNamedAndTheOthersAreServed() async throws {
            let shop = try await prepared()
            try runSQL(
                """
                UPDATE environments SET snapshot = x'01', fold = 0;
                INSERT INTO events (sequence, time, actor, token, application, environment, kind, body) VALUES
                (9000, 1, 'ana', 1, 'svc', 'env1', 'deploymentEnded',
                 '{"deploymentEnded":{"deployment":9999,"release":"1.0","phase":"succeeded","reason":""}}');
                """, on: "\(shop.folder)/state/ledger.sqlite")
            let deployed = try shop.lastgood(
                ["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait", "--override", "test"])
            #expect(deployed.status == 0, "\(deployed.errors)")
            let status = try shop.lastgood(["status"])
            #expect(status.status == 1)
            #expect(status.text.contains("svc/env0") && status.text.contains("SET APART: event 9000"), "\(status.text)")
            #expect(status.errors.contains("svc/env1 is set apart: event 9000"), "\(status.errors)")
            let json = try shop.lastgood(["status", "--output", "json"])
            #expect(json.status == 1 && json.text.contains("\"setApart\""), "\(json.text)")
            let refused = try shop.lastgood(["rollback", "svc/env1", "--to", "1.1.0", "--yes"])
            #expect(refused.status != 0, "\(refused.text)")
            #expect(refused.errors.contains("set apart"), "\(refused.errors)")
            // Nothing is done to what is not understood.
            #expect(shop.instances()["1.0.0"]?.count == 1)
        }

        @Test func whatLastgoodWritesIsNotForEverybodyToRead() async throws {
            let shop = try await prepared()
            let server = try shop.start(["serve"])
            let ledger = try shop.ledger()
            try await shop.eventually("a leader") {
                try ledger.currentLease()?.holder.process.pid == server.processIdentifier
            }
            server.terminate()
            server.waitUntilExit()
            let places = ["state", "run/env0/logs"]
            var files: [String] = []
            for place in places {
                let names = try FileManager.default.subpathsOfDirectory(atPath: "\(shop.folder)/\(place)")
                files += [place] + names.map { "\(place)/\($0)" }
            }
            #expect(files.count > 4)
            for file in files {
                var status = stat()
                #expect(stat("\(shop.folder)/\(file)", &status) == 0)
                #expect(status.st_mode & 0o007 == 0, "\(file)")
            }
        }

        @Test func aProcessWhoseLedgerIsDeletedEndsAtOnceAndSaysSoAndMakesNoNewOne() async throws {
            let shop = try await prepared()
            let ledger = try shop.ledger()
            let server = try shop.start(["serve"])
            try await shop.eventually("a leader") {
                try ledger.currentLease()?.holder.process.pid == server.processIdentifier
            }
            let before = shop.instances()["1.0.0"]?.sorted()
            let path = "\(shop.folder)/state/ledger.sqlite"
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try await shop.eventually("the end of the process") { !server.isRunning }
            #expect(server.terminationStatus == 1)
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(shop.instances()["1.0.0"]?.sorted() == before)
        }
    }
}
