/// A deployment that is over, with where it was.
public struct EndedDeployment: Equatable, Sendable {
    public var address: EnvironmentAddress
    public var record: DeploymentRecord
    /// The release that it left; `nil` where nothing was there before.
    public var from: String?

    public init(address: EnvironmentAddress, record: DeploymentRecord, from: String?) {
        self.address = address
        self.record = record
        self.from = from
    }
}
