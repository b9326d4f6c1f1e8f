import Testing
import YAML

@testable import Controller

@Suite("Configuration keys in words") struct ConfigurationKeyTests {
    @Test(
        "every key that a configuration may have is told",
        arguments: [
            ("Of an application", ConfigurationReader.applicationKeys),
            ("Of an environment", ConfigurationReader.environmentKeys),
            // Metrics stand with the environment.
            ("Of a target", ConfigurationReader.targetKeys.filter { $0 != "metrics" }),
            ("Of an alarm", ConfigurationReader.alarmKeys),
            (
                "Of a source",
                ["kind"] + ConfigurationReader.accessKeys + ConfigurationReader.sourceKinds.flatMap(\.keys)
            ),
            ("Of a notification", ConfigurationReader.notificationKeys),
        ])
    func allAreTold(part title: String, keys: [String]) throws {
        let part = try #require(ConfigurationKey.parts.first { $0.title == title })
        let told = Set(part.keys.map { $0.name.split(separator: ".")[0] }.map(String.init))
        #expect(told == Set(keys))
    }
}
