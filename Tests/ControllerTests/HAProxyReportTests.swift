import Testing

@testable import Targets

@Suite struct HAProxyReportTests {
    /// As HAProxy 2.6 answers, with the columns that nobody reads left out at the end.
    private static let answer = """
        Name: HAProxy
        Pid: 4711

        1
        # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight x x x x x x x x x srv_port
        3 instances 1 s1 127.0.0.1 2 0 1 1 1 8 2 0 6 0 0 0 - 8101 - 0 0 - - 0
        3 instances 2 s2 127.0.0.1 2 12 1 1 0 1 0 1 6 0 0 0 - 8102 - 0 0 - - 0
        3 instances 3 s3 127.0.0.1 0 5 1 1 1 1 0 0 14 0 0 0 - 1 - 0 0 - - 0
        3 instances 4 s4 127.0.0.1 2 4 1 1 0 1 0 1 6 0 0 0 - 8104 - 0 0 - - 0

        # pxname,svname,qcur,qmax,scur,smax,slim
        instances,s1,0,0,3,4,
        instances,s2,1,1,2,2,
        instances,s3,0,0,0,0,

        """

    private func report(_ slots: [HAProxyReport.Slot]) throws -> HAProxyReport {
        var report = try #require(HAProxyReport(parsing: Self.answer))
        report.slots = slots
        return report
    }

    private func slot(_ index: Int, _ port: Int, _ state: String = "ready", open: Int = 0) -> HAProxyReport.Slot {
        HAProxyReport.Slot(
            name: "s\(index)", port: port, isClosed: state == "closed", isDraining: state == "draining",
            openRequests: open)
    }

    @Test func anAnswerIsReadWithStatesPortsAndWhatIsOpen() throws {
        let report = try #require(HAProxyReport(parsing: Self.answer))
        #expect(report.pid == 4711)
        let expected = [
            slot(1, 8101, open: 3), slot(2, 8102, "draining", open: 3), slot(3, 1, "closed"), slot(4, 8104),
        ]
        #expect(report.slots == expected)
        #expect(report.serving == [8101, 8104])
        #expect(report.openRequests(at: 8102) == 3)
        #expect(HAProxyReport(parsing: "HTTP/1.1 400 Bad request") == nil)
    }

    @Test func aConfigurationHasRoomForTwoSetsAndTellsItsForm() {
        let small = HAProxyConfiguration(port: 8080, instances: 2)
        #expect(small.slots == 32)
        #expect(HAProxyConfiguration(port: 8080, instances: 40).slots == 128)
        #expect(HAProxyConfiguration.port(of: small.form) == 8080)
        let text = small.text(ports: [8101])
        #expect(text.contains("    bind :8080\n"))
        #expect(text.contains("    server s1 127.0.0.1:8101\n    server s2 127.0.0.1:1 disabled\n"))
    }
}
