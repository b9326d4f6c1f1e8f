import Archive
import Foundation

/// A git repository: a folder, bare or not, or a remote one of which a mirror is kept.
public struct Repository: Sendable {
    /// Where git finds it.
    let folder: String
    /// Where it comes from, as the configuration says.
    public let location: String
    private let isMirror: Bool

    /// How long git may take to answer a question about history or content.
    static let deadline: Duration = .seconds(120)
    /// How long a clone or a fetch may take.
    private static let transferDeadline: Duration = .seconds(1800)

    /// Whether `location` is on another machine, as git understands it: a URL, or `host:path`.
    public static func isRemote(_ location: String) -> Bool {
        if location.contains("://") { return true }
        guard let colon = location.firstIndex(of: ":") else { return false }
        return !location[..<colon].contains("/")
    }

    /// Opens a repository; a remote one is cloned the first time.
    /// - Parameters:
    ///   - mirrors: the folder that holds the mirrors of remote repositories.
    ///   - progress: is told in a sentence what takes long.
    public init(
        _ location: String, mirrors: String, progress: (String) -> Void = { _ in }
    ) throws(Problem) {
        self.location = location
        isMirror = Self.isRemote(location)
        folder = isMirror ? "\(mirrors)/\(Self.mirrorName(location))" : location
        if isMirror, !FileManager.default.fileExists(atPath: "\(folder)/HEAD") {
            progress("cloning \(Self.withoutPassword(location)), once …")
            try clone(mirrors)
        } else if !isMirror, !FileManager.default.fileExists(atPath: location) {
            throw Problem(
                "the repository is gone: \(location)",
                mend: "correct `repository` in the configuration, or bring it back")
        }
    }

    private func clone(_ mirrors: String) throws(Problem) {
        let temporary = "\(mirrors)/.\(UUID().uuidString)"
        do { try FileManager.default.createDirectory(atPath: mirrors, withIntermediateDirectories: true) } catch {
            throw Problem("cannot make the folder \(mirrors): \(error.localizedDescription)")
        }
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        let words = ["git", "clone", "--quiet", "--mirror", "--", location, temporary]
        do {
            _ = try Subprocess.run(words, environment: .transfer, deadline: Self.transferDeadline)
        } catch {
            throw Problem(
                "cannot clone \(Self.withoutPassword(location)): \(error.sentence("git"))",
                mend: "try `git ls-remote \(Self.withoutPassword(location))`; nobody can be asked for a password here")
        }
        // Somebody else may have been faster; theirs is as good.
        rename(temporary, folder)
    }

    /// Brings what is new to the mirror of a remote repository; does nothing for one on this machine.
    func fetch(progress: (String) -> Void = { _ in }) throws(Problem) {
        guard isMirror else { return }
        progress("fetching \(Self.withoutPassword(location)) …")
        let words = ["-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet", "--tags", "origin"]
        do {
            _ = try Subprocess.run(
                ["git", "-C", folder] + words, environment: .transfer, deadline: Self.transferDeadline)
        } catch { throw problem(error) }
    }

    private static func mirrorName(_ location: String) -> String {
        // FNV-1a: a name for a folder, not a secret.
        let hash = location.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let last = withoutPassword(location).split { "/:".contains($0) }.last.map(String.init) ?? "repository"
        let word = last.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return "\(word.prefix(60))-\(String(hash, radix: 16)).git"
    }

    /// The location as it may be shown.
    static func withoutPassword(_ location: String) -> String {
        guard let scheme = location.range(of: "://"), let at = location[scheme.upperBound...].firstIndex(of: "@"),
            !location[scheme.upperBound..<at].contains("/")
        else { return location }
        return String(location[..<scheme.upperBound]) + location[location.index(after: at)...]
    }

    // MARK: asking git

    func git(
        _ words: [String], deadline: Duration = Repository.deadline, limit: Int = 1 << 30
    ) throws(Problem) -> [UInt8] {
        do {
            return try Subprocess.run(command(words), folder: "/", deadline: deadline, limit: limit)
        } catch { throw problem(error) }
    }

    func command(_ words: [String]) -> [String] {
        ["git", "--no-pager", "--literal-pathspecs", "-C", folder] + GitEnvironment.settings + words
    }

    func problem(_ error: SubprocessError) -> Problem {
        var mend: String?
        if case .failed(_, let complaint) = error {
            if complaint.contains("dubious ownership") {
                mend = "`git config --global --add safe.directory \(folder)` says that you trust it"
            } else if complaint.contains("not a git repository") {
                mend = "correct `repository` in the configuration"
            }
        }
        let first = error.sentence("git").split(separator: "\n").first.map(String.init) ?? "git failed"
        return Problem("\(Self.withoutPassword(location)): \(first)", mend: mend)
    }

    /// The commit that a revision names; `nil` where there is none.
    func commit(_ revision: String) throws(Problem) -> String? {
        do {
            let answer = try Subprocess.run(
                command(["rev-parse", "--verify", "--quiet", "--end-of-options", "\(revision)^{commit}"]),
                deadline: Self.deadline)
            return String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch .failed(_, let complaint) where complaint.isEmpty || complaint.contains("ambiguous") {
            return nil
        } catch { throw problem(error) }
    }

    /// Whether history was cut off at some depth.
    func isShallow() throws(Problem) -> Bool {
        String(decoding: try git(["rev-parse", "--is-shallow-repository"]), as: UTF8.self).hasPrefix("true")
    }

    /// The name of what a file held at a revision; `nil` where it was not there. A link stands for what it leads to.
    func blob(at path: String, in revision: String) throws(Problem) -> String? {
        var path = path
        for _ in 0..<Self.mostLinks {
            // `100644 blob 3b18e5…\tpath`
            let line = String(decoding: try git(["ls-tree", "-z", revision, "--", path]), as: UTF8.self)
            let words = line.split(separator: "\t").first?.split(separator: " ") ?? []
            guard words.count == 3, words[1] == "blob" else { return nil }
            guard words[0] == Self.link else { return String(words[2]) }
            let target = String(decoding: try blob(String(words[2]), limit: 4096), as: UTF8.self)
            guard !target.isAbsolutePath, let next = Neighbours.resolve(target, from: path) else { return nil }
            path = next
        }
        return nil
    }

    /// The mode of a link.
    static let link = "120000"
    /// More that lead to one another are not followed.
    private static let mostLinks = 8

    /// What a file held.
    /// - Parameter limit: more bytes than that are refused.
    func blob(_ id: String, limit: Int) throws(Problem) -> [UInt8] {
        try git(["cat-file", "blob", id], limit: limit)
    }

    /// The files of a revision, without links: the name of what each holds, by its path.
    func tree(_ revision: String) throws(Problem) -> [String: String] {
        // `100644 blob 3b18e5…\tpath`
        var fields = Fields(try git(["ls-tree", "-r", "-z", "--full-tree", revision])[...])
        var result: [String: String] = [:]
        while let line = fields.next() {
            guard let tab = line.firstIndex(of: 9) else { continue }
            let words = line[..<tab].split(separator: UInt8(ascii: " "))
            guard words.count == 3, words[1].elementsEqual("blob".utf8), !words[0].elementsEqual(Self.link.utf8) else {
                continue
            }
            result[String(decoding: line[(tab + 1)...], as: UTF8.self)] = String(decoding: words[2], as: UTF8.self)
        }
        return result
    }

    /// What many files held, asked for in few goes; those that are not there are left out.
    /// - Parameter most: how many are asked for in one go: a command line has an end.
    func blobs(_ names: [String], atOnce most: Int = 20_000) throws(Problem) -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        var rest = names.filter { !$0.isEmpty && $0.allSatisfy(\.isHexDigit) }[...]
        while !rest.isEmpty {
            result.merge(try someBlobs(Array(rest.prefix(most)))) { first, _ in first }
            rest = rest.dropFirst(most)
        }
        return result
    }

    private func someBlobs(_ names: [String]) throws(Problem) -> [String: [UInt8]] {
        // Their names come over standard input.
        let words = command(["cat-file", "--batch"]).map { "'\($0.replacing("'", with: "'\\''"))'" }
        let script = "printf '%s\\n' \"$@\" | \(words.joined(separator: " "))"
        let answer: [UInt8]
        do {
            answer = try Subprocess.run(
                ["sh", "-c", script, "sh"] + names, deadline: Self.deadline, limit: 512 << 20)
        } catch { throw problem(error) }
        return Self.contents(answer)
    }

    /// Reads `NAME blob SIZE`, then so many bytes and the end of a line, again and again.
    private static func contents(_ answer: [UInt8]) -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        var rest = answer[...]
        while let end = rest.firstIndex(of: 10) {
            let words = rest[..<end].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            rest = rest[(end + 1)...]
            guard words.count == 3, words[1] == "blob", let size = Int(words[2]), size >= 0, size < rest.count else {
                continue
            }
            result[words[0]] = Array(rest.prefix(size))
            rest = rest.dropFirst(size + 1)
        }
        return result
    }
}
