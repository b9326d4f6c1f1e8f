import Model

/// Something that a source does not tell, as far as can be seen now.
public struct SourceDoubt: Equatable, Sendable {
    /// `nil` where it is about the source as a whole.
    public var address: EnvironmentAddress?
    public var alarm: String?
    public var what: String

    init(_ address: EnvironmentAddress? = nil, _ alarm: String? = nil, _ what: String) {
        (self.address, self.alarm, self.what) = (address, alarm, what)
    }
}

/// Asks each source what the alarms want to know of it, once.
/// - Parameter limit: how long all of it may take.
public func sourceDoubts(
    _ sources: [SourceSpecification], _ alarms: [(address: EnvironmentAddress, alarm: AlarmDefinition)],
    at now: Timestamp, within limit: Duration = .seconds(15)
) async -> [SourceDoubt] {
    let deadline = ContinuousClock.now + limit
    return await withTaskGroup(of: (Int, [SourceDoubt]).self, returning: [SourceDoubt].self) { group in
        for (place, source) in sources.enumerated() {
            let own = alarms.filter { $0.alarm.origin.source == source.name }
            group.addTask {
                switch source.kind {
                case .prometheus(let access):
                    let check = PrometheusCheck(name: source.name, access: access, now: now, deadline: deadline)
                    return (place, await check.doubts(own))
                case .alertmanager(let access):
                    let check = AlertmanagerCheck(name: source.name, access: access, deadline: deadline)
                    return (place, await check.doubts(own))
                }
            }
        }
        var found: [(Int, [SourceDoubt])] = []
        for await part in group { found.append(part) }
        return found.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
}
