/// Which alarm is meant: a definition's name and, where it watches instances one by one, the one instance.
///
/// The instance is told by its key, which is never used twice, and not by its slot, which the next instance takes.
public struct AlarmIdentity: Hashable, Codable, Sendable {
    public var name: String
    /// The key of the instance, see ``Instance/key``; `nil` where the alarm is about the service.
    public var instance: Int64?

    public init(name: String, instance: Int64? = nil) {
        self.name = name
        self.instance = instance
    }

    public var scope: AlarmScope { instance == nil ? .service : .instance }
}

extension AlarmIdentity: Comparable {
    /// By name, the service's own alarm before those of its instances, older instances first.
    public static func < (left: AlarmIdentity, right: AlarmIdentity) -> Bool {
        (left.name, left.instance ?? .min) < (right.name, right.instance ?? .min)
    }
}
