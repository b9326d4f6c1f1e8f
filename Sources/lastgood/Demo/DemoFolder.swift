import Controller
import Foundation
import Ledger
import Model

/// The folder of the demo. It begins anew wherever it begins: an old ledger holds what an old story left behind, and
/// the new one would wait behind its holds. What was there before is moved aside; nothing is removed.
struct DemoFolder {
    let path: String

    /// With this a configuration of the demo's begins.
    static let signature = "# Written by `lastgood demo`."
    private static let configuration = "lastgood.yaml"
    /// What the demo makes in its folder.
    private static let own = ["artifacts", DemoFlag.fileName, "fleet", "load.py", "shop.git", "state", configuration]

    /// Whether a demo was here before.
    /// - Throws: where there is something else in the demo's place, or a demo that still runs.
    private func hasEarlier() throws -> Bool {
        let there = Self.own.filter { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
        guard let first = there.first else { return false }
        let text = try? String(contentsOfFile: "\(path)/\(Self.configuration)", encoding: .utf8)
        guard let text, text.hasPrefix(Self.signature) else {
            throw Failure(
                .refused, "\(path)/\(first) is there already, and is not the demo's",
                mend: "give the demo a folder of its own: --dir DIR")
        }
        return true
    }

    /// Makes room for a new demo.
    /// - Parameter stop: stops what an earlier demo left running, and tells what could not be stopped.
    /// - Returns: what is to be said of it; `nil` where nothing was there.
    func beginAnew(stop: (Session) async -> [String]) async throws -> String? {
        guard try hasEarlier() else { return nil }
        let manager = FileManager.default
        if manager.fileExists(atPath: "\(path)/state/ledger.sqlite") {
            let session = try Session(named: "\(path)/\(Self.configuration)")
            guard try !session.isLed() else {
                throw Failure(
                    .refused, "a lastgood process acts in \(path) now",
                    mend: "leave that one first, or give this one a folder of its own: --dir DIR")
            }
            let failures = await stop(session)
            guard failures.isEmpty else {
                throw Failure(
                    .failed,
                    "what an earlier demo left running in \(path) cannot be stopped:\n"
                        + failures.joined(separator: "\n"),
                    mend: "stop it by hand, or give the demo a folder of its own: --dir DIR")
            }
        }
        let aside = try asideFolder()
        for name in Self.own where manager.fileExists(atPath: "\(path)/\(name)") {
            try manager.moveItem(atPath: "\(path)/\(name)", toPath: "\(aside)/\(name)")
        }
        return "the demo begins anew in \(path); what an earlier one left is in \(aside)"
    }

    private func asideFolder() throws -> String {
        let manager = FileManager.default
        var number = 1
        while manager.fileExists(atPath: "\(path)/earlier-\(number)") { number += 1 }
        let folder = "\(path)/earlier-\(number)"
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: false)
        return folder
    }
}
