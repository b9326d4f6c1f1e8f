import GRDB
import Model
import Synchronization
import TestSupport
import Testing

@testable import Ledger

/// Of millions of events, only those are looked at that are asked for: told by SQLite's own plan of each query.
///
/// See https://www.sqlite.org/eqp.html for what a plan says: `SEARCH` reads a part, `SCAN` everything.
@Suite struct IndexUseTests {
    private let folder: TemporaryFolder
    private let ledger: SQLiteLedger
    private let address = EnvironmentAddress(application: "shop", environment: "eu")

    init() throws {
        folder = try TemporaryFolder()
        ledger = try SQLiteLedger(path: "\(folder.path)/ledger.sqlite")
        let holder = LeaseHolder(name: "test", host: "test", process: ProcessIdentity(pid: 1, startTime: 1))
        let token = try ledger.acquireLease(holder, at: Timestamp(milliseconds: 0), lasting: .seconds(1000)) { _ in
            false
        }.token
        for number in 0..<300 {
            _ = try ledger.append(
                [Entry(.environment(address), .problemNoted(reason: "\(number)"))], actor: "test",
                at: Timestamp(milliseconds: Int64(number) * 1000), token: token)
        }
    }

    /// What SQLite does for each query on events that `body` makes.
    private func plans(of body: () throws -> Void) throws -> [(query: String, steps: [String])] {
        let queries = Mutex<[String]>([])
        try ledger.read { database in
            database.trace { event in
                let query = "\(event)"
                guard query.contains("FROM events"), !query.hasPrefix("EXPLAIN") else { return }
                queries.withLock { $0.append(query) }
            }
        }
        try body()
        return try ledger.read { database in
            database.trace()
            return try Set(queries.withLock { $0 }).sorted().map { query in
                // The plan does not depend on what is asked for. Its columns are id, parent, notused, detail.
                let arguments = StatementArguments(query.filter { $0 == "?" }.map { _ in Int64?.none })
                let plan = try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(query)", arguments: arguments)
                return (query, plan.map { $0[3] })
            }
        }
    }

    enum Reading: String, CaseIterable {
        case everythingSince, ofAnEnvironment, ofAnEnvironmentSince, ofSomeKindsSince, between, theNewest, whereWhat
    }

    @Test(arguments: Reading.allCases) func nothingIsReadThatIsNotAskedFor(_ reading: Reading) throws {
        let since = Timestamp(milliseconds: 290_000)
        let found = try plans {
            var span = EventSpan()
            switch reading {
            case .everythingSince: span.since = since
            case .ofAnEnvironment: span.subjects = [.environment(address)]
            case .ofAnEnvironmentSince: (span.subjects, span.since) = ([.environment(address)], since)
            case .ofSomeKindsSince: (span.kinds, span.since) = (.only(["problemNoted"]), since)
            case .between: (span.since, span.until) = (since, since + .seconds(3))
            case .theNewest:
                var query = EventQuery()
                query.subject = .environment(address)
                (query.limit, query.isNewestFirst) = (5, true)
                #expect(try ledger.events(query).count == 5)
                return
            case .whereWhat:
                #expect(try ledger.addresses() == [address])
                return
            }
            var count = 0
            _ = try ledger.forEachEvent(in: span) { _ in count += 1 }
            let expected: [Reading: Int] = [.between: 4, .ofAnEnvironment: 300]
            #expect(count == expected[reading] ?? 10)
        }
        #expect(!found.isEmpty, "no query was seen")
        let steps = found.flatMap(\.steps)
        #expect(steps.allSatisfy { $0.hasPrefix("SEARCH") }, "\(found)")
        let index =
            switch reading {
            case .everythingSince, .ofAnEnvironmentSince, .ofSomeKindsSince, .between: "events_by_time"
            case .ofAnEnvironment, .theNewest, .whereWhat: "events_by_environment"
            }
        #expect(steps.contains { $0.contains(index) }, "\(found)")
    }
}
