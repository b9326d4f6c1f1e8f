/// How a tool names its migrations, and what it knows them by.
enum MigrationTool: String {
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

extension MigrationTool {
    /// Which tool a file is a migration of.
    static func of(_ path: String) -> MigrationTool? {
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

    /// The tool of a migration that is known by its place only: what it does, and whether it can be undone, is not read.
    ///
    /// Places: https://laravel.com/docs/migrations, https://learn.microsoft.com/ef/core/managing-schemas/migrations,
    /// https://typeorm.io/docs/migrations/setup, https://orm.drizzle.team/docs/drizzle-config-file,
    /// https://documentation.red-gate.com/flyway/flyway-concepts/migrations/java-based-migrations.
    static func unread(_ path: String) -> String? {
        guard of(path) == nil else { return nil }
        let parts = path.split(separator: "/").map(String.init)
        guard let name = parts.last, parts.count > 1 else { return nil }
        let folders = parts.dropLast().map { $0.lowercased() }
        let parent = folders.last ?? ""
        let isDated = name.prefix(4).count { $0.isNumber } == 4
        if name.hasSuffix(".php"), parent == "migrations", isDated { return "Laravel" }
        if name.hasSuffix(".cs"), parent == "migrations", !name.hasSuffix(".Designer.cs"),
            !name.hasSuffix("ModelSnapshot.cs")
        {
            return "EF Core"
        }
        if name.hasSuffix(".ts") || name.hasSuffix(".js"), parent == "migration", isDated { return "TypeORM" }
        if name.hasSuffix(".sql"), folders.contains("drizzle") { return "Drizzle" }
        if name.hasSuffix(".java") || name.hasSuffix(".kt"),
            name.wholeMatch(of: /[VUR]\d?[\d_]*__\w+\.(java|kt)/) != nil
        {
            return "Flyway"
        }
        if name.hasSuffix(".py"), parent == "migrations", name != "__init__.py" { return "Django" }
        return nil
    }

    /// What a tool knows a migration by, once it has run.
    static func identity(_ path: String, _ tool: MigrationTool, text: () -> String? = { nil }) -> String {
        let parts = path.split(separator: "/")
        let name = parts.last ?? ""
        switch tool {
        case .rails, .ecto:
            // `schema_migrations` holds the number in front: https://guides.rubyonrails.org/active_record_migrations.html
            return String(name.prefix { $0.isNumber })
        case .flyway:
            // The version, in which `_` is `.`: https://documentation.red-gate.com/fd/versioned-migrations-273973333.html;
            // what is missing behind it counts as 0: `compareTo` in
            // https://github.com/flyway/flyway/blob/main/flyway-core/src/main/java/org/flywaydb/core/api/MigrationVersion.java
            guard let end = name.range(of: "__")?.lowerBound, name.first?.lowercased() != "r" else {
                return name.lowercased()
            }
            var numbers = name[..<end].dropFirst().split { $0 == "." || $0 == "_" }.map(withoutZeros)
            while numbers.count > 1, numbers.last == "0" { numbers.removeLast() }
            return "\(name.prefix(1).lowercased())\(numbers.joined(separator: "."))"
        case .golangMigrate:
            let words = name.split(separator: ".")
            return "\(withoutZeros(name.prefix { $0.isNumber })) \(words.count > 2 ? words[words.count - 2] : "")"
        case .django:
            // `django_migrations` holds the application and the name.
            return "\(parts.dropLast(2).last ?? "")/\(name)"
        case .prisma: return String(parts.dropLast().last ?? "")
        case .alembic:
            // `alembic_version` holds what the file calls its revision; most files are called after it.
            if let revision = text()?.firstMatch(of: /(?m)^revision\s*(:[^=]*)?=\s*["']([^"']+)["']/) {
                return String(revision.output.2)
            }
            return String(name.prefix { $0 != "_" })
        case .knex, .plain: return String(name)
        // A change set is known by its file's path, too.
        case .liquibase: return path
        }
    }

    /// What Flyway compares beside the version; another description stops it as another content does.
    ///
    /// Source: https://documentation.red-gate.com/fd/validate-277578910.html
    static func description(_ path: String, _ tool: MigrationTool) -> Substring? {
        guard tool == .flyway else { return nil }
        let name = lastPart(path)
        return name.range(of: "__").map { name[$0.upperBound...] }
    }
}
