import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// What a person is told on the command line of going back: the danger of it, and what it is to help against.
    @Suite struct RollbackFindingTests {
        private let bench: Workbench
        private let binary: String
        private let ledger: SQLiteLedger
        private let token: Int64
        private let then = Timestamp.now - .seconds(3600)
        private let address = EnvironmentAddress(application: "shop", environment: "prod")

        /// 1.1 is live after 1.0, and brought a migration that has no way down.
        init() throws {
            bench = try Workbench()
            binary = try Workshop.findBinary()
            try bench.shell(
                """
                git init -q -b main shop; cd shop; mkdir -p db/migrate app; echo one > app/main.py
                git add -A; git commit -qm one; git tag v1
                echo 'ALTER TABLE orders DROP COLUMN tax_code;' > db/migrate/0042_drop_tax_code.sql
                git add -A; git commit -qm 'Drop the old tax column'; git tag v2
                git archive --format=tar.gz -o ../1.0.tar.gz v1; git archive --format=tar.gz -o ../1.1.tar.gz v2
                """)
            try """
            ledger: ledger.sqlite
            applications:
              shop:
                repository: shop
                environments: {prod: {stage: prod, target: {kind: local, directory: run, command: [./server]}}}
            """.write(toFile: "\(bench.path)/lastgood.yaml", atomically: true, encoding: .utf8)
            for (index, version) in ["1.0", "1.1"].enumerated() {
                try bench.shell(
                    """
                    \(binary) register shop \(version) --artifact \(version).tar.gz \
                    --revision $(git -C shop rev-parse v\(index + 1)) 2> /dev/null
                    """)
            }
            ledger = try SQLiteLedger(path: "\(bench.path)/ledger.sqlite")
            let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
            token = try ledger.acquireLease(holder, at: then, lasting: .seconds(1000)) { _ in false }.token
            _ = try tell(.environmentDeclared(stage: "prod", position: 0))
            try deploy("1.0", order: 1, after: 0)
            try deploy("1.1", order: 2, after: 100)
        }

        private func tell(_ body: EventBody, after seconds: Int = 0) throws -> Int64 {
            let entry = Entry(.environment(address), body)
            let events = try ledger.append([entry], actor: "lastgood", at: then + .seconds(seconds), token: token)
            return events.last?.sequence ?? 0
        }

        private func deploy(_ version: String, order: Int64, after seconds: Int) throws {
            let request = DeploymentRequest(release: version, releaseOrder: order, trigger: .person)
            let id = try tell(.deploymentRequested(request), after: seconds)
            let end = then + .seconds(seconds)
            for body in [
                EventBody.deploymentStarted(
                    deployment: id, release: version, strategy: .rolling, instances: 1, alarmsOnBefore: []),
                .releaseSwitched(deployment: id, release: version),
                .bakeStarted(deployment: id, release: version, endsAt: end, latestEnd: end, minimumRequests: 0),
                .deploymentEnded(deployment: id, release: version, phase: .succeeded, reason: "baked"),
            ] { _ = try tell(body, after: seconds) }
        }

        private func faults(_ state: AlarmState, _ value: Double, _ evidence: String, after seconds: Int) -> AlarmStatus
        {
            AlarmStatus(
                name: "faults", instance: nil, kind: "faultRate", severity: .high, state: state,
                since: then + .seconds(seconds), value: Quantity(value, .percent), threshold: Quantity(5, .percent),
                comparison: .above, evidence: evidence)
        }

        @Test func suspectsAreToldWithTheValueOfNowAndWithWhatWasSeenOfThemBefore() throws {
            // 1.1 was in alarm, was left by hand, and came again.
            _ = try tell(.alarmChanged(faults(.alarm, 8, "2 of 3", after: 110)), after: 110)
            _ = try tell(.alarmChanged(faults(.ok, 0, "0 of 3", after: 120)), after: 120)
            try deploy("1.0", order: 1, after: 200)
            try deploy("1.1", order: 2, after: 300)
            _ = try tell(.alarmChanged(faults(.alarm, 13, "2 of 3", after: 326)), after: 326)
            let reading = AlarmReading(
                status: faults(.alarm, 29, "3 of 3", after: 326), time: .now, onset: Quantity(13, .percent),
                peak: Quantity(31, .percent))
            try SampleStore(besideLedger: ledger.path).setReadings([reading], of: address)
            let text = try bench.text("\(binary) suspects shop/prod")
            #expect(
                text.hasPrefix("shop/prod: faults 29 % > 5 % (3 of 3); onset 13 %, peak 31 %; it began"), "\(text)")
            #expect(text.contains("the trouble began 26 s after it came here"), "\(text)")
            #expect(text.contains("it was live here before, and faults went on then, too"), "\(text)")
            #expect(!text.contains("without an alarm"), "\(text)")
        }

        @Test func alarmsAfterTheBakeAreToldOfAReleaseThatWasLeft() throws {
            _ = try tell(.alarmChanged(faults(.alarm, 8, "2 of 3", after: 110)), after: 110)
            _ = try tell(.alarmChanged(faults(.ok, 0, "0 of 3", after: 120)), after: 120)
            try deploy("1.0", order: 1, after: 200)
            _ = try tell(.alarmChanged(faults(.alarm, 9, "2 of 3", after: 210)), after: 210)
            let text = try bench.text("\(binary) compare shop/prod --to 1.1")
            #expect(text.contains("1.1 was live here for 1 m 40 s") && text.contains("; with faults"), "\(text)")
            #expect(!text.contains("no alarm made it end"), "\(text)")
        }

        @Test func aDryRunShowsWhatMakesItUnsafe() throws {
            let text = try bench.text("\(binary) rollback shop/prod --dry-run")
            #expect(text.contains("✗ shop/prod: migration db/migrate/0042_drop_tax_code.sql"), "\(text)")
            #expect(text.contains("nothing was done"), "\(text)")
        }

        @Test func aReleaseThatIsMarkedBadIsNotProposedAsGood() throws {
            try bench.shell("\(binary) mark shop 1.0 bad --reason leaks")
            let text = try bench.text("\(binary) rollback shop/prod --to 1.0 --dry-run")
            #expect(text.contains("chosen, marked bad") && !text.contains("good 1 h ago"), "\(text)")
            let json = try bench.text("\(binary) rollback shop/prod --to 1.0 --dry-run -o json")
            #expect(!json.contains("goodSince"), "\(json)")
        }
    }
}
