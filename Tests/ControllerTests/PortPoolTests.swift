import Foundation
import Model
import Testing

@testable import Targets

/// No port goes to two, and none that had been an instance's is soon another's by accident.
@Suite struct PortPoolTests {
    @Test func aPortThatAnotherProcessIsTakingIntoUseIsPassedOver() throws {
        let port = try PortPool.take(from: nil)
        PortPool.giveBack(port)
        let other = try #require(PortMark(port))
        #expect(PortMark(port) == nil)
        #expect(throws: TargetError.self) { try PortPool.take(from: port...port) }
        withExtendedLifetime(other) {}
    }

    @Test func aMarkGoesWithWhoeverHasIt() throws {
        let port = try PortPool.take(from: nil)
        // As long as it is being taken into use, nobody else has it.
        #expect(PortMark(port) == nil)
        PortPool.giveBack(port)
        #expect(PortMark(port) != nil)
    }

    @Test func whoMayHaveAnyPortGetsNoneThatTheMachineGivesAway() throws {
        guard let given = PortPool.portsOfConnections, given.upperBound < 64_000 else { return }
        for _ in 0..<20 {
            let port = try PortPool.take(from: nil)
            #expect(!given.contains(port))
            PortPool.giveBack(port)
        }
    }

    @Test func whereSomebodyElseListensAHealthyInstanceIsUnhealthyAtOnce() {
        let settings = LocalTargetSpecification.HealthCheck(healthyAfter: 1, unhealthyAfter: 3)
        var record = HealthRecord(known: .healthy)
        record.take(HealthCheck.Failure(reason: "no answer"), settings)
        #expect(record.health == .healthy)
        record.take(HealthCheck.Failure(reason: "port 8100 is held by process 7", isForeign: true), settings)
        #expect(record.health == .unhealthy && record.detail == "port 8100 is held by process 7")
    }
}
