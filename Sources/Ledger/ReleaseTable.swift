import Foundation
import GRDB
import Model

enum ReleaseTable {
    static func insert(_ release: Release, _ event: Event, _ database: Database) throws {
        let facts = String(decoding: try JSONEncoder().encode(release), as: UTF8.self)
        try database.execute(
            sql: "INSERT INTO releases (application, version, position, registeredAt, facts) VALUES (?, ?, ?, ?, ?)",
            arguments: [release.application, release.version, event.sequence, event.time.milliseconds, facts])
    }

    /// The columns that ``release(_:)`` reads, in its order.
    static let columns = "application, version, position, registeredAt, facts"

    static func release(_ row: Row) throws -> RegisteredRelease {
        RegisteredRelease(
            release: try row.json(4, of: .releases), order: try row.value(2, of: .releases),
            registeredAt: Timestamp(milliseconds: try row.value(3, of: .releases)))
    }
}

extension SQLiteLedger {
    public func release(_ version: String, of application: String) throws -> RegisteredRelease? {
        try read { database in
            try Row.fetchOne(
                database, sql: "SELECT \(ReleaseTable.columns) FROM releases WHERE application = ? AND version = ?",
                arguments: [application, version]
            ).map(ReleaseTable.release)
        }
    }

    /// The releases of an application, newest first.
    public func releases(of application: String, limit: Int = 1000) throws -> [RegisteredRelease] {
        try read { database in
            try Row.fetchAll(
                database,
                sql:
                    "SELECT \(ReleaseTable.columns) FROM releases WHERE application = ? ORDER BY position DESC LIMIT ?",
                arguments: [application, limit]
            ).map(ReleaseTable.release)
        }
    }

    /// Makes a release known. The same facts again change nothing.
    /// - Returns: whether it was new.
    /// - Throws: ``LedgerError/conflictingRelease(version:field:known:given:)`` where other facts are known.
    @discardableResult
    public func register(_ release: Release, actor: String, at time: Timestamp) throws -> Bool {
        if let known = try self.release(release.version, of: release.application)?.release {
            try Self.compare(known, release)
            return false
        }
        do {
            try append(.releaseRegistered(release), to: .application(release.application), actor: actor, at: time)
        } catch {
            // Somebody else may have registered it in between.
            guard let known = try self.release(release.version, of: release.application)?.release else { throw error }
            try Self.compare(known, release)
            return false
        }
        return true
    }

    private static func compare(_ known: Release, _ given: Release) throws {
        func check(_ field: String, _ knownValue: String?, _ givenValue: String?) throws {
            guard knownValue != givenValue else { return }
            throw LedgerError.conflictingRelease(
                version: given.version, field: field, known: knownValue ?? "none", given: givenValue ?? "none")
        }
        try check("artifact", known.artifact, given.artifact)
        // Of a folder that was registered before folders had digests, none is known.
        if known.digest != nil || known.isImage { try check("digest", known.digest, given.digest) }
        try check("revision", known.revision, given.revision)
        let lists = [known, given].map { $0.dependencies.joined(separator: ", ") }
        try check("dependencies", lists[0], lists[1])
    }
}
