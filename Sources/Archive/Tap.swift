import CArchive

extension Archive {
    /// Hands the bytes of an entry, itself an archive, to a reader of its own, and takes their digest.
    final class Tap {
        private var pieces: Pieces
        private let allowance: Allowance
        private let digest = Digest()
        private var size: Int64 = 0
        /// Why no more can be read; whoever reads the archive inside makes something else of it.
        private var fault: ArchiveError?

        /// - Parameter allowance: what is taken out of the entry counts, whatever becomes of it.
        init(outer: OpaquePointer?, path: String, allowance: Allowance) {
            pieces = Pieces(of: outer, path: path)
            self.allowance = allowance
        }

        /// A reader, which must be freed before this object goes.
        func open() -> OpaquePointer? {
            let reader = archive_read_new()
            archive_read_support_format_tar(reader)
            archive_read_support_format_zip_streamable(reader)
            archive_read_support_filter_all(reader)
            let context = Unmanaged.passUnretained(self).toOpaque()
            // Where this fails, so does reading the first entry.
            _ = archive_read_open(
                reader, context, nil,
                { _, context, block in
                    guard let context else { return -1 }
                    let tap = Unmanaged<Tap>.fromOpaque(context).takeUnretainedValue()
                    guard let piece = try? tap.next() else { return tap.fault == nil ? 0 : -1 }
                    block?.pointee = piece.baseAddress
                    return piece.count
                }, nil)
            return reader
        }

        /// - Returns: `nil` at the end; nothing else is empty.
        private func next() throws(ArchiveError) -> UnsafeRawBufferPointer? {
            if let fault { throw fault }
            do {
                while let piece = try pieces.next()?.bytes {
                    try allowance.take(piece.count)
                    digest.take(piece)
                    size += Int64(piece.count)
                    // To the reader, nothing is the end.
                    if !piece.isEmpty { return piece }
                }
                return nil
            } catch {
                fault = error
                throw error
            }
        }

        /// Takes in what the reader left over.
        func finish() throws(ArchiveError) -> (Int64, [UInt8]) {
            while try next() != nil {}
            return (size, digest.finish())
        }
    }
}
