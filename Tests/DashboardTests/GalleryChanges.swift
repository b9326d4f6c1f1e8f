@testable import Compare
import Model

@testable import Dashboard

/// What lies between the releases of the gallery.
extension Gallery {
    static let patch = """
        diff --git a/pricing.py b/pricing.py
        index 1111111..2222222 100644
        --- a/pricing.py
        +++ b/pricing.py
        @@ -1,5 +1,5 @@
         import time

         def total(subtotal):
        -    rates = {0: 0.21, 1: 0.19}  # by region
        -    return round(subtotal * rates[region], 2)
        +    rates = {0: 0.21}  # by region
        +\tunknown = \"\u{1B}[31mred\"
        diff --git a/db/migrate/0042_drop_tax_code.sql b/db/migrate/0042_drop_tax_code.sql
        deleted file mode 100644
        index 3333333..0000000
        --- a/db/migrate/0042_drop_tax_code.sql
        +++ /dev/null
        @@ -1,6 +0,0 @@
        --- The code is looked up by region since 1.9.0.
        -ALTER TABLE orders DROP COLUMN tax_code;
        -DROP INDEX orders_by_tax_code;
        -ANALYZE orders;
        diff --git a/server.py b/server.py
        index 4444444..5555555 100644
        --- a/server.py
        +++ b/server.py
        @@ -10,18 +10,14 @@ class Handler(BaseHTTPRequestHandler):
             def do_GET(self):
                 started = time.monotonic()
        -        region = self.headers.get("X-Region", "0")
        -        try:
        -            total = pricing.total(self.subtotal(), int(region))
        -        except KeyError as error:
        -            log.error("no tax rate for region %s", error)
        -            return self.answer(500, "no tax rate")
        +        total = pricing.total(self.subtotal())
                 self.answer(200, f"{total:.2f}")
                 observe("checkout_seconds", time.monotonic() - started)

        """

    private static var files: [ChangedFile] {
        [
            ("db/migrate/0042_drop_tax_code.sql", .added, 4, 0), ("pricing.py", .modified, 2, 2),
            ("server.py", .modified, 7, 1), ("package-lock.json", .modified, 31, 18),
            ("docs/taxes.md", .added, 40, 0),
        ].map { path, status, added, removed in
            var file = ChangedFile(path: path, status: status)
            (file.added, file.removed) = (added, removed)
            return file
        }
    }

    static var comparison: Comparison {
        var known = Comparison()
        func commit(_ number: Int, _ author: String, _ subject: String, _ direction: Commit.Direction) -> Commit {
            Commit(
                revision: String(repeating: String(number), count: 40), author: author,
                date: Timestamp(rfc3339: "2026-11-2\(number)T09:00:00Z") ?? Timestamp(milliseconds: 0),
                subject: subject,
                direction: direction)
        }
        known.source = .success(
            SourceComparison(
                from: "a", to: "b",
                commits: [
                    commit(3, "Ana Ruiz", "Look taxes up by region", .takenBack),
                    commit(3, "Ana Ruiz", "Answer with an error where no rate is known", .takenBack),
                    commit(3, "Dana Weiss", "Log what a total was made of", .takenBack),
                    commit(2, "Ben Okafor", "Drop the old tax column", .takenBack),
                    commit(1, "Chen Li", "Fix on the release branch", .broughtIn),
                ], files: files, notes: []))
        var dependencies = DependencyComparison()
        dependencies.files = ["package-lock.json"]
        dependencies.changes = DependencyChange.between(
            [Package("axios", "1.7.2", .npm, .direct), Package("openssl", "3.0.14", .npm)],
            [
                Package("axios", "0.28.0", .npm, .direct), Package("openssl", "3.0.13", .npm),
                Package("left-pad", "1.3.0", .npm, .transitive),
            ],
            file: "package-lock.json")
        known.dependencies = dependencies
        known.artifact = .failure(Problem("the artifact of 1.8.2 is gone", mend: "build it again"))
        known.configuration = .success([])
        known.safety = [
            Finding(
                .danger, .migration, "migration db/migrate/0042_drop_tax_code.sql has no way down",
                evidence: ["db/migrate/0042_drop_tax_code.sql"]),
            Finding(
                .warning, .securityFix, "the fix for CVE-2024-5535 would be lost: “Raise openssl”",
                evidence: [String(repeating: "3", count: 40)]),
            Finding(.note, .history, "1.8.2 was live here for 6 d 4 h, until 3 m ago; no alarm made it end"),
        ]
        return known
    }
}
