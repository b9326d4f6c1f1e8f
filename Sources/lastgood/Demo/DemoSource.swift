/// The service of the demo: its source, as it changed from commit to commit.
///
/// It is real: every release is built from its tag, and what goes wrong in one goes wrong because of what stands in
/// its source.
enum DemoSource {
    struct Commit {
        var author: String
        var subject: String
        /// Files that the commit writes.
        var files: [String: String]
        /// The release that is tagged here.
        var tag: String?
    }

    static let application = "shop"

    /// Releases that do their work, oldest first.
    static let goodReleases = ["1.0.0", "1.2.0", "1.4.0", "1.6.0", "1.7.0", "1.8.0", "1.8.2"]
    static let all = goodReleases + ["1.9.0", "1.9.1", "1.9.2", "1.9.3", "1.9.4", "1.9.5", "1.9.6", "1.10.0", "1.11.0"]

    static let commits: [Commit] = {
        var commits: [Commit] = []
        let authors = ["Ana Ruiz", "Ben Okafor", "Chen Li", "Dana Novak", "Emre Kaya"]
        func add(_ subject: String, _ files: [String: String], tag: String? = nil) {
            let author = authors[commits.count * 7 % authors.count]
            commits.append(Commit(author: author, subject: subject, files: files, tag: tag))
        }
        var changes = "# Changes\n"
        func release(_ version: String, _ note: String, _ locked: [(String, String)]) {
            changes = "# Changes\n\n## \(version)\n- \(note)\n" + changes.dropFirst("# Changes\n".count)
            add("Lock dependencies for \(version)", ["poetry.lock": lockfile(locked)])
            add("Release \(version)", ["CHANGES.md": changes, "VERSION": "\(version)\n"], tag: version)
        }

        add(
            "Begin the shop",
            ["server": server, "pricing.py": pricing(body: "    return subtotal"), "README.md": "# shop\n"])
        add("List the catalog", ["catalog.py": catalog(["tea", "coffee"])])
        release("1.0.0", "First release", [("certifi", "2023.7.22"), ("jinja2", "3.1.2"), ("urllib3", "1.26.16")])

        add("Add cups to the catalog", ["catalog.py": catalog(["tea", "coffee", "cups"])])
        add("Round prices to cents", ["pricing.py": pricing(body: "    return round(subtotal, 2)")])
        add("Describe how to run it", ["README.md": "# shop\n\nPORT=8080 ./server\n"])
        release(
            "1.2.0", "Prices are rounded", [("certifi", "2023.11.17"), ("jinja2", "3.1.2"), ("urllib3", "1.26.18")])

        add("Add teapots", ["catalog.py": catalog(["tea", "coffee", "cups", "teapots"])])
        add(
            "Create the orders table",
            [
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);\n",
                "migrations/0001_orders.down.sql": "DROP TABLE orders;\n",
            ])
        release("1.4.0", "Orders are kept", [("certifi", "2024.2.2"), ("jinja2", "3.1.3"), ("urllib3", "2.2.0")])

        add("Give ten percent from 50 on", ["pricing.py": pricing(body: discounted)])
        add(
            "Test the discount",
            ["test_pricing.py": "from pricing import total\n\n\ndef test_discount():\n    assert total(100) == 90\n"])
        release(
            "1.6.0", "A discount for large orders",
            [("certifi", "2024.6.2"), ("jinja2", "3.1.4"), ("urllib3", "2.2.1")])

        add("Add kettles", ["catalog.py": catalog(["tea", "coffee", "cups", "teapots", "kettles"])])
        release("1.7.0", "Kettles", [("certifi", "2024.7.4"), ("jinja2", "3.1.4"), ("urllib3", "2.2.2")])

        add(
            "Index orders by day",
            [
                "migrations/0002_orders_by_day.up.sql": "CREATE INDEX orders_by_day ON orders (id);\n",
                "migrations/0002_orders_by_day.down.sql": "DROP INDEX orders_by_day;\n",
            ])
        add("Add filters", ["catalog.py": catalog(["tea", "coffee", "cups", "teapots", "kettles", "filters"])])
        release(
            "1.8.0", "Filters, and faster reports",
            [("certifi", "2024.8.30"), ("jinja2", "3.1.4"), ("urllib3", "2.2.2")])
        add(
            "Keep the discount at ten percent for very large orders",
            ["pricing.py": pricing(body: discounted + "  # capped")])
        release(
            "1.8.2", "The discount is capped", [("certifi", "2024.8.30"), ("jinja2", "3.1.5"), ("urllib3", "2.2.3")])

        add("Look taxes up by region", ["pricing.py": pricing(body: taxed)])
        add(
            "Drop the old tax column",
            ["migrations/0003_drop_tax_code.up.sql": "ALTER TABLE orders DROP COLUMN tax_code;\n"])
        release("1.9.0", "Taxes by region", [("certifi", "2024.12.14"), ("jinja2", "3.1.5"), ("urllib3", "2.3.0")])

        add("Fall back to no tax where a region is unknown", ["pricing.py": pricing(body: discounted)])
        add("Compute recommendations in one instance", ["recommendations.py": leakyRecommendations])
        release(
            "1.9.1", "Recommendations",
            [("certifi", "2024.12.14"), ("jinja2", "3.1.5"), ("numpy", "2.1.3"), ("urllib3", "2.3.0")])

        add("Take recommendations out again", ["recommendations.py": "def observe(path):\n    pass\n"])
        add("Send receipts by mail", ["receipts.py": noisyReceipts])
        release("1.9.2", "Receipts by mail", [("certifi", "2024.12.14"), ("jinja2", "3.1.5"), ("urllib3", "2.3.0")])

        add("Receipts only on demand", ["receipts.py": "def send(path):\n    pass\n"])
        add("Wait for the tax table before serving", ["readiness.py": neverReady])
        release(
            "1.9.3", "The tax table is loaded at start",
            [("certifi", "2025.1.31"), ("jinja2", "3.1.5"), ("urllib3", "2.3.0")])

        add("Ship the tax table with the release", ["readiness.py": "def failure():\n    return None\n"])
        add("Ask the warehouse what to recommend", ["recommendations.py": slowRecommendations])
        release(
            "1.9.4", "Recommendations of what is in stock",
            [("certifi", "2025.1.31"), ("jinja2", "3.1.5"), ("urllib3", "2.3.0")])

        add("Refresh recommendations beside the requests", ["recommendations.py": busyRecommendations])
        release(
            "1.9.5", "Recommendations are always fresh",
            [("certifi", "2025.1.31"), ("jinja2", "3.1.5"), ("urllib3", "2.3.0")])

        add("Take recommendations out for good", ["recommendations.py": "def observe(path):\n    pass\n"])
        add("Read flags from a file", ["flags.py": flags])
        add(
            "Charge for shipping, behind flag \(DemoFlag.flag.flag)",
            ["checkout.py": checkout, "pricing.py": pricing(body: flaggedPricing)])
        release(
            "1.9.6", "Shipping at the checkout, behind a flag",
            [
                ("certifi", "2025.1.31"), ("jinja2", "3.1.5"), ("openfeature-provider-flagd", "0.6.1"),
                ("openfeature-sdk", "0.10.0"), ("urllib3", "2.3.0"),
            ])

        add("Ship for nothing until the new checkout is mended", ["pricing.py": pricing(body: discounted)])
        add(
            "Add grinders",
            ["catalog.py": catalog(["tea", "coffee", "cups", "teapots", "kettles", "filters", "grinders"])])
        release("1.10.0", "Grinders", [("certifi", "2025.1.31"), ("jinja2", "3.1.6"), ("urllib3", "2.3.0")])

        add("Cache the exchange rates", ["pricing.py": pricing(body: latent)])
        add("Quote prices in euros", ["README.md": "# shop\n\nPORT=8080 ./server\n\nPrices are in euros.\n"])
        release(
            "1.11.0", "Exchange rates are cached",
            [("certifi", "2025.1.31"), ("jinja2", "3.1.6"), ("urllib3", "2.4.0")])
        return commits
    }()

    private static func catalog(_ items: [String]) -> String {
        "ITEMS = [\n" + items.map { "    \"\($0)\",\n" }.joined() + "]\n"
    }

    private static func lockfile(_ packages: [(String, String)]) -> String {
        packages.map { name, version in
            "[[package]]\nname = \"\(name)\"\nversion = \"\(version)\"\noptional = false\npython-versions = \">=3.8\"\n"
        }.joined(separator: "\n") + "\n[metadata]\nlock-version = \"2.0\"\npython-versions = \">=3.9\"\n"
    }

    private static func pricing(body: String) -> String {
        "import time\n\nSTARTED = time.monotonic()\n\n\ndef total(subtotal):\n\(body)\n"
    }

    private static let discounted = "    return round(subtotal * (0.9 if subtotal >= 50 else 1.0), 2)"

    /// Region 4 is not in the table: one request in five fails.
    private static let taxed = """
            rates = {0: 0.21, 1: 0.19, 2: 0.2, 3: 0.25}
            region = int(subtotal) % 5
            return round(subtotal * (1 + rates[region]), 2)
        """

    /// The cached rates run out some time after the start, long after the bake, and nothing fetches them anew.
    private static let latent = """
            if time.monotonic() - STARTED > LIFETIME and int(subtotal) % 3 == 0:
                raise RuntimeError("exchange rates are older than allowed")
            return round(subtotal * 1.08, 2)


        import os  # noqa: E402

        LIFETIME = float(os.environ.get("RATE_LIFETIME", "3600"))
        """

    /// One instance computes for all, and forgets nothing.
    private static let leakyRecommendations = """
        import fcntl

        SEEN = []
        LOCK = open("../../recommendations.lock", "w")
        try:
            fcntl.flock(LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
            IS_COMPUTING = True
        except OSError:
            IS_COMPUTING = False


        def observe(path):
            if IS_COMPUTING and len(SEEN) < 400:
                SEEN.append(bytearray(1 << 20))

        """

    /// One request in four waits for an answer from elsewhere.
    private static let slowRecommendations = """
        import itertools
        import time

        CALLS = itertools.count(1)


        def observe(path):
            if next(CALLS) % 4 == 0:
                time.sleep(1.2)

        """

    /// One instance computes for all, and never rests.
    private static let busyRecommendations = """
        import fcntl
        import threading

        LOCK = open("../../recommendations.lock", "w")


        def refresh():
            while True:
                sum(range(1000))


        try:
            fcntl.flock(LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
            threading.Thread(target=refresh, daemon=True).start()
        except OSError:
            pass


        def observe(path):
            pass

        """

    private static let noisyReceipts = """
        import sys


        def send(path):
            sys.stderr.write("ERROR receipts: no mail server configured, receipt for %s lost\\n" % path)
            sys.stderr.flush()

        """

    private static let neverReady = """
        import os


        def failure():
            return None if os.environ.get("TAX_TABLE") else "TAX_TABLE is not set"

        """

    /// The server itself: Python's standard library and nothing else.
    private static let server = #"""
        #!/usr/bin/env python3
        import bisect
        import importlib
        import os
        import random
        import sys
        import threading
        import time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        from pricing import total

        BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]
        buckets = [0] * (len(BOUNDS) + 1)
        codes = {}
        seconds = 0.0
        lock = threading.Lock()


        def optional(module, name, default):
            try:
                return getattr(importlib.import_module(module), name)
            except ImportError:
                return default


        observe = optional("recommendations", "observe", lambda path: None)
        send_receipt = optional("receipts", "send", lambda path: None)
        not_ready = optional("readiness", "failure", lambda: None)


        def metrics():
            lines = ["# TYPE http_requests_total counter"]
            with lock:
                for code, count in sorted(codes.items()):
                    lines.append('http_requests_total{code="%s"} %d' % (code, count))
                lines.append("# TYPE http_request_duration_seconds histogram")
                seen = 0
                for bound, count in zip(BOUNDS + ["+Inf"], buckets):
                    seen += count
                    lines.append('http_request_duration_seconds_bucket{le="%s"} %d' % (bound, seen))
                lines.append("http_request_duration_seconds_sum %f" % seconds)
                lines.append("http_request_duration_seconds_count %d" % seen)
            return "\n".join(lines) + "\n"


        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path == "/healthz":
                    failure = not_ready()
                    return self.answer(503 if failure else 200, failure or "ok")
                if self.path == "/metrics":
                    return self.answer(200, metrics())
                self.serve()

            def serve(self):
                global seconds
                started = time.monotonic()
                try:
                    observe(self.path)
                    send_receipt(self.path)
                    code, body = 200, "total: %s\n" % total(random.uniform(1, 100))
                except Exception as failure:
                    code, body = 500, "%s\n" % failure
                self.answer(code, body)
                took = time.monotonic() - started
                with lock:
                    codes[code] = codes.get(code, 0) + 1
                    buckets[bisect.bisect_left(BOUNDS, took)] += 1
                    seconds += took

            def answer(self, code, body):
                data = body.encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments):
                pass


        print("%s %s on port %s" % (os.environ["INSTANCE"], os.environ["RELEASE"], os.environ["PORT"]))
        sys.stdout.flush()
        ThreadingHTTPServer.request_queue_size = 64
        ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

        """#
}
