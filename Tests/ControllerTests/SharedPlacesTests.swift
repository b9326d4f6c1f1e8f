import Foundation
import TestSupport
import Testing
import YAML

@testable import Controller

/// Two environments share neither a directory nor, without being told, their ports.
@Suite struct SharedPlacesTests {
    private let folder: Workbench

    init() throws {
        folder = try Workbench()
        try folder.shell("mkdir -p real/prod; ln -s real link; ln -s real/beta ahead")
    }

    private func text(_ beta: String, _ prod: String, ports: [String] = ["8100-8109", "8110-8119"]) -> String {
        let target = { (directory: String, ports: String) in
            "target: {kind: local, directory: \(directory), command: [./server], ports: \(ports)}"
        }
        return """
            applications:
              shop:
                environments:
                  beta: {\(target(beta, ports[0]))}
                  prod: {\(target(prod, ports[1]))}
            """
    }

    private func configuration(_ text: String) throws -> Configuration {
        try Configuration.parse(text, path: "\(folder.path)/lastgood.yaml", variables: [:])
    }

    private func faults(_ beta: String, _ prod: String) -> [String] {
        do {
            _ = try configuration(text(beta, prod))
            return []
        } catch ConfigurationError.faulty(let faults) { return faults.map(\.message) } catch { return ["\(error)"] }
    }

    @Test(arguments: [
        ("real/prod", "real/./prod"), ("real/prod", "real/x/../prod"), ("real/prod", "link/prod"),
        ("new/beta", "new//beta/"), ("ahead", "real/beta"), ("link/new/beta", "real/new/beta"),
    ])
    func oneDirectoryUnderTwoNamesIsRefused(beta: String, prod: String) {
        for (beta, prod) in [(beta, prod), ("\(folder.path)/\(beta)", "\(folder.path)/\(prod)")] {
            let found = faults(beta, prod)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("shop/prod uses the directory of shop/beta") == true, "\(found)")
        }
    }

    @Test(arguments: [("real/prod", "link/prod/releases"), ("link/prod/a/b", "real/prod"), ("/", "real/prod")])
    func aDirectoryWithinAnothersIsRefused(beta: String, prod: String) {
        let found = faults(beta, prod)
        #expect(found.count == 1)
        #expect(found.first?.contains("lies within that of shop/") == true, "\(found)")
    }

    @Test(arguments: [("real/prod", "real/prod2"), ("beta", "ahead"), ("link/a", "a")])
    func directoriesBesideEachOtherAreFine(beta: String, prod: String) { #expect(faults(beta, prod) == []) }

    @Test func aLinkThatLeadsToItselfIsNoReasonToHang() throws {
        try folder.shell("ln -s round round")
        #expect(canonicalPath("\(folder.path)/round/x").hasSuffix("/round/x"))
    }

    @Test func portsOfTwoEnvironmentsThatOverlapAreAWarningAndOthersAreNot() throws {
        let found = try configuration(text("a", "b", ports: ["8105-8115", "8100-8109"])).remarks
        #expect(found.count == 1)
        #expect(
            found.first?.message == "shop/beta takes ports from 8105-8115, and shop/prod from 8100-8109: where one has "
                + "taken them, the other finds none free")
        #expect(found.first?.mark.line == 4)
        #expect(try configuration(text("a", "b")).remarks.isEmpty)
    }
}
