import Foundation
import Ledger
import Model
import TestSupport
import Testing

extension EndToEndTests {
    /// What a person sees of the danger before going back from the command line.
    @Suite struct RollbackFindingTests {
        private let bench: Workbench
        private let binary: String

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
            let ledger = try SQLiteLedger(path: "\(bench.path)/ledger.sqlite")
            let then = Timestamp.now - .seconds(3600)
            let holder = LeaseHolder(name: "ana", host: "here", process: ProcessIdentity(pid: 1, startTime: 1))
            let token = try ledger.acquireLease(holder, at: then, lasting: .seconds(5)) { _ in false }.token
            let place = Subject.environment(EnvironmentAddress(application: "shop", environment: "prod"))
            func tell(_ body: EventBody) throws -> Int64 {
                try ledger.append([Entry(place, body)], actor: "lastgood", at: then, token: token).last?.sequence ?? 0
            }
            _ = try tell(.environmentDeclared(stage: "prod", position: 0))
            for (order, version) in ["1.0", "1.1"].enumerated() {
                let request = DeploymentRequest(release: version, releaseOrder: Int64(order + 1), trigger: .person)
                let id = try tell(.deploymentRequested(request))
                _ = try tell(
                    .deploymentStarted(
                        deployment: id, release: version, strategy: .rolling, instances: 1, alarmsOnBefore: []))
                _ = try tell(.releaseSwitched(deployment: id, release: version))
                _ = try tell(
                    .bakeStarted(
                        deployment: id, release: version, endsAt: then, latestEnd: then, minimumRequests: 0))
                _ = try tell(
                    .deploymentEnded(deployment: id, release: version, phase: .succeeded, reason: "baked"))
            }
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
