import Dashboard
import Foundation
import TestSupport
import Testing

@testable import lastgood

/// A report that is saved from the screen.
@Suite struct SavingTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test func itIsWrittenToANewFileThatOnlyItsOwnerReadsAndItIsSaidWhereThatLies() throws {
        let path = "\(bench.path)/incident.md"
        #expect(Saving("# Incident\n", as: path) == .saved(path: path))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "# Incident\n")
        let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(rights.map { $0 & 0o077 } == 0)
    }

    @Test func whatIsThereAlreadyStaysAsItIs() throws {
        let path = "\(bench.path)/incident.md"
        try "mine".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(
            Saving("# Incident\n", as: path)
                == .failed(reason: "\(path) is there already: choose another name"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let path = "\(bench.path)/nowhere/incident.md"
        #expect(Saving("x", as: path) == .failed(reason: "\(path): No such file or directory"))
    }
}
