import Model

extension EnvironmentState {
    /// Whether the ledger would know anything by it that it does not know yet.
    ///
    /// What is seen is seen with every turn, and said once. It is compared as the ledger keeps it, with what looks like a
    /// secret hidden: compared as it was seen, it would be news for ever.
    func isNews(_ body: EventBody) -> Bool {
        switch body {
        case .instanceHealthChanged, .problemNoted, .releaseLinkFailed, .frontFailed, .frontDrifted, .flagDrifted,
            .deploymentBlocked, .bakeExtended, .bakeInconclusive, .highSeverityChanged, .instanceAlarmsChanged:
            break
        // Each of these happens once, or tells by itself what it changes.
        default: return true
        }
        let said = Event(
            sequence: lastEvent, time: Timestamp(milliseconds: 0), actor: "", token: nil,
            application: address.application, environment: address.environment, body: body.withoutSecrets)
        var after = self
        // What does not follow is for the ledger to refuse.
        guard (try? after.apply(said)) != nil else { return true }
        return after != self
    }
}
