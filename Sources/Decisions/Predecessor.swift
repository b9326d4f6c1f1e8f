import Model

extension Sequence<DeploymentRecord> {
    /// What was live in an environment, by its history, until a release came there last; `nil` where nothing was.
    public func replaced(by release: String) -> DeploymentRecord? {
        guard let came = filter({ $0.release == release }).compactMap(\.liveFrom).max() else { return nil }
        var found: (record: DeploymentRecord, from: Timestamp)?
        for record in self where record.release != release {
            guard let from = record.liveFrom, from < came, found.map({ $0.from < from }) ?? true else { continue }
            found = (record, from)
        }
        return found?.record
    }
}
