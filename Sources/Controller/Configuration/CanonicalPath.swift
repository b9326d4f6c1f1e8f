import Foundation

/// What a path means once every link in it is followed, also where its end is not there yet.
///
/// `realpath` tells nothing of what does not exist, and a directory is compared before it is made.
func canonicalPath(_ path: String) -> String {
    var left = Array(path.split(separator: "/").reversed())
    var result: [Substring] = []
    // As many as the system follows, see path_resolution(7).
    var linksLeft = 40
    while let part = left.popLast() {
        if part == "." { continue }
        if part == ".." {
            _ = result.popLast()
            continue
        }
        let here = "/" + (result + [part]).joined(separator: "/")
        guard linksLeft > 0, let target = linkTarget(here) else {
            result.append(part)
            continue
        }
        linksLeft -= 1
        if target.hasPrefix("/") { result = [] }
        left += target.split(separator: "/").reversed()
    }
    return "/" + result.joined(separator: "/")
}

/// Where a link leads to; `nil` where there is no link. A thousand environments ask: no error is made of the usual case.
private func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
}
