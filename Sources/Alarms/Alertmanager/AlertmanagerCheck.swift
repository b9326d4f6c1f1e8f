import Model

/// Asks an Alertmanager once for the alerts of alarms.
struct AlertmanagerCheck {
    let name: String
    let access: AlertmanagerAccess
    let deadline: ContinuousClock.Instant

    func doubts(_ alarms: [(address: EnvironmentAddress, alarm: AlarmDefinition)]) async -> [SourceDoubt] {
        var doubts: [SourceDoubt] = []
        var asked: Set<[String]> = []
        let questions = alarms.compactMap { address, alarm -> (EnvironmentAddress?, String?, [String])? in
            guard case .alerts(_, let selection) = alarm.origin, asked.insert(selection.matchers).inserted else {
                return nil
            }
            return (address, alarm.name, selection.matchers)
        }
        // Also where no alarm asks it anything.
        for (address, alarm, matchers) in questions.isEmpty ? [(nil, nil, ["alertname=\"none\""])] : questions {
            var server = access.server
            let left = deadline - .now
            guard left > .milliseconds(10) else {
                return doubts + [SourceDoubt(nil, nil, SourceFailure.silent("no answer in time").words(of: name))]
            }
            server.timeout = min(server.timeout, left)
            do throws(SourceFailure) {
                _ = try await AlertmanagerClient(access: server).alerts(matchers)
            } catch {
                guard case .refused = error else {
                    return doubts + [SourceDoubt(nil, nil, error.words(of: "source \(name)"))]
                }
                doubts.append(SourceDoubt(address, alarm, error.words(of: name)))
            }
        }
        return doubts
    }
}
