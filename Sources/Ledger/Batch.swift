import GRDB
import Model

/// The derived tables, brought up to date with the events of one transaction.
struct Batch {
    let database: Database
    private var environments: [EnvironmentAddress: EnvironmentState] = [:]
    private var applications: [String: ApplicationState] = [:]
    /// How many events may still be folded for states that cannot be read: the lock is not held for more.
    private var foldable = EnvironmentTable.mostEventsReadAtOnce

    init(_ database: Database) { self.database = database }

    mutating func apply(_ event: Event) throws {
        try PlanTable.update(event, database)
        try FreezeTable.update(event, database)
        if let address = event.address { try apply(event, to: address) }
        if let name = event.application {
            if event.body.concernsApplication {
                var application = try applications[name] ?? ApplicationTable.state(name, database)
                application.apply(event)
                applications[name] = application
            }
            if case .releaseRegistered(let release) = event.body {
                try ReleaseTable.insert(release, event, database)
            }
        }
    }

    private mutating func apply(_ event: Event, to address: EnvironmentAddress) throws {
        let before =
            try environments[address] ?? EnvironmentTable.state(address, database, atMost: &foldable)
            ?? EnvironmentState(address: address)
        if let why = before.setApart {
            // Nothing is asked of it; what its configuration says waits in the events until it is whole again.
            guard event.body.isDeclaration else { throw LedgerError.setApart(address, why) }
            return
        }
        var state = before
        try state.apply(event)
        environments[address] = state
        try DeploymentTable.update(database, before: before, after: state, event: event)
    }

    func save() throws {
        for state in environments.values { try EnvironmentTable.save(state, database) }
        for (name, state) in applications { try ApplicationTable.save(state, name, database) }
    }
}

extension EventBody {
    /// Whether it says what the configuration says.
    fileprivate var isDeclaration: Bool {
        switch self {
        case .environmentDeclared, .environmentRemoved: true
        default: false
        }
    }
}
