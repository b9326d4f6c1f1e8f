import Archive
import Foundation

/// Some lines of a long text, as they were read.
public struct TextChunk: Equatable, Sendable {
    public let bytes: [UInt8]
    /// Where each line begins in `bytes`.
    public let starts: [Int]

    /// A line without its end.
    public func line(_ index: Int) -> ArraySlice<UInt8> {
        let end = index + 1 < starts.count ? starts[index + 1] : bytes.count
        let line = bytes[starts[index]..<end]
        return line.last == 10 ? line.dropLast() : line
    }

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts: [Int] = bytes.isEmpty ? [] : [0]
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while let base = buffer.baseAddress, position < buffer.count,
                let found = memchr(base + position, 10, buffer.count - position)
            {
                position = UnsafeRawPointer(found) - base + 1
                if position < buffer.count { starts.append(position) }
            }
        }
        self.starts = starts
    }
}

/// What a person may want to read line by line.
public enum PatchSubject: Hashable, Sendable {
    /// All files that changed.
    case everything
    case file(ChangedFile)
    case commit(String)
    /// An entry of the artifacts.
    case entry(String)
}

/// Gathers bytes into chunks of whole lines: small ones first, so that there is something to see at once.
private struct Chunker {
    private var rest: [UInt8] = []
    private var wanted = 1 << 14
    private(set) var total = 0
    /// How many bytes are known already.
    var skipped = 0

    private static let largest = 1 << 20
    /// A line without an end is cut, and goes on in the next.
    private static let longestLine = 1 << 20

    mutating func take(_ piece: UnsafeRawBufferPointer) -> TextChunk? {
        total += piece.count
        let known = min(skipped, piece.count)
        skipped -= known
        rest.append(contentsOf: piece.dropFirst(known))
        guard rest.count >= wanted else { return nil }
        var end = rest.lastIndex(of: 10).map { $0 + 1 } ?? 0
        if end == 0 {
            guard rest.count > Self.longestLine else { return nil }
            end = rest.count
        }
        wanted = min(Self.largest, wanted * 2)
        let chunk = TextChunk(Array(rest[..<end]))
        rest.removeFirst(end)
        return chunk
    }

    mutating func finish() -> TextChunk? { rest.isEmpty ? nil : TextChunk(rest) }
}

extension CompareRequest {
    /// Text beyond this is cut.
    private static let longestPatch = 256 << 20
    /// Files in an artifact beyond this are not shown as text.
    private static let largestEntry = 8 << 20

    /// Reads a patch piece by piece, until it ends or `take` answers `false`.
    /// - Parameter skipped: how many bytes, whole lines, are known already.
    public func streamPatch(
        _ subject: PatchSubject, source: SourceComparison?, skipped: Int = 0, take: (TextChunk) -> Bool
    ) throws(Problem) {
        if case .entry(let path) = subject { return try streamEntry(path, take) }
        guard let location = self.repository, let source else { throw Problem("the source was not compared") }
        let repository = try Repository(location, mirrors: mirrors)
        let plain = ["--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short"]
        var words: [String]
        var tail: [[UInt8]] = []
        switch subject {
        case .everything: words = ["diff", "-M"] + plain + [source.from, source.to]
        case .commit(let revision): words = ["show", "-M", "--no-show-signature", "--no-notes"] + plain + [revision]
        case .file(let file):
            words = ["diff", "-M"] + plain + [source.from, source.to, "--"]
            tail = file.rawPaths ?? [file.previousPath, file.path].compactMap { $0.map { Array($0.utf8) } }
        case .entry: return
        }
        if tail.isEmpty { words.append("--") }
        try Self.stream(repository.command(words), tail, skipped, repository.problem, take)
    }

    private static func stream(
        _ words: [String], _ tail: [[UInt8]], _ skipped: Int, _ problem: (SubprocessError) -> Problem,
        _ take: (TextChunk) -> Bool
    ) throws(Problem) {
        var chunker = Chunker()
        chunker.skipped = skipped
        var isStopped = false
        do {
            try Subprocess.stream(words, tail: tail, deadline: .seconds(600)) { piece in
                if let chunk = chunker.take(piece) { isStopped = !take(chunk) }
                return !isStopped && chunker.total < longestPatch
            }
        } catch { throw problem(error) }
        if isStopped { return }
        if let chunk = chunker.finish() { _ = take(chunk) }
        if chunker.total >= longestPatch {
            _ = take(TextChunk(Array("\n… cut here: more than \(longestPatch >> 20) MiB\n".utf8)))
        }
    }

    private func streamEntry(_ path: String, _ take: (TextChunk) -> Bool) throws(Problem) {
        if from.isImage {
            throw Problem(
                "files of images are compared by their digests and sizes only",
                mend: "look into the image with your container tools")
        }
        func counterpart() -> String? {
            let key = VersionedPath.bare(path)
            guard key != path, let listing = try? Archive.list(from.artifact, limits: Archive.Limits()) else {
                return nil
            }
            let found = listing.entries.filter { VersionedPath.bare($0.path) == key }
            return found.count == 1 ? found[0].path : nil
        }
        func content(_ release: String, _ path: String) throws(Problem) -> [UInt8]? {
            do { return try Archive.content(of: path, in: release, limit: Self.largestEntry) } catch {
                throw Problem("cannot read \(path): \(error)")
            }
        }
        let after = try content(to.artifact, path)
        // It may have been called by another version before.
        let before = try content(from.artifact, path) ?? (counterpart().flatMap { try? content(from.artifact, $0) })
        func isText(_ bytes: [UInt8]?) -> Bool { bytes?.prefix(8000).contains(0) != true }
        func describe(_ sign: String, _ bytes: [UInt8]?) -> String {
            guard let bytes else { return "\(sign) not there\n" }
            let digest = Digest()
            bytes.withUnsafeBytes { digest.take($0) }
            return "\(sign) \(bytes.count) bytes, \(Digest.text(digest.finish()))\n"
        }
        guard isText(before), isText(after) else {
            let text = "a binary file\n" + describe("-", before) + describe("+", after)
            _ = take(TextChunk(Array(text.utf8)))
            return
        }
        let folder = NSTemporaryDirectory() + "lastgood-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Data(before ?? []).write(to: URL(fileURLWithPath: "\(folder)/before"))
            try Data(after ?? []).write(to: URL(fileURLWithPath: "\(folder)/after"))
        } catch { throw Problem("cannot write to \(NSTemporaryDirectory()): \(error.localizedDescription)") }
        _ = take(TextChunk(Array("--- \(from.version)/\(path)\n+++ \(to.version)/\(path)\n".utf8)))
        let words =
            [
                "git", "--no-pager",
            ] + GitEnvironment.settings + [
                "diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--", "before",
                "after",
            ]
        let differ: [UInt8]
        do {
            // Git says with its status whether the two differ.
            differ = try Subprocess.run(
                ["sh", "-c", "\"$@\" || [ $? -eq 1 ]", "sh"] + words, folder: folder, deadline: Repository.deadline)
        } catch { throw Problem(error.sentence("git")) }
        // What stands before the first hunk names the files that were written here.
        let text = TextChunk(differ)
        let start = text.starts.indices.first { text.line($0).starts(with: Array("@@".utf8)) }
        let rest = start.map { Array(differ[text.starts[$0]...]) } ?? Array("only the attributes differ\n".utf8)
        _ = take(TextChunk(rest))
    }
}
