import Foundation
import Model

/// Finds database migrations between two releases, and whether they can be undone.
enum MigrationCheck: SafetyCheck {
    static let subject = "database migrations"

    /// More are counted, but not read one by one.
    private static let mostRead = 100
    /// More are counted, but not told one by one.
    private static let mostTold = 20

    static func findings(_ change: SourceChange) -> [Finding] {
        let migrations = ChangedMigration.among(change.files, text: change.text).filter {
            $0.file.status == .modified || !MigrationUndo.isUndo($0.file, $0.tool)
        }
        let squashes = DjangoSquashes(change, migrations)
        var squashed: [Squash: [String]] = [:]
        let others = migrations.filter { migration in
            let isGone = migration.file.status == .removed
            guard migration.file.status != .modified,
                let squash = squashes.squash(migration.path, isGone: isGone)
            else { return true }
            // The squashed one itself says which release has it one by one: the other.
            let isItself = squash == migration.path
            let release = isGone == isItself ? change.to : change.from
            squashed[Squash(path: squash, release: release), default: []] += isItself ? [] : [migration.path]
            return false
        }
        return goneFindings(others.filter { $0.file.status == .removed }, change)
            + comeFindings(others.filter { $0.file.status == .added }, change)
            + squashFindings(squashed) + editFindings(others.filter { $0.file.status == .modified })
            + unreadFindings(change.files)
    }

    /// Migrations of tools that are known by where they lie, and whose way down is not read.
    private static func unreadFindings(_ files: [ChangedFile]) -> [Finding] {
        let unread = files.compactMap { file in MigrationTool.unread(file.path).map { (tool: $0, path: file.path) } }
        return Dictionary(grouping: unread, by: \.tool).sorted { $0.key < $1.key }.map { tool, found in
            let what = found.count == 1 ? "migration \(found[0].path)" : counted(found.count, "migration")
            return Finding(
                .warning, .migration, "\(what) of \(tool) changed, and nothing is known of a way down: look there",
                evidence: found.map(\.path).sorted())
        }
    }

    /// A migration that stands for others, which a release has one by one.
    private struct Squash: Hashable {
        var path: String
        var release: String
    }

    /// What the release that is left has done to the data.
    private static func goneFindings(_ migrations: [ChangedMigration], _ change: SourceChange) -> [Finding] {
        let paths = Set(change.files.flatMap { [$0.path, $0.previousPath ?? $0.path] })
        var irreversible: [String] = []
        var reversible: [String] = []
        for (index, migration) in migrations.enumerated() {
            let text = index < mostRead ? change.text(migration.file.blobBefore) : nil
            if MigrationUndo.canBeUndone(migration.path, migration.tool, text ?? "", paths) {
                reversible.append(migration.path)
            } else {
                irreversible.append(migration.path)
            }
        }
        var result = irreversible.prefix(mostTold).map { path in
            Finding(.danger, .migration, "migration \(path) has no way down", evidence: [path])
        }
        if irreversible.count > mostTold {
            result.append(
                Finding(
                    .danger, .migration, "\(counted(irreversible.count - mostTold, "more migration")) with no way down",
                    evidence: Array(irreversible.dropFirst(mostTold))))
        }
        if !reversible.isEmpty {
            let what = reversible.count == 1 ? "migration \(reversible[0]) has" : "\(reversible.count) migrations have"
            let they = reversible.count == 1 ? "it" : "them"
            result.append(
                Finding(
                    .warning, .migration,
                    "\(what) a way down: \(change.to) does not know \(they), and going back does not run it",
                    evidence: reversible))
        }
        return result
    }

    /// What the release that is gone to expects of the data.
    private static func comeFindings(_ migrations: [ChangedMigration], _ change: SourceChange) -> [Finding] {
        guard let first = migrations.first else { return [] }
        let what = migrations.count == 1 ? "migration \(first.path)" : "\(migrations.count) migrations"
        return [
            Finding(
                .danger, .migration, "\(change.to) expects \(what), which \(change.from) does not have",
                evidence: migrations.map(\.path))
        ]
    }

    /// Those of one release are told together: where one application is squashed, all are.
    private static func squashFindings(_ squashed: [Squash: [String]]) -> [Finding] {
        Dictionary(grouping: squashed, by: \.key.release).sorted { $0.key < $1.key }.map { release, squashes in
            let parts = squashes.flatMap(\.value)
            let paths = squashes.map(\.key.path).sorted()
            let how = parts.isEmpty ? "others" : parts.count == 1 ? "one" : "\(parts.count)"
            let what = paths.count == 1 ? "migration \(paths[0]) stands" : "\(paths.count) migrations stand"
            return Finding(
                .warning, .migration, "\(what) for \(how) that \(release) has one by one",
                evidence: paths + parts.sorted())
        }
    }

    private static func editFindings(_ migrations: [ChangedMigration]) -> [Finding] {
        guard let first = migrations.first else { return [] }
        let what = migrations.count == 1 ? "migration \(first.path) was" : "\(migrations.count) migrations were"
        return [
            Finding(.warning, .migration, "\(what) changed between the two", evidence: migrations.map(\.path))
        ]
    }
}
