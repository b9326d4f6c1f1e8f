import Foundation

/// A file that no folder names: it is gone with the last use of it, however this program ends.
final class NamelessFile {
    /// Open for reading and writing.
    let descriptor: Int32

    init(in folder: String) throws(Problem) {
        let path = "\(folder)/lastgood-\(UUID().uuidString)"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Problem("cannot write to \(folder): \(String(cString: strerror(errno)))") }
        unlink(path)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
