/// A migration that differs between two releases.
struct ChangedMigration {
    /// Added, removed or modified; never renamed.
    var file: ChangedFile
    var tool: MigrationTool
    var path: String { file.path }
}

extension ChangedMigration {
    private struct Identity: Hashable {
        var tool: MigrationTool
        var name: String
    }

    /// The migrations among files that differ, by what their tools know them by, and by their content.
    ///
    /// What git takes for a rename counts for little: one under another number is another migration, however much they
    /// have in common, and the same one in another folder is the same.
    /// - Parameter text: reads a content, for tools that know a migration by what stands in it.
    static func among(_ files: [ChangedFile], text: (String?) -> String? = { _ in nil }) -> [ChangedMigration] {
        var gone: [Identity: [ChangedMigration]] = [:]
        var come: [Identity: [ChangedMigration]] = [:]
        var result: [ChangedMigration] = []
        func note(_ file: ChangedFile, _ blob: String?, in list: inout [Identity: [ChangedMigration]]) {
            guard let tool = MigrationTool.of(file.path) else { return }
            let name = MigrationTool.identity(file.path, tool) { text(blob) }
            list[Identity(tool: tool, name: name), default: []].append(ChangedMigration(file: file, tool: tool))
        }
        var renames: [String: String] = [:]
        for file in files {
            switch file.status {
            case .added: note(file, file.blobAfter, in: &come)
            case .removed: note(file, file.blobBefore, in: &gone)
            case .renamed, .copied:
                for half in file.halves {
                    if half.status == .added {
                        note(half, half.blobAfter, in: &come)
                    } else {
                        renames[half.path] = file.path
                        note(half, half.blobBefore, in: &gone)
                    }
                }
            case .modified, .typeChanged:
                if let tool = MigrationTool.of(file.path) { result.append(ChangedMigration(file: file, tool: tool)) }
            }
        }
        for (identity, old) in gone {
            var new = come[identity] ?? []
            for one in old {
                guard let place = counterpart(of: one, in: new, renames) else {
                    result.append(one)
                    continue
                }
                let other = new.remove(at: place)
                let isDescribedAlike =
                    MigrationTool.description(one.path, one.tool) == MigrationTool.description(other.path, one.tool)
                if one.file.blobBefore == other.file.blobAfter, isDescribedAlike { continue }
                var changed = other
                changed.file.status = .modified
                (changed.file.blobBefore, changed.file.modeBefore) = (one.file.blobBefore, one.file.modeBefore)
                result.append(changed)
            }
            come[identity] = new
        }
        return (result + come.values.joined()).sorted { $0.path < $1.path }
    }

    /// Which of those with the same identity is the same migration: services of one repository count alike.
    private static func counterpart(
        of one: ChangedMigration, in others: [ChangedMigration], _ renames: [String: String]
    ) -> Int? {
        others.firstIndex { $0.file.blobAfter == one.file.blobBefore }
            ?? others.firstIndex { renames[one.path] == $0.path }
            // In another folder, and rewritten: `sql/V5__x.sql`, `src/main/sql/V5__x.sql`, `sql/V05__x.sql`.
            ?? others.firstIndex { other in
                let (left, right) = (folder(one.path), folder(other.path))
                return left == right || left.hasSuffix("/\(right)") || right.hasSuffix("/\(left)")
            }
    }

    private static func folder(_ path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }
}
