import ArgumentParser
import Foundation
import Ledger
import Model
import Terminal

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Look after the ledger: check it, copy it, keep it small.",
        discussion: "All of it is safe while a dashboard or `lastgood serve` runs.",
        subcommands: [Check.self, Backup.self, Compact.self])

    struct Check: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Look at the file, its events and what they lead to; exit 1 where something is wrong.",
            discussion: """
                file: the pages and indexes of the file; events: that none is missing; each file of the archive; each \
                environment: that its events lead to what is kept of it. Nothing is changed.
                """)

        struct Item: Fielded {
            var subject: String
            var state: String
            var detail: String

            enum CodingKeys: CodingKey, CaseIterable {
                case subject, state, detail
            }
        }

        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        func run() async throws {
            let session = try common.session()
            let isWatched = output.isForPeople && isatty(STDERR_FILENO) != 0
            var checks: [LedgerCheck] = []
            try session.ledger.check {
                checks.append($0)
            } progress: { done, total in
                guard isWatched, total > 50_000 else { return }
                let share = Int(Double(done) / Double(total) * 100)
                LedgerCommand.showProgress("folding events: \(min(100, share)) %")
            }
            if isWatched { LedgerCommand.showProgress("") }
            let items = checks.map { Item(subject: $0.subject, state: $0.state.rawValue, detail: $0.detail) }
            if try !output.write("ledgerCheck", items: items, name: \.subject) { write(checks) }
            let faults = checks.count { $0.state == .fault }
            if faults > 0 {
                throw Failure(
                    .failed,
                    "\(faults) of \(checks.count) things in \(session.ledger.path) are not as they ought to be",
                    mend: "make a copy of its files before anything else; `lastgood events` shows what can be read")
            }
        }

        private func write(_ checks: [LedgerCheck]) {
            var table = Table(["WHAT", "STATE", "DETAIL"])
            // Ten thousand environments that are well are one line.
            let shown = checks.filter { $0.state != .ok || EnvironmentAddress($0.subject) == nil }
            for check in shown { table.add([check.subject, check.state.rawValue, check.detail]) }
            let well = checks.count - shown.count
            if well > 0 { table.add(["environments", "ok", "\(well): their events lead to what is kept of them"]) }
            table.write()
        }
    }

    /// Says on a terminal how far it is, in the place of what was said before.
    fileprivate static func showProgress(_ text: String) {
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    }

    struct Backup: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Copy the ledger as it is now to a file, also while it is in use.",
            discussion: """
                The copy is checked and on the disk when this ends. It is the same ledger: put it in the place of the \
                one that was lost, never beside it. The archive's files are copied with `cp`.
                """)

        struct Item: Fielded {
            /// Where the copy is.
            var file: String
            var bytes: Int
            var ledger: String

            enum CodingKeys: CodingKey, CaseIterable {
                case file, bytes, ledger
            }
        }

        @Argument(help: "The file to make; it must not be there yet.", completion: .file()) var file: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        func run() async throws {
            let session = try common.session()
            let path = URL(fileURLWithPath: file).standardizedFileURL.path
            try session.ledger.backUp(to: path)
            let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
            let item = Item(file: path, bytes: size, ledger: session.ledger.path)
            if try output.write("ledgerBackup", item: item, name: \.file) { return }
            print(visible("copied to \(path), \(Quantity(Double(size), .bytes))"))
        }
    }

    struct Compact: AsyncParsableCommand, PrintsItems {
        static let configuration = CommandConfiguration(
            abstract: "Move old events into the archive now, and give their space back.",
            discussion: """
                What is older than `ledger: {keep: …}` goes to LEDGER-archive, a file a month, JSON lines in gzip, which \
                `lastgood events --archive` and `zcat` read. Whoever acts does the same by itself, little by little.
                """)

        struct Item: Fielded {
            /// How many events went into the archive.
            var moved: Int
            /// What is older went there, in seconds.
            var keep: Double
            var archive: String
            /// Why what else is old enough stays in the ledger, where something does.
            var stoppedBecause: String?
            /// What of the file is free for new events, in bytes.
            var free: Int

            enum CodingKeys: CodingKey, CaseIterable {
                case moved, keep, archive, stoppedBecause, free
            }
        }

        @OptionGroup var output: OutputOptions
        @OptionGroup var common: CommonOptions

        var item: any Fielded.Type { Item.self }

        func run() async throws {
            let session = try common.session()
            guard let keep = session.configuration.ledgerKeep else {
                throw Failure(
                    .usage, "nothing says how long events are kept",
                    mend:
                        "write `ledger: {path: \(session.ledger.path), keep: 400d}` into \(session.configuration.path)")
            }
            var moved = 0
            var reason: String?
            var saysWait = false
            let isWatched = output.isForPeople && isatty(STDERR_FILENO) != 0
            while true {
                let piece = try session.ledger.retire(olderThan: keep, at: .now)
                moved += piece.moved
                if isWatched, moved > 0 { LedgerCommand.showProgress("\(moved) events moved") }
                reason = piece.stoppedBecause
                if piece.isDone { break }
                guard piece.isHeldUp else { continue }
                if !saysWait, output.isForPeople {
                    writeError("lastgood: waits for another process that moves events, or checks the ledger")
                }
                saysWait = true
                try await Task.sleep(for: .milliseconds(50))
            }
            if isWatched, moved > 0 { LedgerCommand.showProgress("") }
            let free = try giveBack(session)
            let archive = "\(session.ledger.path)-archive"
            let item = Item(
                moved: moved, keep: keep.inSeconds, archive: archive, stoppedBecause: reason, free: free)
            if try output.write("ledgerCompaction", item: item, name: \.archive) { return }
            print("\(counted(moved, "event")) older than \(keep.inFull) moved to \(visible(archive))")
            if let reason { print(visible("what else is old enough stays in the ledger: \(reason)")) }
            guard free > 1 << 20 else { return }
            print(
                "\(Quantity(Double(free), .bytes)) of the file are free for new events; to give them back to the disk, run "
                    + "this while no lastgood uses the ledger")
        }

        /// - Returns: how many bytes of the file could not be given back.
        private func giveBack(_ session: Session) throws -> Int {
            do {
                if try !session.isLed() { try session.ledger.giveBackSpace() }
                try session.ledger.emptyLog()
            } catch LedgerError.busy {
                // What could not be given back is told.
            }
            return try session.ledger.freeSpace()
        }
    }
}
