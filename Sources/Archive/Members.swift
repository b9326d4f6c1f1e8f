import CZlib
import Foundation

/// A part of a gzip file, member after member, whose checksums and lengths are checked as it is read; see RFC 1952 and
/// zlib.h, `inflate`.
///
/// It is read, not mapped: a file that somebody cuts off meanwhile is damaged, and ends nothing.
struct Members {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private let file: Int32
    private let start: Int64
    private let end: Int64

    /// - Parameters:
    ///   - file: where it is read from; where it stands does not matter and is not changed.
    ///   - start: where a member begins.
    ///   - end: how much of the file counts.
    init(of file: Int32, from start: Int64, upTo end: Int64) {
        self.file = file
        self.start = start
        self.end = end
    }

    /// Hands over what is packed, a piece at a time.
    /// - Throws: ``Fault`` where it is damaged, after the pieces that could be read.
    func forEachPiece(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
        var stream = z_stream()
        // 15 bits of window, and 16 for gzip's header and trailer.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Fault(description: "cannot be read: there is no memory for it")
        }
        defer { inflateEnd(&stream) }
        var position = start
        var isWithin = false
        var input = [UInt8](repeating: 0, count: 1 << 16)
        var output = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try read(&input, at: position)
            if count == 0 { break }
            position += Int64(count)
            var used = 0
            while used < count || isWithin && stream.avail_out == 0 {
                let (result, taken, made) = inflate(&stream, input[used..<count], &output)
                used += taken
                isWithin = result != Z_STREAM_END
                guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                    let reason = stream.msg.map { String(cString: $0) } ?? "unknown error"
                    throw Fault(description: "is damaged: \(reason) in its gzip data")
                }
                if made > 0 { try body(output[..<made]) }
                if result == Z_STREAM_END { inflateReset(&stream) }
                if taken == 0, made == 0 { break }
            }
        }
        if isWithin { throw Fault(description: "is damaged: it ends in the middle of its gzip data") }
    }

    private func read(_ buffer: inout [UInt8], at position: Int64) throws -> Int {
        let wanted = min(Int64(buffer.count), end - position)
        guard wanted > 0 else { return 0 }
        while true {
            let count = pread(file, &buffer, Int(wanted), off_t(position))
            if count >= 0 { return count }
            if errno != EINTR { throw Fault(description: "cannot be read: \(systemComplaint())") }
        }
    }

    private func inflate(
        _ stream: inout z_stream, _ input: ArraySlice<UInt8>, _ output: inout [UInt8]
    ) -> (result: Int32, taken: Int, made: Int) {
        var input = Array(input)
        return input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                let result = CZlib.inflate(&stream, Z_NO_FLUSH)
                return (result, input.count - Int(stream.avail_in), output.count - Int(stream.avail_out))
            }
        }
    }
}
