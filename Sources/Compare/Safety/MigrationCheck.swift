import Foundation

/// Finds database migrations between two releases, and whether they can be undone.
enum MigrationCheck: SafetyCheck {
    static let subject = "database migrations"

    /// How a tool names its migrations and says how to undo them.
    enum Tool: String {
        case rails = "Rails"
        case django = "Django"
        case flyway = "Flyway"
        case liquibase = "Liquibase"
        case alembic = "Alembic"
        case prisma = "Prisma"
        case knex = "Knex"
        case golangMigrate = "golang-migrate"
        case ecto = "Ecto"
        case plain = "SQL"
    }

    /// More are counted, but not read one by one.
    private static let mostRead = 100

    static func findings(_ change: SourceChange) -> [Finding] {
        let known = migrations(in: change.files)
        let paths = Set(change.files.flatMap { [$0.path, $0.previousPath ?? $0.path] })
        var result: [Finding] = []
        var irreversible: [String] = []
        var reversible: [String] = []
        var squashed: [String: String] = [:]
        var read = 0
        for (file, tool) in known where file.status == .removed && !isUndo(file, tool) {
            read += 1
            let text = read <= mostRead ? change.text(file.blobBefore) : nil
            if tool == .django, let text { squashed.merge(replaced(text, by: file.path)) { first, _ in first } }
            if canBeUndone(file.path, tool, text ?? "", paths) {
                reversible.append(file.path)
            } else {
                irreversible.append(file.path)
            }
        }
        for path in irreversible.prefix(20) {
            result.append(
                Finding(.danger, .migration, "migration \(path) has no way down", evidence: [path]))
        }
        if irreversible.count > 20 {
            result.append(
                Finding(
                    .danger, .migration, "\(irreversible.count - 20) more migrations have no way down",
                    evidence: Array(irreversible.dropFirst(20))))
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
        let added = known.filter { $0.file.status == .added && !isUndo($0.file, $0.tool) }.map(\.file.path)
        let missing = added.filter { squashed[$0] == nil }
        if !missing.isEmpty {
            let what = missing.count == 1 ? "migration \(missing[0])" : "\(missing.count) migrations"
            result.append(
                Finding(
                    .danger, .migration, "\(change.to) expects \(what), which \(change.from) does not have",
                    evidence: missing))
        }
        for (squash, parts) in Dictionary(grouping: added.filter { squashed[$0] != nil }, by: { squashed[$0] ?? "" }) {
            result.append(
                Finding(
                    .warning, .migration,
                    "migration \(squash) stands for \(parts.count) that \(change.to) has one by one",
                    evidence: [squash] + parts))
        }
        let edited = known.filter { [.modified, .typeChanged].contains($0.file.status) }.map(\.file.path)
        if !edited.isEmpty {
            result.append(
                Finding(
                    .warning, .migration,
                    edited.count == 1
                        ? "migration \(edited[0]) was changed between the two"
                        : "\(edited.count) migrations were changed between the two", evidence: edited))
        }
        return result
    }

    /// The migrations among files that differ, by what they are and not by what git takes for a rename: one under
    /// another number is another migration, and the same one in another folder is the same.
    static func migrations(in files: [ChangedFile]) -> [(file: ChangedFile, tool: Tool)] {
        var result: [(file: ChangedFile, tool: Tool)] = []
        for file in files {
            guard let previous = file.previousPath, file.status == .renamed else {
                if let tool = tool(file.path) { result.append((file, tool)) }
                continue
            }
            let (before, after) = (tool(previous), tool(file.path))
            if let after, before == after, identity(previous, after) == identity(file.path, after) {
                var moved = file
                moved.status = .modified
                if file.blobBefore != file.blobAfter { result.append((moved, after)) }
                continue
            }
            if let before { result.append((file.half(.removed, previous), before)) }
            if let after { result.append((file.half(.added, file.path), after)) }
        }
        return result
    }

    /// What a tool knows a migration by, once it has run.
    static func identity(_ path: String, _ tool: Tool) -> String {
        let parts = path.split(separator: "/")
        let name = parts.last ?? ""
        switch tool {
        case .rails, .ecto:
            // `schema_migrations` holds the number in front: https://guides.rubyonrails.org/active_record_migrations.html
            return String(name.prefix { $0.isNumber })
        case .flyway:
            // The version, in which `_` is `.`: https://documentation.red-gate.com/fd/versioned-migrations-273973333.html
            guard let end = name.range(of: "__")?.lowerBound, name.first?.lowercased() != "r" else {
                return name.lowercased()
            }
            let numbers = name[..<end].dropFirst().split { $0 == "." || $0 == "_" }.map(withoutZeros)
            return "\(name.prefix(1).lowercased())\(numbers.joined(separator: "."))"
        case .golangMigrate:
            let words = name.split(separator: ".")
            return "\(withoutZeros(name.prefix { $0.isNumber })) \(words.count > 2 ? words[words.count - 2] : "")"
        case .django:
            // `django_migrations` holds the application and the name.
            return "\(parts.dropLast(2).last ?? "")/\(name)"
        case .prisma: return String(parts.dropLast().last ?? "")
        case .alembic:
            // `ab12cd34_what.py`: the revision stands in front.
            return String(name.prefix { $0 != "_" })
        case .knex, .plain: return String(name)
        // A change set is known by its file's path, too.
        case .liquibase: return path
        }
    }

    /// What a squashed migration of Django says it `replaces`, as paths beside it.
    ///
    /// Source: https://docs.djangoproject.com/en/stable/topics/migrations/#migration-squashing
    private static func replaced(_ text: String, by path: String) -> [String: String] {
        guard let start = text.range(of: "replaces = [")?.upperBound, let end = text[start...].firstIndex(of: "]")
        else { return [:] }
        let folder = path.prefix(path.count - lastPart(path).count)
        let names = text[start..<end].matches(of: /\(\s*["'][^"']+["']\s*,\s*["']([^"']+)["']/).prefix(1000)
        return Dictionary(names.map { ("\(folder)\($0.output.1).py", path) }) { first, _ in first }
    }

    /// Which tool a file is a migration of.
    static func tool(_ path: String) -> Tool? {
        let parts = path.lowercased().split(separator: "/")
        guard let name = parts.last, parts.count > 1 else { return nil }
        let folders = parts.dropLast()
        func isBelow(_ folder: Substring) -> Bool { folders.contains(folder) }
        let parent = folders.last ?? ""
        if name.hasSuffix(".rb"), parent == "migrate" || parent == "post_migrate", name.first?.isNumber == true {
            return .rails
        }
        if name.hasSuffix(".exs"), parent == "migrations", name.first?.isNumber == true { return .ecto }
        if name == "migration.sql", folders.dropLast().last == "migrations" { return .prisma }
        if name.hasSuffix(".py") {
            if parent == "versions", name != "__init__.py" { return .alembic }
            if parent == "migrations", name.first?.isNumber == true { return .django }
            return nil
        }
        if name.hasSuffix(".sql") {
            if name.wholeMatch(of: /[vur]\d?[\d._]*__.*\.sql/) != nil { return .flyway }
            if isBelow("changelog") || isBelow("liquibase") { return .liquibase }
            if name.hasSuffix(".up.sql") || name.hasSuffix(".down.sql") { return .golangMigrate }
            if isBelow("migrations") || isBelow("migration") || isBelow("migrate") { return .plain }
        }
        let isChangelog = isBelow("changelog") || isBelow("liquibase") || name.contains("changelog")
        if isChangelog, isBelow("db") || isBelow("liquibase"),
            [".xml", ".yaml", ".yml"].contains(where: { name.hasSuffix($0) })
        {
            return .liquibase
        }
        let isScript = [".js", ".ts", ".cjs", ".mjs"].contains { name.hasSuffix($0) }
        if isScript, parent == "migrations", name.first?.isNumber == true { return .knex }
        return nil
    }

    /// Whether the file is itself the way down of another.
    private static func isUndo(_ file: ChangedFile, _ tool: Tool) -> Bool {
        let name = file.name.lowercased()
        return name.hasSuffix(".down.sql") || (tool == .flyway && name.hasPrefix("u"))
    }

    /// - Parameter paths: every file that differs, those of the live release among them.
    private static func canBeUndone(_ path: String, _ tool: Tool, _ text: String, _ paths: Set<String>) -> Bool {
        func has(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        switch tool {
        case .rails:
            if has("IrreversibleMigration") { return false }
            return has("def down", "def self.down") || (has("def change") && !hasOneWayStep(text))
        case .django:
            if text.contains("RunPython"), !has("reverse_code", "RunPython.noop"), !hasTwoArguments(text, "RunPython") {
                return false
            }
            return !text.contains("RunSQL") || has("reverse_sql") || hasTwoArguments(text, "RunSQL")
        case .flyway:
            guard let slash = path.lastIndex(of: "/") else { return false }
            let name = path[path.index(after: slash)...]
            return name.first?.lowercased() == "v" && paths.contains("\(path[...slash])U\(name.dropFirst())")
        case .liquibase: return has("rollback")
        case .alembic: return hasBody(text, after: "def downgrade")
        case .prisma: return paths.contains(path.replacing("migration.sql", with: "down.sql"))
        case .knex: return has("down") && !text.contains(/down\s*[=(:][^{]*\{\s*\}/)
        case .golangMigrate: return paths.contains(path.replacing(".up.sql", with: ".down.sql"))
        case .ecto: return has("def down") || (has("def change") && !hasOneWayStep(text))
        case .plain: return text.lowercased().contains(/--\s*(\+\w+\s+|migrate:\s*|@)(down|undo|rollback)/)
        }
    }

    /// Steps of a `change` that their tool cannot turn round: raw SQL without its opposite.
    private static func hasOneWayStep(_ text: String) -> Bool {
        if text.contains("reversible") || text.contains("up_only") { return false }
        return text.split(whereSeparator: \.isNewline).contains { line in
            let line = line.drop(while: \.isWhitespace)
            return line.hasPrefix("execute ") && !line.contains(",")
                || line.hasPrefix("execute(") && !line.contains("\",")
                || line.hasPrefix("drop_table") && !line.contains("do ") && !text.contains("create_table")
        }
    }

    /// Whether a Python call has a second positional argument, which is how to undo it.
    private static func hasTwoArguments(_ text: String, _ call: String) -> Bool {
        guard let start = text.range(of: "\(call)(")?.upperBound else { return false }
        var depth = 0
        for character in text[start...].prefix(20_000) {
            if "([{".contains(character) { depth += 1 }
            if ")]}".contains(character) {
                if depth == 0 { return false }
                depth -= 1
            }
            if character == ",", depth == 0 {
                let rest = text[start...].drop { $0 != "," }.dropFirst().drop(while: \.isWhitespace)
                return !rest.hasPrefix(")") && !rest.hasPrefix("hints") && !rest.hasPrefix("elidable")
            }
        }
        return false
    }

    /// Whether a Python function does anything.
    private static func hasBody(_ text: String, after heading: String) -> Bool {
        guard let start = text.range(of: heading)?.upperBound else { return false }
        for line in text[start...].split(whereSeparator: \.isNewline).dropFirst() {
            let bare = line.drop(while: \.isWhitespace)
            if bare.isEmpty || bare.hasPrefix("#") || bare.hasPrefix("\"\"\"") || bare.hasPrefix("'''") { continue }
            if line.first?.isWhitespace != true { return false }
            return !bare.hasPrefix("pass") && !bare.hasPrefix("raise") && !bare.hasPrefix("...")
        }
        return false
    }
}

extension ChangedFile {
    /// One side of a renamed file.
    fileprivate func half(_ status: Status, _ path: String) -> ChangedFile {
        var half = self
        (half.path, half.previousPath, half.status, half.rawPaths) = (path, nil, status, nil)
        if status == .removed { (half.blobAfter, half.modeAfter) = (nil, nil) }
        if status == .added { (half.blobBefore, half.modeBefore) = (nil, nil) }
        return half
    }
}
