import Foundation
import YAML

/// The text of a configuration file.
/// - Throws: ``ConfigurationError`` where it is no file of text that can be read, with what to do.
func configurationText(_ path: String) throws(ConfigurationError) -> String {
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
    guard let data = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() ?? Data() else {
        throw .unreadable(path: path, detail: "it cannot be read to its end", mend: nil)
    }
    // The mark that some editors put before everything is no part of the text, see YAML 1.2.2, 5.2.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if let text = String(validating: data.starts(with: mark) ? data.dropFirst(3) : data, as: UTF8.self) { return text }
    throw .faulty([
        Fault(
            file: path, mark: firstNonText(in: data), message: "this is no UTF-8 text",
            mend: "save the file in UTF-8")
    ])
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
