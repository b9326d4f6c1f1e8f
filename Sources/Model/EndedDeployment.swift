/// A deployment that is over, with where it was.
public struct EndedDeployment: Equatable, Sendable {
    public var address: EnvironmentAddress
    public var record: DeploymentRecord

    public init(address: EnvironmentAddress, record: DeploymentRecord) {
        self.address = address
        self.record = record
    }
}
