import Foundation
import TestSupport
import Testing

@testable import Service

@Suite struct MetricsPageTests {
    private func page() -> MetricsPage {
        var page = MetricsPage()
        page.add("shop_things", .gauge, "Things, by state.", [.init(2, ("state", "a \"b\"\\\n")), .init(0.25)])
        page.add("shop_none_total", .counter, "Nothing.", [])
        page.add(
            histogram: "shop_wait_seconds", "How long it took.", bounds: [0.5, 1], counts: [1, 0, 2], sum: 12.5)
        return page
    }

    @Test func itIsWrittenAsPrometheusReadsIt() {
        #expect(
            page().text == """
                # HELP shop_things Things, by state.
                # TYPE shop_things gauge
                shop_things{state="a \\"b\\"\\\\\\n"} 2
                shop_things 0.25
                # HELP shop_wait_seconds How long it took.
                # TYPE shop_wait_seconds histogram
                shop_wait_seconds_bucket{le="0.5"} 1
                shop_wait_seconds_bucket{le="1"} 1
                shop_wait_seconds_bucket{le="+Inf"} 3
                shop_wait_seconds_sum 12.5
                shop_wait_seconds_count 3

                """)
    }

    @Test(.enabled(if: hasProgram("promtool"), "NOT CHECKED: needs promtool, of Debian's package prometheus"))
    func prometheusOwnToolFindsNothingToSayOfIt() throws {
        let bench = try Workbench()
        try page().text.write(toFile: "\(bench.path)/page", atomically: true, encoding: .utf8)
        #expect(try bench.text("promtool check metrics < page 2>&1") == "")
    }
}
