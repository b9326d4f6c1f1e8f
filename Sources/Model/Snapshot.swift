/// The folded state of an environment as bytes, so that ten thousand of them are read in milliseconds.
///
/// A snapshot is only a shortcut: it can always be made again from the events. Its first byte is the version of its
/// form. From version 3 on every record says how long it is: a field that a newer version adds at a record's end is
/// passed over by an older one, and keeps its first value where an older one wrote the record. Version 2 had the same
/// fields without lengths and still reads.
public enum Snapshot {
    public static let version: UInt8 = 3
    /// The oldest version that is read.
    public static let oldestVersion: UInt8 = 2
    /// What the fold makes of events; one more whenever the same events lead to another state than before.
    ///
    /// A state that was folded by a smaller one is made again from the events at leisure, see `Ledger`.
    public static let fold = 4

    public static func encode(_ state: EnvironmentState) -> [UInt8] {
        var coder = SnapshotCoder(version: version)
        var copy = state
        copy.visit(&coder)
        return coder.bytes
    }

    /// `nil` where the bytes are of a version that is not read, or damaged.
    public static func decode(_ bytes: UnsafeRawBufferPointer, address: EnvironmentAddress) -> EnvironmentState? {
        var coder = SnapshotCoder(reading: bytes)
        guard (oldestVersion...version).contains(coder.version) else { return nil }
        var state = EnvironmentState(address: address)
        state.visit(&coder)
        return coder.isIntact ? state : nil
    }
}
