import Foundation
import Testing

extension EndToEndTests {
    /// A disk that a release fills: a small file system of its own, which only the processes of the test see.
    @Suite struct DiskAlarmTests {
        /// What makes a file system that goes away with whoever made it; a user needs a name space for that, too.
        private static let apart = ["unshare", getuid() == 0 ? "-m" : "-rm", "sh", "-c"]

        /// Whether this machine lets one mount it; not every container does.
        private static let canMount: Bool = {
            let folder = NSTemporaryDirectory()
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = apart + ["mount -t tmpfs -o size=1m none \"$0\"", folder]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }()

        @Test(.enabled(if: canMount, "file systems can be mounted here"))
        func aReleaseThatFillsTheDiskIsTakenBack() async throws {
            let fills = """
                if os.environ["RELEASE"] == "1.1.0":
                    with open("../../cache", "wb") as file:
                        file.write(bytes(52 << 20))
                elif os.path.exists("../../cache"):
                    os.remove("../../cache")
                """
            let shop = try Workshop(instances: 1, code: fills)
            let path = "\(shop.folder)/lastgood.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let disk = "\n        - {name: disk, kind: disk, severity: high, above: 60%, for: 2 of 3, period: 500ms}"
            try text.replacing("minimumRequests: 5}", with: "minimumRequests: 5}\(disk)")
                .write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.createDirectory(
                atPath: "\(shop.folder)/run/env0", withIntermediateDirectories: true)
            let serving = Process()
            serving.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            serving.arguments =
                Self.apart + [
                    "mount -t tmpfs -o size=64m none \"$1/run/env0\" && exec \"$0\" serve --config \"$1/lastgood.yaml\"",
                    shop.binary, shop.folder,
                ]
            serving.standardOutput = FileHandle.nullDevice
            serving.standardError = FileHandle.nullDevice
            try serving.run()
            defer { serving.terminate() }
            // Whoever acts sees the small file system, and nobody else does.
            try await shop.awaitLeader(serving)

            #expect(try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0", "--wait"]).status == 0)
            let deployed = try shop.lastgood(["deploy", "svc", "1.1.0", "--to", "svc/env0", "--wait"])
            #expect(deployed.status == 4, "\(deployed.errors)")
            let events = try shop.lastgood(["events", "--output", "json"]).text.split(separator: "\n")
            let decision = try #require(events.first { $0.contains("\"kind\":\"rollbackDecided\"") })
            #expect(decision.contains("alarm disk 8") && decision.contains("> 60 %"), "\(decision)")
            try await shop.eventually("1.0.0 is live again") { try shop.status()["liveRelease"] as? String == "1.0.0" }
        }

        /// Runs a script where only it sees what it mounts; `lg` is lastgood, `$1` the workshop's folder.
        private func run(_ script: String, _ shop: Workshop) throws -> (status: Int32, text: String, errors: String) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            let beginning = """
                set -e
                binary="$0" shop="$1"
                lg() { "$binary" "$@" --config "$shop/lastgood.yaml"; }

                """
            // What it ends must not have the signals blocked that this thread has.
            let clean =
                "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
            process.arguments =
                ["python3", "-c", clean] + Self.apart + [beginning + script, shop.binary, shop.folder]
            let errors = "\(shop.folder)/errors"
            try Data().write(to: URL(fileURLWithPath: errors))
            let output = Pipe()
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
            try process.run()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text, try String(contentsOfFile: errors, encoding: .utf8))
        }

        @Test(.enabled(if: canMount, "file systems can be mounted here"))
        func aRollbackFindsRoomInTheReserveWhereTheDiskOfTheLedgerIsFull() throws {
            let shop = try Workshop()
            let script = """
                mkdir -p "$1/state"; mount -t tmpfs -o size=64m none "$1/state"
                # It goes on, as a log does: whatever becomes free is taken.
                fill() {
                    (while :; do head -c 65536 /dev/zero 2>/dev/null >>"$shop/state/fill" || true; done) 2>/dev/null & filler=$!
                    trap 'kill $serving $filler 2>/dev/null || true' EXIT
                    until_so '[ "$(df --output=avail "$shop/state" | tail -1)" -eq 0 ]'
                }
                until_so() { for i in $(seq 300); do if eval "$1"; then return 0; fi; sleep .1; done; echo "never: $1"; exit 9; }
                for release in 1.0.0 1.1.0; do lg register svc $release --artifact "$1/svc-$release.tar.gz" >/dev/null; done
                "$binary" serve --config "$1/lastgood.yaml" >/dev/null 2>"$1/serve.log" & serving=$!
                trap 'kill $serving 2>/dev/null || true' EXIT
                lg deploy svc 1.0.0 --to svc/env0 --wait >/dev/null
                lg deploy svc 1.1.0 --to svc/env0 --wait >/dev/null
                until_so '[ -s "$shop/state/ledger.sqlite-reserve" ]'
                test $(($(stat -c '%b*%B' "$1/state/ledger.sqlite-reserve"))) -ge 1048576
                # A log that is as long as it was needs no room to be written anew.
                python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA wal_checkpoint(TRUNCATE)")' \\
                    "$1/state/ledger.sqlite"
                fill
                lg rollback svc/env0 --to 1.0.0 --reason full --yes --wait
                lg status
                # A log that was begun anew just then may have found room in itself.
                used=$(lg events -o json | grep -c ledgerReserveUsed || true)
                kill $filler
                rm "$1/state/fill"
                until_so '[ "$used" = 0 ] || lg events -o json | grep -q ledgerReserveMade'
                lg status 2>&1 | grep 'disk of the ledger' || echo "room again"
                kill $serving; wait $serving
                # Nobody has it open: opening it takes room, too.
                fill
                kill $filler
                lg rollback svc/env0 --to 1.1.0 --reason again --yes --wait
                """
            let output = try run(script, shop)
            #expect(output.status == 0, "\(output)")
            #expect(output.text.contains("room again"), "\(output)")
        }

        @Test(.enabled(if: canMount, "file systems can be mounted here"))
        func aFileSystemThatCanOnlyBeReadIsCalledThat() throws {
            let shop = try Workshop()
            let script = """
                mkdir -p "$1/state"; mount -t tmpfs -o size=16m none "$1/state"
                lg register svc 1.0.0 --artifact "$1/svc-1.0.0.tar.gz" >/dev/null
                lg deploy svc 1.0.0 --to svc/env0 --wait >/dev/null
                mount -o remount,ro "$1/state"
                lg status
                lg rollback svc/env0 --to 1.0.0 --reason x --yes || echo "status $?"
                lg hold place svc/env0 --reason x || echo "status $?"
                lg serve --until-idle || echo "status $?"
                """
            let output = try run(script, shop)
            #expect(output.status == 0 && output.text.contains("svc/env0"), "\(output)")
            #expect(output.errors.contains("the file system it lies on is read-only"), "\(output)")
            #expect(!output.errors.contains("permission denied"), "\(output)")
        }

        @Test(.enabled(if: canMount, "file systems can be mounted here"))
        func whatIsKnownIsToldAlsoWhereTheDiskIsFullAndThereIsNoReserve() throws {
            let shop = try Workshop()
            let script = """
                set -e
                mkdir -p "$1/state"; mount -t tmpfs -o size=16m none "$1/state"
                for release in 1.0.0 1.1.0; do
                    "$0" register svc $release --artifact "$1/svc-$release.tar.gz" --config "$1/lastgood.yaml" >/dev/null
                    "$0" deploy svc $release --to svc/env0 --wait --config "$1/lastgood.yaml" >/dev/null
                done
                rm -f "$1/state/"*-reserve
                dd if=/dev/zero of="$1/state/fill" bs=4k 2>/dev/null || true
                "$0" status --config "$1/lastgood.yaml"
                "$0" explain svc/env0 --config "$1/lastgood.yaml"
                "$0" history svc/env0 --config "$1/lastgood.yaml"
                "$0" rollback svc/env0 --to 1.0.0 --reason x --yes --config "$1/lastgood.yaml" || echo "status $?"
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = Self.apart + [script, shop.binary, shop.folder]
            let (output, errors) = (Pipe(), Pipe())
            (process.standardOutput, process.standardError) = (output, errors)
            try process.run()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            let complaint = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(text)\(complaint)")
            #expect(text.contains("svc/env0") && text.contains("1.1.0 is live"), "\(text)\(complaint)")
            // What cannot be written down does not happen, and that is said.
            #expect(text.hasSuffix("\nstatus 1\n"), "\(text)\(complaint)")
            #expect(complaint.contains("no space is left for the ledger"), "\(complaint)")
        }
    }
}
