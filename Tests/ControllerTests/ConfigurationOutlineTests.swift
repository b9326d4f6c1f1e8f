import Controller
import Foundation
import TestSupport
import Testing

/// Of a large configuration, the first picture needs the ledger and the look of the dashboard only.
@Suite struct ConfigurationOutlineTests {
    private func outline(_ text: String) throws -> Configuration? {
        let folder = try Workbench()
        let path = "\(folder.path)/lastgood.yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return Configuration.outline(path, variables: ["HOME": folder.path])
    }

    private static let text = """
        # of the shop
        dashboard:
          theme: light
        applications:
          shop:
            environments:
              eu: {target: {kind: local, directory: run, command: [./server]}}
        ledger:
          path: /var/lib/shop.sqlite
        """

    @Test(arguments: ["\n", "\r\n"])
    func theLedgerAndTheLookAreFoundWithoutReadingTheRest(lineEnd: String) throws {
        let found = try #require(try outline(Self.text.replacingOccurrences(of: "\n", with: lineEnd)))
        #expect(found.ledger == "/var/lib/shop.sqlite")
        #expect(found.dashboard.theme == "light")
        #expect(found.environments.isEmpty)
    }

    @Test func whereTheLedgerStandsInNoLineOfItsOwnAllIsRead() throws {
        #expect(try outline("{ledger: /var/lib/shop.sqlite, applications: {}}") == nil)
    }
}
