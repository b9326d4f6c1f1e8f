import Foundation
import Model
import TestSupport
import Testing

@testable import Ledger

private let time = Timestamp(milliseconds: 1_000_000)
private let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))

/// The files that a ledger consists of: where they are, and who may read them.
@Suite struct LedgerFileTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/state/ledger.sqlite"
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test(arguments: ["deleted", "moved", "cut", "replaced"])
    func aLedgerThatIsTakenAwayUnderAProcessIsNoticedAtTheNextRenewalAndWrite(_ how: String) throws {
        let ledger = try SQLiteLedger(path: path)
        let token = try ledger.acquireLease(holder, at: time, lasting: .seconds(5)) { _ in false }.token
        let manager = FileManager.default
        switch how {
        case "deleted": try manager.removeItem(atPath: path)
        case "cut": #expect(truncate(path, 0) == 0)
        case "moved": try manager.moveItem(atPath: path, toPath: path + ".old")
        default:
            _ = try SQLiteLedger(path: path + ".new")
            try manager.removeItem(atPath: path)
            try manager.moveItem(atPath: path + ".new", toPath: path)
        }
        let lost = LedgerError.replaced(path: path)
        #expect(throws: lost) { try ledger.renewLease(token, at: time, lasting: .seconds(5)) }
        #expect(throws: lost) { try ledger.requireLease(token, at: time) }
        #expect(throws: lost) {
            try ledger.append(
                .environmentDeclared(stage: "", position: 0),
                to: .environment(EnvironmentAddress(application: "shop", environment: "prod")), actor: "ana", at: time,
                token: token)
        }
    }

    @Test func theFilesOfALedgerAreTheirOwnersAlone() throws {
        let ledger = try SQLiteLedger(path: path, access: .owner)
        let samples = try SampleStore(besideLedger: path)
        for suffix in ["", "-wal", "-shm", "-samples", "-samples-wal", "-samples-shm"] {
            #expect(mode(path + suffix) == 0o600, "\(suffix)")
        }
        #expect(mode(folder.path + "/state") == 0o700)
        #expect(ledger.notes.isEmpty)
        withExtendedLifetime(samples) {}
    }

    @Test func filesThatOthersCouldReadAreTightenedAndThatIsSaidOnce() throws {
        do { _ = try SQLiteLedger(path: path) }
        chmod(path, 0o644)
        let ledger = try SQLiteLedger(path: path, access: .owner)
        #expect(mode(path) == 0o600 && mode(path + "-wal") == 0o600)
        #expect(ledger.notes.contains { $0.contains("could be read by others (mode 644)") })
        #expect(try SQLiteLedger(path: path, access: .owner).notes.isEmpty)
    }

    @Test func aLedgerOfAGroupIsTheGroupsAndWhoeverOnlyOpensItLeavesItSo() throws {
        let name = String(cString: try #require(getgrgid(getegid())).pointee.gr_name)
        let ledger = try SQLiteLedger(path: path, access: .group(name))
        _ = try SQLiteLedger(path: path)
        let samples = try SampleStore(besideLedger: path)
        for suffix in ["", "-wal", "-shm", "-samples", "-samples-wal"] {
            #expect(mode(path + suffix) == 0o660, "\(suffix)")
        }
        #expect(mode(folder.path + "/state") == 0o2770)
        withExtendedLifetime((ledger, samples)) {}
    }

    /// As a plain user who is not in the group: `setfsuid` makes one of this thread, see setfsuid(2).
    @Test func whatCannotBeGivenToItsGroupIsItsOwnersAloneAndThatIsSaid() throws {
        let group = try #require(["adm", "tape", "shadow"].first { !Self.isMember(of: $0) })
        chmod(folder.path, 0o777)
        Self.setFileUser(65534)
        defer { Self.setFileUser(0) }
        let file = try LedgerFile(path: path, access: .group(group))
        file.make()
        #expect(mode(path) == 0o600)
        #expect(mode(folder.path + "/state") == 0o700)
        chmod(path, 0o664)
        #expect(file.settle().first?.contains("cannot be given to the group \(group)") == true)
        #expect(mode(path) == 0o600)
    }

    private static func isMember(of group: String) -> Bool {
        guard let entry = getgrnam(group) else { return true }
        var groups = [gid_t](repeating: 0, count: 256)
        let count = Int(getgroups(256, &groups))
        return ([getegid()] + groups.prefix(max(0, count))).contains(entry.pointee.gr_gid)
    }

    /// Only root can, and only root need.
    private static func setFileUser(_ user: uid_t) {
        guard geteuid() == 0, let symbol = dlsym(nil, "setfsuid") else { return }
        _ = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)(user)
    }

    @Test func aLinkInThePlaceOfAFileIsNotFollowedAndItIsSaid() throws {
        do { _ = try SQLiteLedger(path: path) }
        let secret = folder.path + "/secret"
        try Data("secret".utf8).write(to: URL(fileURLWithPath: secret))
        chmod(secret, 0o400)
        try FileManager.default.createSymbolicLink(atPath: path + "-samples", withDestinationPath: secret)
        let file = try LedgerFile(path: path + "-samples", access: .owner)
        #expect(file.settle([""]).first?.contains("is a link") == true)
        #expect(mode(secret) == 0o400)
    }

    @Test func aGroupThatTheMachineDoesNotKnowIsSaidBeforeAnythingIsMade() throws {
        #expect(throws: LedgerError.unknownGroup(path: path, group: "no-such-group")) {
            try SQLiteLedger(path: path, access: .group("no-such-group"))
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
