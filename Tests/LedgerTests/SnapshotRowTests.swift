import Foundation
import Ledger
import Model
import TestSupport
import Testing

/// The states of many environments are read in pieces, on several threads.
@Suite struct SnapshotRowTests {
    private static func address(_ number: Int) -> EnvironmentAddress {
        EnvironmentAddress(application: "app\(number % 7)", environment: "env\(number)")
    }

    private func ledger(in folder: TemporaryFolder, environments: Int) throws -> SQLiteLedger {
        let ledger = try SQLiteLedger(path: "\(folder.path)/ledger.sqlite")
        let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
        let time = Timestamp(milliseconds: 1_000_000)
        let token = try ledger.acquireLease(holder, at: time, lasting: .seconds(50)) { _ in false }.token
        let entries = (0..<environments).flatMap { number in
            [
                Entry(
                    .environment(Self.address(number)),
                    .environmentDeclared(stage: "prod \(number)", position: number)),
                Entry(.environment(Self.address(number)), .instanceStarting(slot: number, release: "1.\(number)")),
            ]
        }
        _ = try ledger.append(entries, actor: "ana", at: time, token: token)
        return ledger
    }

    @Test(arguments: [0, 1, 499, 500, 501, 1_203]) func eachEnvironmentHasItsOwnState(count: Int) throws {
        let folder = try TemporaryFolder()
        let ledger = try ledger(in: folder, environments: count)
        let fleet = try ledger.fleet()
        #expect(fleet.environments.count == count)
        for number in 0..<count {
            let state = try #require(fleet.environments[Self.address(number)])
            #expect(try state == ledger.environment(Self.address(number)))
            #expect(state.stage == "prod \(number)" && state.instances.map(\.slot) == [number])
        }
    }

    @Test func oneThatCannotBeReadIsMadeFromItsEventsAndAllOthersAreAsTheyWere() throws {
        let folder = try TemporaryFolder()
        let ledger = try ledger(in: folder, environments: 1_203)
        let before = try ledger.fleet()
        try runSQL(
            "UPDATE environments SET snapshot = x'01' WHERE environment IN ('env0', 'env600', 'env1202')",
            on: ledger.path)
        #expect(try ledger.fleet() == before)
    }
}
