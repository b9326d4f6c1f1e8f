import Foundation
import Ledger
import Model
import Testing

@testable import Controller

/// Another process may have the ledger locked for seconds.
@Suite struct LedgerWaitTests {
    @Test func whoeverWaitsForTheLedgerKeepsNobodyElseFromComingOn() async throws {
        let folder = NSTemporaryDirectory() + "lastgood-wait-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let ledger = try SQLiteLedger(path: "\(folder)/ledger.sqlite")
        let other = Process()
        let (words, answer) = (Pipe(), Pipe())
        other.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        other.arguments = [
            "python3", "-c",
            """
            import sqlite3, sys
            ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
            ledger.execute("BEGIN IMMEDIATE")
            print("locked", flush=True)
            sys.stdin.read()
            """, ledger.path,
        ]
        other.standardInput = words
        other.standardOutput = answer
        try other.run()
        defer { other.waitUntilExit() }
        #expect(String(decoding: answer.fileHandleForReading.availableData, as: UTF8.self).hasPrefix("locked"))

        // More than there are threads for Swift's tasks.
        let keepers = (0...2 * ProcessInfo.processInfo.activeProcessorCount).map { number in
            let holder = LeaseHolder(
                name: "\(number)", host: "host", process: ProcessIdentity(pid: Int32(number), startTime: 1))
            return LeaseKeeper(ledger: ledger, holder: holder, clock: MachineClock(), isGone: { _ in false })
        }
        try await withThrowingTaskGroup(of: Int64?.self) { group in
            for keeper in keepers { group.addTask { try await keeper.keep() } }
            group.addTask {
                // Whoever comes on at all lets the others go on, long before they would give up.
                try words.fileHandleForWriting.close()
                return nil
            }
            let tokens = try await group.reduce(into: []) { $0.append($1) }
            #expect(tokens.compactMap(\.self).count == 1)
        }
    }
}
