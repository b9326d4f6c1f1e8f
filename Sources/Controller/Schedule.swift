import Model

/// Which environment has its next turn when: one at a time each, those with news at once.
struct Schedule {
    private var due: [EnvironmentAddress: Duration] = [:]
    private var wanted: Set<EnvironmentAddress> = []
    /// Since when each turn that is under way goes on.
    private var atWork: [EnvironmentAddress: Duration] = [:]
    /// They have no turn until they are let go on with.
    private var held: Set<EnvironmentAddress> = []

    var isAnybodyAtWork: Bool { !atWork.isEmpty }
    /// Since when the turn goes on that has been under way for longest.
    var oldestTurn: Duration? { atWork.values.min() }

    /// Those that are to have a turn as soon as they can.
    var awaited: Set<EnvironmentAddress> { wanted }

    func isAtWork(_ address: EnvironmentAddress) -> Bool { atWork[address] != nil }

    /// They are given no turn any more; one that is under way goes on to its end.
    mutating func hold(_ addresses: Set<EnvironmentAddress>) { held.formUnion(addresses) }

    /// They are to have a turn as soon as they can.
    mutating func letGoOn(_ addresses: Set<EnvironmentAddress>) {
        held.subtract(addresses)
        wanted.formUnion(addresses)
    }

    /// There is news of these: they are to have a turn as soon as the one under way, if there is one, has ended.
    mutating func want(_ addresses: some Sequence<EnvironmentAddress>) { wanted.formUnion(addresses) }

    /// The environments that have their turn now; each is at work until ``end(_:pace:at:)``.
    mutating func begin(at now: Duration) -> [EnvironmentAddress] {
        for address in wanted where atWork[address] == nil && !held.contains(address) {
            wanted.remove(address)
            due[address] = now
        }
        let ready = due.filter { $0.value <= now && atWork[$0.key] == nil && !held.contains($0.key) }.keys.sorted()
        for address in ready {
            due[address] = nil
            atWork[address] = now
        }
        return ready
    }

    /// A turn is over.
    /// - Parameter pace: how soon the next one is wanted; `nil` where nobody wants one.
    /// - Returns: whether it is wanted at once.
    mutating func end(_ address: EnvironmentAddress, pace: EnvironmentWorker.Pace?, at now: Duration) -> Bool {
        atWork[address] = nil
        if let pause = pace.flatMap(Self.pause) { due[address] = now + pause }
        return wanted.contains(address) && !held.contains(address)
    }

    /// The lease is lost: nobody has a turn any more, until the next takeover.
    mutating func clear() {
        due = [:]
        wanted = []
    }

    /// How long there is nothing to do, as far as is known; other processes' requests are looked for meanwhile.
    func pause(from now: Duration) -> Duration {
        let open = held.isEmpty ? due : due.filter { !held.contains($0.key) }
        let next = open.values.min().map { $0 - now } ?? .seconds(1)
        return max(.milliseconds(10), min(next, atWork.isEmpty ? .milliseconds(100) : .milliseconds(50)))
    }

    private static func pause(_ pace: EnvironmentWorker.Pace) -> Duration? {
        switch pace {
        case .busy: .milliseconds(60)
        case .watching: .milliseconds(250)
        case .calm: .seconds(1)
        case .asleep: nil
        }
    }
}
