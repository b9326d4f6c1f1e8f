import Archive
import Foundation
import Model

/// Makes artifacts ready to run: a folder, or any archive that libarchive reads.
enum Artifact {
    /// Verifies the artifact's digest and unpacks it beside `destination`, which appears whole or not at all.
    static func unpack(_ release: Release, to destination: String) async -> Preparation {
        await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(returning: unpackNow(release, to: destination))
            }
        }
    }

    private static func unpackNow(_ release: Release, to destination: String) -> Preparation {
        let manager = FileManager.default
        let parent = URL(fileURLWithPath: destination).deletingLastPathComponent().path
        let temporary = "\(parent)/.\(release.version).\(UUID().uuidString)"
        defer { try? manager.removeItem(atPath: temporary) }
        if release.isImage {
            return .failed(
                "the artifact of \(release.version) is an image, and a local target runs folders and archives")
        }
        if let fault = artifactFault(of: release.version, at: release.artifact, digest: release.digest) {
            return .failed(fault)
        }
        do {
            var isFolder: ObjCBool = false
            _ = manager.fileExists(atPath: release.artifact, isDirectory: &isFolder)
            try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
            if isFolder.boolValue {
                try manager.copyItem(atPath: release.artifact, toPath: temporary)
            } else {
                try manager.createDirectory(atPath: temporary, withIntermediateDirectories: true)
                try Archive.extract(release.artifact, to: temporary)
            }
            guard rename(temporary, destination) == 0 || manager.fileExists(atPath: destination) else {
                return .failed("cannot move the unpacked artifact to \(destination): \(lastSystemError())")
            }
            return .ready
        } catch let error as ArchiveError {
            return .failed(error.description)
        } catch {
            return .failed("cannot unpack \(release.artifact): \(error.localizedDescription)")
        }
    }
}
