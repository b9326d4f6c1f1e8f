import CArchive
import Foundation

/// Why an archive or a file cannot be read, in a sentence that names it.
public struct ArchiveError: Error, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }
}

func archiveComplaint(_ archive: OpaquePointer?) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "unknown error"
}

/// What the system says of its last refusal, within a sentence.
func systemComplaint(_ number: Int32 = errno) -> String {
    let text = systemWords(number)
    return text.prefix(1).lowercased() + text.dropFirst()
}

/// What the system says of a refusal; with what to do, where it is the disk that stands in the way.
public func systemWords(_ number: Int32) -> String {
    let mend =
        switch number {
        case ENOSPC: ": free some of it"
        case EDQUOT: ": free some of it, or raise the quota"
        case EROFS: ": mount it to be written"
        default: ""
        }
    return String(cString: strerror(number)) + mend
}

/// Archives of any format that libarchive reads.
public enum Archive {
    /// Whether a relative path stays below where it starts.
    static func isInside(_ path: String) -> Bool {
        guard !path.isEmpty, !path.isAbsolutePath else { return false }
        var depth = 0
        for part in path.pathParts {
            if part == ".." { depth -= 1 } else if part != "." { depth += 1 }
            if depth < 0 { return false }
        }
        return true
    }
}
