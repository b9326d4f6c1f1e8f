import Testing

/// The real binary with real peers. One test after the other: each has a fleet of processes, and this machine may be
/// small.
@Suite(.serialized) struct EndToEndTests {}
