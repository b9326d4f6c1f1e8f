/// A source of alarms besides the one that is built in, as the configuration has it.
public struct SourceSpecification: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case prometheus(ServerAccess)
        case alertmanager(AlertmanagerAccess)
    }

    public var name: String
    public var kind: Kind

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
