import Foundation
import Model

/// A commit that lies between two releases.
public struct Commit: Equatable, Sendable {
    /// What becomes of it on the way from one release to the other.
    public enum Direction: String, Codable, Sendable { case takenBack, broughtIn }

    public var revision: String
    public var author: String
    public var date: Timestamp
    public var subject: String
    public var direction: Direction
}

/// A file that differs between two revisions, as `git diff --raw --numstat -M` has it.
public struct ChangedFile: Hashable, Sendable {
    public enum Status: String, Codable, Sendable {
        case added, removed, modified, renamed, copied, typeChanged
    }

    public var path: String
    /// What it was called before, where it was renamed or copied.
    public var previousPath: String?
    public var status: Status
    /// Lines; `nil` for a binary file, or where they could not be counted.
    public var added: Int?
    public var removed: Int?
    public var isBinary = false
    /// `100644`, `100755`, `120000` for a link, `160000` for a submodule; `nil` where the file is not there.
    public var modeBefore: String?
    public var modeAfter: String?
    /// The names of the contents; `nil` where the file is not there.
    public var blobBefore: String?
    public var blobAfter: String?
    /// The paths, byte by byte, where they are no UTF-8.
    var rawPaths: [[UInt8]]?

    public var isSubmodule: Bool { modeBefore == "160000" || modeAfter == "160000" }
    /// Its last part.
    public var name: Substring { lastPart(path) }
}

/// What lies between two revisions of the source.
public struct SourceComparison: Equatable, Sendable {
    /// The commits that were compared.
    public var from: String
    public var to: String
    /// Those taken back first, each newest first.
    public var commits: [Commit]
    public var files: [ChangedFile]
    /// What one ought to know of how this came about.
    public var notes: [String]
    /// Whether the commits are still being counted.
    public var isPartial = false

    public var takenBack: Int { commits.count { $0.direction == .takenBack } }
    public var broughtIn: Int { commits.count { $0.direction == .broughtIn } }
}

extension Repository {
    /// The commits of two releases.
    struct Pair: Equatable, Sendable {
        var from: String
        var to: String
        /// Whether history was cut off at some depth.
        var isShallow = false
    }

    /// Finds the commits of two revisions; a mirror is brought up to date where one is missing.
    func resolve(
        from: String, to: String, progress: (String) -> Void = { _ in }
    ) throws(Problem) -> Pair {
        if let pair = try commits(from, to) { return pair }
        try fetch(progress: progress)
        if let pair = try commits(from, to) { return pair }
        throw try missing(try commit(from) == nil ? from : to)
    }

    /// Both commits, in one question to git; `nil` where one is missing.
    private func commits(_ from: String, _ to: String) throws(Problem) -> Pair? {
        let revisions = ["\(from)^{commit}", "\(to)^{commit}"]
        do {
            let answer = try Subprocess.run(
                command(["rev-parse", "--quiet", "--is-shallow-repository", "--end-of-options"] + revisions),
                deadline: Self.deadline)
            let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n").filter {
                $0 != "--end-of-options"
            }
            guard lines.count == 3 else { return nil }
            return Pair(from: String(lines[1]), to: String(lines[2]), isShallow: lines[0] == "true")
        } catch .failed(_, let complaint) where isAboutRevision(complaint) {
            return nil
        } catch { throw problem(error) }
    }

    private func isAboutRevision(_ complaint: String) -> Bool {
        ["ambiguous argument", "bad revision", "unknown revision", "bad object", "Needed a single revision"].contains {
            complaint.contains($0)
        } || complaint.isEmpty
    }

    private func missing(_ revision: String) throws(Problem) -> Problem {
        let name = revision.count > 12 && revision.allSatisfy(\.isHexDigit) ? String(revision.prefix(12)) : revision
        if try isShallow() {
            return Problem(
                "the commit \(name) is not in \(Self.withoutPassword(location)), which is a shallow clone",
                mend: "`git -C \(folder) fetch --unshallow` brings the rest")
        }
        return Problem(
            "the commit \(name) is not in \(Self.withoutPassword(location)); its history may have been rewritten",
            mend: "fetch it, or register releases with revisions that are kept")
    }

    /// Begins to find the files that differ before it is known that both revisions are there: it takes longest.
    func beginFiles(from: String, to: String) -> Concurrently<[ChangedFile]>? {
        if from.hasPrefix("-") || to.hasPrefix("-") { return nil }
        let pair = Pair(from: "\(from)^{commit}", to: "\(to)^{commit}")
        return Concurrently { () throws(Problem) in try changedFiles(pair) }
    }

    /// Compares two revisions in both directions.
    /// - Parameters:
    ///   - begun: what ``beginFiles(from:to:)`` began.
    ///   - report: is told the files as soon as they are known.
    func compare(
        _ pair: Pair, begun: Concurrently<[ChangedFile]>? = nil, report: (SourceComparison) -> Void = { _ in }
    ) throws(Problem) -> SourceComparison {
        // One after the other: side by side, each would slow the other down where cores share their work.
        let other = begun ?? Concurrently { () throws(Problem) in try changedFiles(pair) }
        var notes: [String] = []
        let files = try files(pair, other, &notes)
        report(SourceComparison(from: pair.from, to: pair.to, commits: [], files: files, notes: notes, isPartial: true))
        let (commits, isRelated) = try commits(pair)
        if pair.isShallow { notes.append("a shallow clone: commits beyond its depth are not counted") }
        if !isRelated, !pair.isShallow { notes.append("the two have no common history: every commit counts") }
        return SourceComparison(
            from: pair.from, to: pair.to, commits: commits, files: files, notes: notes)
    }

    private func files(
        _ pair: Pair, _ begun: Concurrently<[ChangedFile]>, _ notes: inout [String]
    ) throws(Problem) -> [ChangedFile] {
        if let files = try? begun.value() { return files }
        // What was begun too early may be there now.
        do throws(Problem) { return try changedFiles(pair) } catch {
            // Where a content is missing, git can still tell which files differ.
            notes.append("lines could not be counted nor renames found: \(error.reason)")
            return try changedFiles(pair, isRough: true)
        }
    }

    /// The commits that are in one of the two only, and whether the two have any history in common.
    func commits(_ pair: Pair) throws(Problem) -> (commits: [Commit], isRelated: Bool) {
        let format = "--format=%m%x00%H%x00%an%x00%at%x00%s"
        let answer = try git([
            "log", "-z", "--no-show-signature", "--no-notes", "--no-color", "--encoding=UTF-8", "--left-right",
            "--boundary", format,
            "\(pair.from)...\(pair.to)", "--",
        ])
        var fields = Fields(answer[...])
        var commits: [Commit] = []
        var isRelated = pair.from == pair.to
        while let side = fields.text(), let revision = fields.text(), let author = fields.text(),
            let time = fields.text(), let subject = fields.text()
        {
            // Where both histories meet.
            if side == "-" {
                isRelated = true
                continue
            }
            let seconds = max(-60_000_000_000, min(250_000_000_000, Int64(time) ?? 0))
            commits.append(
                Commit(
                    revision: revision, author: author, date: Timestamp(milliseconds: seconds * 1000),
                    subject: subject, direction: side == "<" ? .takenBack : .broughtIn))
        }
        let sorted = commits.filter { $0.direction == .takenBack } + commits.filter { $0.direction == .broughtIn }
        return (sorted, isRelated)
    }

    /// - Parameter isRough: without looking into the files: no lines are counted, no renames found.
    func changedFiles(_ pair: Pair, isRough: Bool = false) throws(Problem) -> [ChangedFile] {
        let depth = isRough ? ["--no-renames"] : ["--numstat", "-M"]
        let format = ["--raw", "-z", "--no-abbrev", "--no-ext-diff", "--no-color", "--no-relative"]
        return ChangedFile.parse(try git(["diff"] + depth + format + [pair.from, pair.to, "--"]))
    }
}

extension ChangedFile {
    /// Reads what `git diff --raw --numstat -z` prints: all raw lines, then all counts, in the same order.
    static func parse(_ bytes: [UInt8]) -> [ChangedFile] {
        var fields = Fields(bytes[...])
        var files: [ChangedFile] = []
        // Byte by byte: there may be a hundred thousand.
        let zero = UInt8(ascii: "0")
        func name(_ word: ArraySlice<UInt8>) -> String? {
            word.allSatisfy { $0 == zero } ? nil : String(decoding: word, as: UTF8.self)
        }
        while fields.first == UInt8(ascii: ":"), let line = fields.next() {
            let words = line.dropFirst().split(separator: UInt8(ascii: " "))
            guard words.count == 5, let letter = words[4].first, let path = fields.next() else { break }
            var file = ChangedFile(path: "", status: .modified)
            file.modeBefore = name(words[0])
            file.modeAfter = name(words[1])
            file.blobBefore = name(words[2])
            file.blobAfter = name(words[3])
            file.status =
                switch letter {
                case UInt8(ascii: "A"): .added
                case UInt8(ascii: "D"): .removed
                case UInt8(ascii: "R"): .renamed
                case UInt8(ascii: "C"): .copied
                case UInt8(ascii: "T"): .typeChanged
                default: .modified
                }
            var paths = [Array(path)]
            if file.status == .renamed || file.status == .copied, let second = fields.next() {
                paths.append(Array(second))
            }
            let texts = paths.map { String(decoding: $0, as: UTF8.self) }
            file.path = texts[texts.count - 1]
            if texts.count == 2 { file.previousPath = texts[0] }
            if zip(texts, paths).contains(where: { !$0.utf8.elementsEqual($1) }) { file.rawPaths = paths }
            files.append(file)
        }
        var index = 0
        while let line = fields.next(), index < files.count {
            // `12\t3\tpath`, or for a renamed file `12\t3\t` and then both paths.
            let words = line.split(separator: 9, maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count == 3 else { break }
            files[index].added = Int(String(decoding: words[0], as: UTF8.self))
            files[index].removed = Int(String(decoding: words[1], as: UTF8.self))
            files[index].isBinary = words[0].first == UInt8(ascii: "-")
            if words[2].isEmpty { _ = (fields.next(), fields.next()) }
            index += 1
        }
        return files
    }

    private init(path: String, status: Status) {
        self.path = path
        self.status = status
    }
}

/// Pieces that end in a zero byte.
struct Fields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var first: UInt8? { rest.first }

    mutating func next() -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 0) ?? rest.endIndex
        defer { rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...] }
        return rest[..<end]
    }

    mutating func text() -> String? { next().map { String(decoding: $0, as: UTF8.self) } }
}
