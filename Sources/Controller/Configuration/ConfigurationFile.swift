import Foundation
import Model
import YAML

/// The text of a configuration file.
/// - Parameter patience: how long somebody may take to write into a pipe.
/// - Throws: ``ConfigurationError`` where it is no file of text that can be read, with what to do.
func configurationText(
    _ path: String, patience: Duration = .seconds(10)
) throws(ConfigurationError) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else {
        throw .unreadable(path: path, detail: String(cString: strerror(errno)), mend: nil)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFIFO: break
    case S_IFDIR:
        let inside = ["lastgood.yaml", "config.yaml", "lastgood/config.yaml"].map { "\(path)/\($0)" }
        let found = inside.first { FileManager.default.fileExists(atPath: $0) }
        throw .unreadable(
            path: path, detail: "it is a folder",
            mend: found.map { "did you mean \($0.replacing("//", with: "/"))?" } ?? "name the file in it")
    default: throw .unreadable(path: path, detail: "it is no file", mend: "name a file of text")
    }
    guard access(path, R_OK) == 0 else {
        throw .unreadable(path: path, detail: String(cString: strerror(errno)), mend: "let this user read it")
    }
    // A pipe, as a shell makes of `--config <(…)`, has no size beforehand.
    let data = try wholeOf(path, patience)
    // The mark that some editors put before everything is no part of the text, see YAML 1.2.2, 5.2.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if let text = String(validating: data.starts(with: mark) ? data.dropFirst(3) : data, as: UTF8.self) { return text }
    throw .faulty([
        Fault(
            file: path, mark: firstNonText(in: data), message: "this is no UTF-8 text",
            mend: "save the file in UTF-8")
    ])
}

/// Longer than this, it is no configuration that a person wrote.
private let mostBytes = 16 << 20

/// All bytes of a file, or of a pipe that somebody writes into.
private func wholeOf(_ path: String, _ patience: Duration) throws(ConfigurationError) -> Data {
    func failed(_ detail: String, _ mend: String? = nil) -> ConfigurationError {
        .unreadable(path: path, detail: detail, mend: mend)
    }
    // A pipe into which nobody writes would else be waited for, for ever.
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw failed(String(cString: strerror(errno))) }
    defer { close(file) }
    let deadline = ContinuousClock.now + patience
    var (data, isBegun) = (Data(), false)
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var status = stat()
    let isPipe = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    while true {
        let count = read(file, &buffer, buffer.count)
        if count > 0 {
            isBegun = true
            data.append(contentsOf: buffer.prefix(count))
            guard data.count <= mostBytes else {
                throw failed("it has more than \(mostBytes >> 20) MiB", "name the configuration")
            }
        } else if count == 0, isBegun || !isPipe {
            return data
        } else if count < 0, errno == EINTR {
            continue
        } else if count < 0, errno != EAGAIN {
            throw failed("it cannot be read to its end: \(String(cString: strerror(errno)))")
        } else {
            guard ContinuousClock.now < deadline else {
                throw failed("it is a pipe, and nobody has written all of it in \(patience.inWords)", "name a file")
            }
            var waited = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            // Before somebody opens it to write, there is nothing to wait for but time.
            if poll(&waited, 1, 50) > 0, !isBegun, waited.revents & Int16(POLLIN) == 0 { usleep(20_000) }
        }
    }
}

/// Where the first byte stands that belongs to no character of UTF-8.
private func firstNonText(in data: Data) -> Mark {
    var (line, column) = (1, 1)
    var decoder = Unicode.UTF8.ForwardParser()
    var bytes = data.makeIterator()
    while case .valid(let scalar) = decoder.parseScalar(from: &bytes) {
        let isEnd = scalar.first == UInt8(ascii: "\n")
        (line, column) = isEnd ? (line + 1, 1) : (line, column + 1)
    }
    return Mark(line: line, column: column)
}
