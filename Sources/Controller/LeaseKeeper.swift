import Ledger
import Model

/// Takes the lease of a ledger where it is free, and keeps it.
///
/// It stands by itself, so that the lease is renewed also while the controller is busy with a large ledger.
public actor LeaseKeeper {
    private let ledger: any Ledger
    private let holder: LeaseHolder
    private let isGone: @Sendable (LeaseHolder) -> Bool
    private let clock: any ControllerClock
    private let executor: any SerialExecutor
    private var nextLook: Duration
    /// The lease of somebody else as it was found, and since when it has not been renewed.
    private var watched: (lease: Lease, since: Duration)?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The token of the lease that this process has, as far as is known; `nil` where it has none.
    public private(set) var token: Int64?
    /// Whether it has found out who has the lease.
    public private(set) var isSettled = false

    /// Long enough for a pause of the machine, short enough for the next process to take over within five seconds of
    /// the last renewal, the pause between two looks included.
    public static let length = Lease.length
    public static let renewalPause: Duration = .seconds(1)
    public static let lookPause: Duration = .milliseconds(300)

    /// - Parameter isGone: whether a holder can be seen to be no more, so that its lease need not be waited out.
    public init(
        ledger: any Ledger, holder: LeaseHolder, clock: any ControllerClock,
        isGone: @escaping @Sendable (LeaseHolder) -> Bool, executor: any SerialExecutor = LedgerExecutor("lease")
    ) {
        self.ledger = ledger
        self.executor = executor
        self.holder = holder
        self.clock = clock
        self.isGone = isGone
        nextLook = clock.uptime
    }

    /// Renews the lease, or takes it where it is free, whenever it is time to.
    /// - Returns: the token of the lease that this process has then.
    @discardableResult
    public func keep() throws -> Int64? {
        guard clock.uptime >= nextLook else { return token }
        if token != nil {
            try renew()
        } else {
            nextLook = clock.uptime + Self.lookPause
            try take()
        }
        isSettled = true
        return token
    }

    /// Keeps it until the task is cancelled: it does not wait for whatever else this process does.
    func keepOn() async {
        // What goes wrong is noted by whoever asks next, and fails likewise.
        _ = try? keep()
        for await _ in clock.beats(every: .milliseconds(250)) { _ = try? keep() }
    }

    /// Looks at once whether the lease with this token is this process's own still.
    public func confirm(_ expected: Int64) throws -> Bool {
        guard token == expected else { return false }
        try renew()
        return token == expected
    }

    /// Gives the lease back, so that the next process need not wait.
    public func giveBack() {
        if let token { try? ledger.releaseLease(token) }
        token = nil
    }

    private func renew() throws {
        guard let token else { return }
        guard try ledger.renewLease(token, at: clock.now, lasting: Self.length) else {
            self.token = nil
            nextLook = clock.uptime + Self.lookPause
            return
        }
        nextLook = clock.uptime + Self.renewalPause
    }

    /// Whether nobody has renewed a lease for as long as it lasts, by a clock that nobody sets: where the machine's clock
    /// was set back, what it is written to last until is a time that is far away.
    private func isSilent(_ lease: Lease?) -> Bool {
        guard let lease else { return false }
        guard let watched, watched.lease == lease else {
            watched = (lease, clock.uptime)
            return false
        }
        return clock.uptime - watched.since >= Self.length + Self.renewalPause
    }

    private func take() throws {
        let known = try ledger.currentLease()
        let isSilent = isSilent(known)
        func isNoMore(_ holder: LeaseHolder) -> Bool { isSilent || isGone(holder) }
        // Looking costs nothing; trying to take it would write each time.
        // A controller that went before in this process may have left it on purpose.
        if let known, known.holder != holder, known.isHeld(at: clock.now, isGone: isNoMore) { return }
        let lease = try ledger.acquireLease(holder, at: clock.now, lasting: Self.length, isGone: isNoMore)
        guard lease.holder == holder else { return }
        watched = nil
        token = lease.token
        nextLook = clock.uptime + Self.renewalPause
    }
}
