import Foundation

/// What keeps an artifact on this machine from being what was registered, as a sentence; `nil` where nothing does.
/// - Parameters:
///   - version: the release that it is of.
///   - digest: as registered; `nil` where none was.
public func artifactFault(of version: String, at path: String, digest: String?) -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        return "the artifact of \(version) is gone: \(path)"
    }
    guard let digest else { return nil }
    if isFolder.boolValue { return "a digest was registered for \(version), but its artifact is a folder" }
    do {
        let actual = try sha256(ofFile: path)
        if actual == digest { return nil }
        return "the artifact of \(version) is not what was registered: \(path) has \(actual), not \(digest)"
    } catch { return "the artifact of \(version) cannot be read: \(error)" }
}
