import GRDB
import Model

enum PlanTable {
    /// Brings the plan that an event is about up to date with it.
    static func update(_ event: Event, _ database: Database) throws {
        if case .planMade(let plan) = event.body {
            // Here, where no other process can write in between.
            try PlanState.refuseOverlap(of: plan, with: open(database))
            let state = PlanState(id: event.sequence, plan: plan, actor: event.actor, madeAt: event.time)
            return try save(state, database)
        }
        guard let id = event.body.planID else { return }
        guard var state = try plan(id, database) else { throw FoldError.plan(id, "there is no such plan") }
        try state.apply(event)
        try save(state, database)
    }

    private static func save(_ state: PlanState, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO plans (id, isOpen, state) VALUES (?, ?, ?)",
            arguments: [state.id, state.isOpen, state.stored])
    }

    /// - Parameter row: its second column has the plan.
    static func decode(_ row: Row) throws -> PlanState {
        let text: String = try row.value(1, of: .plans)
        do throws(StoredJSONFault) { return try PlanState(stored: text) } catch {
            throw FaultyValue(row, 1, .plans, "cannot be read: \(error)")
        }
    }

    static func plan(_ id: Int64, _ database: Database) throws -> PlanState? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT id, state FROM plans WHERE id = ?"), arguments: [id]
        ).map(decode)
    }

    /// Those of which something may still happen, the oldest first.
    static func open(_ database: Database) throws -> [PlanState] {
        try Row.fetchAll(database.cachedStatement(sql: "SELECT id, state FROM plans WHERE isOpen ORDER BY id"))
            .map(decode)
    }

    /// The newest, and those that are open however old they are; the oldest first.
    static func newest(_ database: Database, limit: Int) throws -> [PlanState] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, state FROM plans
                WHERE isOpen OR id IN (SELECT id FROM plans ORDER BY id DESC LIMIT ?) ORDER BY id
                """, arguments: [limit]
        ).map(decode)
    }
}

extension SQLiteLedger {
    /// The newest plans, and those that are open however old they are; the oldest first.
    public func plans(limit: Int = FleetState.plansKept) throws -> [PlanState] {
        try read { try PlanTable.newest($0, limit: limit) }
    }

    /// A plan by its number; `nil` where there is none.
    public func plan(_ id: Int64) throws -> PlanState? { try read { try PlanTable.plan(id, $0) } }

    /// Plans of which something may still happen, the oldest first.
    public func openPlans() throws -> [PlanState] {
        try read(PlanTable.open)
    }
}
