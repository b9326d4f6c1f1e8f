import Foundation

/// Text that is printed later than it is made, however much it is: it waits in a file without a name.
final class Spool {
    private let file: UnsafeMutablePointer<FILE>
    private(set) var isEmpty = true

    /// - Throws: a ``Failure`` where there is no place for it.
    init() throws {
        guard let file = tmpfile() else { throw Self.failure }
        self.file = file
    }

    deinit { fclose(file) }

    private static var failure: Failure {
        Failure(
            .failed, "cannot write a temporary file: \(String(cString: strerror(errno)))",
            mend: "make room in the folder for temporary files")
    }

    func write(_ text: String) throws {
        isEmpty = false
        var text = text
        guard text.withUTF8({ fwrite($0.baseAddress, 1, $0.count, file) == $0.count }) else { throw Self.failure }
    }

    /// Prints all of it.
    func printOut() throws {
        guard fseek(file, 0, SEEK_SET) == 0 else { throw Self.failure }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            StandardOutput.write(buffer[..<count])
            try StandardOutput.check()
        }
        guard ferror(file) == 0 else { throw Self.failure }
    }
}
