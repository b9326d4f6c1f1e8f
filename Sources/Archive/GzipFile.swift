import CArchive
import CZlib
import Foundation

extension Archive {
    /// A file in the format of [gzip](https://www.rfc-editor.org/rfc/rfc1952), whose checksums and lengths are checked as it
    /// is read: libarchive passes over them.
    final class GzipFile {
        private let file: gzFile
        /// Why it could not be read; whoever reads the archive makes something else of it.
        private(set) var fault: ArchiveError?
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        /// Tape drives pad archives; more than that is no padding.
        private static let mostPadding = 1 << 30

        /// `nil` where it is no such file.
        /// - Parameter descriptor: the file, where it is open already; it stays open, but where it is read moves.
        init?(path: String, descriptor: Int32?) {
            let own =
                descriptor.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard own >= 0 else { return nil }
            var start: [UInt8] = [0, 0]
            guard pread(own, &start, 2, 0) == 2, start == [0x1F, 0x8B], let file = gzdopen(own, "rb") else {
                close(own)
                return nil
            }
            gzbuffer(file, 1 << 18)
            self.file = file
        }

        deinit {
            gzclose(file)
            buffer.deallocate()
        }

        /// Makes a reader read what is packed, for as long as this object lives.
        /// - Returns: as `archive_read_open` does.
        func open(_ reader: OpaquePointer?) -> Int32 {
            let context = Unmanaged.passUnretained(self).toOpaque()
            return archive_read_open(
                reader, context, nil,
                { reader, context, block in
                    guard let context else { return -1 }
                    let file = Unmanaged<GzipFile>.fromOpaque(context).takeUnretainedValue()
                    guard let count = try? file.next() else {
                        archive_complain(reader, file.fault?.description ?? "")
                        return -1
                    }
                    block?.pointee = UnsafeRawPointer(file.buffer.baseAddress)
                    return count
                }, nil)
        }

        /// Reads what lies behind the end of the archive: the checksum is the last of all.
        func finish() throws {
            var padding = 0
            while true {
                let count = try next()
                if count == 0 { return }
                padding += count
                guard padding <= Self.mostPadding else { throw ArchiveError("it does not end where its archive ends") }
            }
        }

        /// - Returns: how many bytes of the buffer are filled; 0 at the end.
        private func next() throws(ArchiveError) -> Int {
            let count = gzread(file, buffer.baseAddress, UInt32(buffer.count))
            if count > 0 { return Int(count) }
            fault = complaint()
            if let fault { throw fault }
            return 0
        }

        /// `nil` at the end.
        private func complaint() -> ArchiveError? {
            var number: Int32 = 0
            let text = gzerror(file, &number).map { String(cString: $0) } ?? ""
            switch number {
            case Z_OK, Z_STREAM_END: return nil
            case Z_BUF_ERROR: return ArchiveError("it ends in the middle of its gzip data")
            case Z_ERRNO: return ArchiveError(systemComplaint())
            // What zlib says begins with the name of the file.
            default:
                return ArchiveError("its gzip data is damaged: \(text.split(separator: ": ").last ?? "unknown error")")
            }
        }
    }
}
