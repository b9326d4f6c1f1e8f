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
        let known = change.files.compactMap { file in tool(file.path).map { (file, $0) } }
        let paths = Set(change.files.map(\.path))
        var result: [Finding] = []
        var irreversible: [String] = []
        var reversible: [String] = []
        var read = 0
        for (file, tool) in known where file.status == .removed && !isUndo(file, tool) {
            read += 1
            let text = read <= mostRead ? change.text(file.blobBefore) : nil
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
        let missing = known.filter { $0.0.status == .added && !isUndo($0.0, $0.1) }.map(\.0.path)
        if !missing.isEmpty {
            let what = missing.count == 1 ? "migration \(missing[0])" : "\(missing.count) migrations"
            result.append(
                Finding(
                    .danger, .migration, "\(change.to) expects \(what), which \(change.from) does not have",
                    evidence: missing))
        }
        let edited = known.filter { $0.0.status == .modified }.map(\.0.path)
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
