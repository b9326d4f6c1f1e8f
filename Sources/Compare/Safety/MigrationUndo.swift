/// Whether a migration can be undone, by the rules of its tool:
/// [Rails](https://guides.rubyonrails.org/active_record_migrations.html#using-reversible),
/// [Django](https://docs.djangoproject.com/en/stable/ref/migration-operations/),
/// [Flyway](https://documentation.red-gate.com/flyway),
/// [Liquibase](https://docs.liquibase.com),
/// [Alembic](https://alembic.sqlalchemy.org/en/latest/tutorial.html),
/// [Prisma](https://www.prisma.io/docs/orm/prisma-migrate),
/// [Knex](https://knexjs.org/guide/migrations.html), [golang-migrate](https://github.com/golang-migrate/migrate),
/// [Ecto](https://hexdocs.pm/ecto_sql/Ecto.Migration.html).
enum MigrationUndo {
    /// Whether the file is itself the way down of another.
    static func isUndo(_ file: ChangedFile, _ tool: MigrationTool) -> Bool {
        let name = file.name.lowercased()
        return name.hasSuffix(".down.sql") || (tool == .flyway && name.hasPrefix("u"))
    }

    /// - Parameter paths: every file that differs, those of the live release among them.
    static func canBeUndone(_ path: String, _ tool: MigrationTool, _ text: String, _ paths: Set<String>) -> Bool {
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
            // It is found by its version, whatever it is described as:
            // https://documentation.red-gate.com/fd/undo-migrations-273973335.html
            let identity = MigrationTool.identity(path, tool)
            let folder = path.dropLast(lastPart(path).count)
            return identity.hasPrefix("v")
                && paths.contains { other in
                    other.hasPrefix(folder) && lastPart(other).first == "U" && lastPart(other).contains("__")
                        && MigrationTool.identity(other, tool).dropFirst() == identity.dropFirst()
                }
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
