import CArchive
import Foundation

extension Archive {
    /// The content of the entry at which a reader stands, piece by piece, holes included.
    struct Pieces {
        private let reader: OpaquePointer?
        private let path: String
        private let isStrict: Bool
        private var position: Int64 = 0
        private var block: UnsafeRawPointer?
        private var size = 0
        /// Where the block begins that was read last; at the end, where a last hole ends.
        private var offset: Int64 = 0
        /// Whether that block is to be handed over yet, behind the hole in front of it.
        private var isHeld = false
        private var isAtEnd = false

        /// - Parameters:
        ///   - path: for what is said.
        ///   - isStrict: whether content that is not what the archive says of it is refused.
        init(of reader: OpaquePointer?, path: String, isStrict: Bool = false) {
            self.reader = reader
            self.path = path
            self.isStrict = isStrict
        }

        /// The next piece, good until the one behind it is asked for, and whether it is part of a hole, which reads as zeros;
        /// `nil` at the end.
        mutating func next() throws(ArchiveError) -> (bytes: UnsafeRawBufferPointer, isHole: Bool)? {
            if !isHeld, !isAtEnd { try read() }
            if position < offset {
                let count = Int(min(Int64(Self.zeros.count), offset - position))
                position += Int64(count)
                return (UnsafeRawBufferPointer(rebasing: Self.zeros[..<count]), true)
            }
            guard isHeld else { return nil }
            isHeld = false
            position = offset + Int64(size)
            return (UnsafeRawBufferPointer(start: block, count: size), false)
        }

        private mutating func read() throws(ArchiveError) {
            let result = archive_read_data_block(reader, &block, &size, &offset)
            isAtEnd = result == ARCHIVE_EOF || !isStrict && result == ARCHIVE_FATAL && Archive.lacksOnlyPadding(reader)
            if isAtEnd { return }
            // A warning about content is of content that is not what the archive says, such as a wrong size.
            guard result >= (isStrict ? ARCHIVE_OK : ARCHIVE_WARN) else {
                throw ArchiveError("cannot read \(path): \(archiveComplaint(reader))")
            }
            guard offset >= position, offset - position <= Int64.max - Int64(size) else {
                throw ArchiveError("cannot read \(path): its content overlaps itself")
            }
            isHeld = true
        }

        /// Never written to, and never freed.
        private nonisolated(unsafe) static let zeros = UnsafeRawBufferPointer(
            start: calloc(1 << 16, 1), count: 1 << 16)
    }
}
