import CArchive
import Foundation

/// What keeps an artifact on this machine from being what was registered, as a sentence; `nil` where nothing does.
/// - Parameters:
///   - version: the release that it is of.
///   - digest: as registered; `nil` where none was.
public func artifactFault(of version: String, at path: String, digest: String?) -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        return "the artifact of \(version) is gone: \(path)"
    }
    guard let digest else { return nil }
    do {
        let actual = try artifactDigest(path)
        if actual == digest { return nil }
        return otherArtifact(version, path, actual: actual, registered: digest)
    } catch { return "the artifact of \(version) cannot be read: \(error)" }
}

extension Archive {
    static let twoSpellings = "it is there twice, in two spellings that are one text to Unicode"

    static func emptiness(of path: String) -> String { "the artifact \(path) is empty: nothing is in it" }

    /// What keeps an artifact on this machine from being unpacked, as a sentence; `nil` where nothing is seen. A download
    /// that was broken off at once is an archive without entries to whoever reads it.
    /// - Parameters:
    ///   - isWhole: looks for it to the end, and at all content of an archive; else by the beginning alone.
    ///   - limits: what is beyond these bounds cannot be unpacked either.
    public static func fault(at path: String, isWhole: Bool = false, limits: Limits = Limits()) -> String? {
        let allowance = Allowance(limits)
        do {
            let source = try Source(path: path)
            var isEmpty = true
            _ = try source.withEntries(within: allowance) { _, reader, _ -> Bool? in
                isEmpty = false
                guard isWhole else { return true }
                try allowance.takeEntry()
                // What a folder holds is read for its digest, and is no more than what lies on the disk.
                if !source.isFolder {
                    try forEachPiece(of: reader, path: path, isStrict: true) { piece, _ in
                        try allowance.take(piece.count)
                    }
                }
                return nil
            }
            return isEmpty ? emptiness(of: path) : nil
        } catch { return allowance.fault.map { "cannot read \(path): \($0)" } ?? "\(error)" }
    }
}

/// The digest of a file, or of a folder: ``Manifest/treeDigest``.
public func artifactDigest(_ path: String) throws -> String {
    var facts = stat()
    let isFolder = stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    return isFolder ? try Manifest(ofFolder: path).artifact : try sha256(ofFile: path)
}

/// That an artifact is not the one that was registered.
public func otherArtifact(_ version: String, _ path: String, actual: String, registered: String) -> String {
    "the artifact of \(version) is not what was registered: \(path) has \(actual), not \(registered)"
}
