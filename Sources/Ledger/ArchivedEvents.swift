import Archive
import Model

extension SQLiteLedger {
    /// Hands over the events that are in the archive, in the ledger's order.
    ///
    /// What is there only grows: nothing is held, and whoever moves events meanwhile is not kept from it.
    /// - Parameter numbers: only these.
    /// - Throws: ``LedgerError/archive(path:detail:)`` where a file is not there any more or damaged, after what could be
    ///   read.
    public func forEachArchivedEvent(
        in span: EventSpan, numbered numbers: ClosedRange<Int64> = 1...Int64.max, _ body: (Event) throws -> Void
    ) throws {
        let archive = EventArchive(besideLedger: path)
        let subjects = span.subjects.map(Set.init)
        let files = try read(EventArchive.files).filter { file in
            // A month's file holds what happened in that month alone.
            if let since = span.since, file.name < EventArchive.name(since) { return false }
            if let until = span.until, file.name > EventArchive.name(until) { return false }
            return file.first <= numbers.upperBound && file.last >= numbers.lowerBound
        }
        for group in Self.overlapping(files) {
            let range = max(numbers.lowerBound, group[0].first)...min(numbers.upperBound, group.map(\.last).max() ?? 0)
            guard group.count > 1 else {
                try forEachEvent(of: group[0], in: archive) { event in
                    if range.contains(event.sequence), span.holds(event, subjects) { try body(event) }
                }
                continue
            }
            // A clock was set over the end of a month. Both files are read again for each piece, which keeps memory low.
            for first in stride(from: range.lowerBound, through: range.upperBound, by: Int(Self.sortedAtOnce)) {
                let piece = first...min(range.upperBound, first + Self.sortedAtOnce - 1)
                var events: [Event] = []
                for file in group where file.first <= piece.upperBound && file.last >= piece.lowerBound {
                    try forEachEvent(of: file, in: archive) { event in
                        if piece.contains(event.sequence), span.holds(event, subjects) { events.append(event) }
                    }
                }
                for event in events.sorted(by: { $0.sequence < $1.sequence }) { try body(event) }
            }
        }
    }

    private static let sortedAtOnce: Int64 = 20_000

    /// The files in their order, those together whose numbers lie among each other's.
    private static func overlapping(_ files: [EventArchive.File]) -> [[EventArchive.File]] {
        var groups: [[EventArchive.File]] = []
        var last: Int64 = 0
        for file in files.sorted(by: { $0.first < $1.first }) {
            if file.first <= last { groups[groups.count - 1].append(file) } else { groups.append([file]) }
            last = max(last, file.last)
        }
        return groups
    }

    private func forEachEvent(
        of file: EventArchive.File, in archive: EventArchive, _ body: (Event) throws -> Void
    ) throws {
        var count: Int64 = 0
        do {
            try archive.lines(of: file.name).forEachLine(upTo: file.length) { line in
                let event = try Event(archived: line)
                count += 1
                try body(event)
            }
            guard count == file.count else {
                throw ArchiveError("\(file.name) holds \(count) of \(file.count) events")
            }
        } catch let error as ArchiveError {
            throw LedgerError.archive(path: archive.folder, detail: error.description)
        } catch let fault as StoredJSONFault {
            throw LedgerError.archive(path: archive.folder, detail: "a line of \(file.name) cannot be read: \(fault)")
        }
    }
}

extension EventSpan {
    fileprivate func holds(_ event: Event, _ chosen: Set<Subject>?) -> Bool {
        guard hold(event.time, event.body.kind) else { return false }
        guard let chosen else { return true }
        return chosen.contains(
            event.address.map(Subject.environment) ?? event.application.map(Subject.application) ?? .ledger)
    }
}
