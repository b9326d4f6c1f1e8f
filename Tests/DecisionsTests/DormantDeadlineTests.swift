import Decisions
import Model
import Testing

@Suite struct DormantDeadlineTests {
    @Test func aDeadlineDoesNotRunWhileNobodyCarriesTheEnvironment() throws {
        var bench = try Bench.settled()
        bench.sick = ["1.1"]
        try bench.ask("1.1", order: 2)
        #expect(bench.state.deployment?.phase == .rollingOut)
        try bench.tell(.environmentRemoved(configuration: "/etc/other.yaml"))
        bench.now = bench.now + .seconds(1000)
        try bench.tell(.environmentDeclared(stage: "prod", position: 0))
        try bench.pass(29)
        #expect(bench.state.deployment?.phase == .rollingOut)
        try bench.pass(2)
        #expect(bench.decisions.last?.reason.contains("no progress for 30 s") == true)
    }
}
