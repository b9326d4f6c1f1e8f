import CArchive

extension Archive {
    /// Bounds that keep an archive made to do harm from doing it.
    public struct Limits: Sendable {
        /// Bytes after unpacking; those of an archive inside count, and so does what is in it.
        public var bytes: Int64 = 32 << 30
        public var entries = 2_000_000
        /// Bytes of contents that are kept.
        public var contents = 256 << 20
        public var deadline: Duration = .seconds(600)

        public init() {}
    }

    /// What of ``Limits`` is left to somebody who reads an archive and what lies in it.
    final class Allowance {
        private(set) var left: Limits
        private let end: ContinuousClock.Instant
        /// Why nothing more may be read.
        private(set) var fault: ArchiveError?

        init(_ limits: Limits) {
            left = limits
            end = .now + limits.deadline
        }

        /// What may still be read by another.
        var rest: Limits {
            var rest = left
            rest.deadline = max(.zero, end - .now)
            return rest
        }

        func take(_ bytes: Int) throws(ArchiveError) {
            left.bytes -= Int64(bytes)
            if left.bytes < 0 { try refuse(Self.tooMuch) }
            // A few bytes of a header can stand for a hole that takes minutes.
            if ContinuousClock.now >= end { try refuse("reading it took too long") }
        }

        /// Counts the content of what should have none: the reader unpacks it in any case, to find what is behind it.
        func pass(_ reader: OpaquePointer?, _ path: String) throws {
            do { try Archive.forEachPiece(of: reader, path: path) { piece, _ in try take(piece.count) } } catch {
                if let fault { throw fault }
            }
        }

        func takeEntry() throws(ArchiveError) {
            left.entries -= 1
            if left.entries < 0 { try refuse(Self.tooMuch) }
        }

        /// For a content that was kept, which fits.
        func keep(_ bytes: Int) { left.contents -= bytes }

        private static let tooMuch = "it unpacks to more than anyone would want: it may be made to do harm"

        private func refuse(_ why: String) throws(ArchiveError) {
            let error = ArchiveError(why)
            fault = error
            throw error
        }
    }
}
